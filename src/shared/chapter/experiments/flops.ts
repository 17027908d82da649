/** The chapter's work of a layer, and its first exercise: GPT-3. */
import { formatInteger } from '../../base/format';
import { approximations, crossover } from '../../compute/flops';
import { compareWithRnn } from '../../compute/rnn';
import { parameterCount } from '../../model/parameters';
import { preset } from '../../model/presets';
import { claimStep, type Experiment, step } from './experiment';

const BERT = preset('bert-base');
const GPT3 = preset('gpt3');
const GPT3_INPUTS = [
  ['model', 'GPT-3: 96 layers, width 12,288, 96 heads'],
  ['parameters', `${formatInteger(parameterCount(GPT3))} (the chapter: 175B)`],
] as const;

export const FLOP_EXPERIMENTS: readonly Experiment[] = [
  {
    name: 'bert-flops',
    title: 'FLOPs of a BERT-base layer, and the length at which attention takes over',
    inputs: [
      ['model', 'BERT-base: 12 layers, d = 768, 12 heads, d_ff = 3,072'],
      ['device', 'A100 at 312 TFLOPS fp16, 70% used'],
    ],
    steps: () => [
      claimStep('regime-short-projections', 'projections, n = 128', '8nd² = 8 · 128 · 768²'),
      claimStep('regime-short-attention', 'attention, n = 128', '4n²d = 4 · 128² · 768'),
      claimStep('regime-long-projections', 'projections, n = 8,192', '8nd² = 8 · 8,192 · 768²'),
      claimStep('regime-long-attention', 'attention, n = 8,192', '4n²d = 4 · 8,192² · 768'),
      claimStep('crossover-768', 'attention = projections', '4n²d = 8nd², so n = 2d'),
      step(
        'attention = feed-forward',
        '4n²d = 16nd², so n = 4d',
        crossover(BERT).attentionEqualsFfn ?? 0,
        'tokens',
      ),
      step(
        'attention = rest of layer',
        '4n²d = 24nd², so n = 6d',
        crossover(BERT).attentionEqualsLayer ?? 0,
        'tokens',
      ),
      claimStep('layer-ffn-share', 'feed-forward, n = 128', '16nd² / (24nd² + 4n²d)'),
      claimStep('layer-projection-share', 'projections, n = 128', '8nd² / (24nd² + 4n²d)'),
      claimStep('ffn-twice-attention-short', 'feed-forward / attention', '16nd² / (8nd² + 4n²d)'),
      claimStep('ffn-twice-attention-edge', 'the same, n = 2d', '16nd² / (8nd² + 8nd²)'),
      claimStep('forward-time-layers', '32 × 512 tokens', 'FLOPs / (0.7 · 312e12)'),
      claimStep('forward-throughput', 'tokens a second', '16,384 / time'),
      claimStep('load-time', 'reading the weights', '440 MB / 1.6 TB/s'),
      step(
        'a recurrent network takes',
        'n + L − 1 steps, n = 512',
        compareWithRnn(BERT, 512).rnn.sequentialSteps,
        'steps in a row',
      ),
    ],
  },
  {
    name: 'gpt3-forward',
    title: 'Exercise 1.1: one forward pass of GPT-3 over 2,048 tokens',
    inputs: GPT3_INPUTS,
    steps: () => [
      claimStep('gpt3-forward-2p', 'by parameters alone', '2·n·P = 2 · 2,048 · 175e9'),
      claimStep('gpt3-forward', 'counted by operation', '96 layers + head'),
      claimStep('gpt3-ffn', 'feed-forward', '96 · 2 · (2·n·d·d_ff)'),
      claimStep('gpt3-ffn-printed', 'as the chapter writes it', '2·n·d·d_ff, one layer'),
      claimStep('gpt3-projections', 'projections', '96 · 8·n·d²'),
      claimStep('gpt3-attention', 'attention', '96 · 4·n²·d'),
      claimStep('gpt3-attention-printed', 'as the chapter writes it', '2·n²·d, one layer'),
      claimStep('gpt3-attention-share', 'attention, of the pass', '19.8 / 734.8'),
      claimStep(
        'gpt3-attention-share-block',
        'attention with projections',
        '(19.8 + 237.5) / 734.8',
      ),
      step(
        '2P misses the count by',
        '2·n·P against the count',
        approximations(GPT3, 1, 2048).errorPercent,
        '%',
      ),
    ],
  },
  {
    name: 'gpt3-generate-100',
    title: 'Exercise 1.2: GPT-3 generates 100 tokens from a prompt of 50',
    inputs: [...GPT3_INPUTS, ['prompt', '50 tokens']],
    steps: () => [
      claimStep('gpt3-cached-2p', 'with a cache, by parameters', '100 · 2P'),
      claimStep('gpt3-cached', 'with a cache, counted', 'prompt + 99 steps'),
      claimStep('gpt3-uncached-2p', 'without, by parameters', 'Σ 2·(50 + t)·P, t = 1…100'),
      claimStep('gpt3-uncached', 'without, counted', 'Σ forward(50 + t), t = 0…99'),
      claimStep('gpt3-cache-speedup-2p', 'ratio, by parameters', '3.52e15 / 3.5e13'),
      claimStep('gpt3-cache-speedup', 'ratio, counted', 'prompt on both sides'),
      claimStep('gpt3-decode-2p', 'a cached token', '2·P'),
      claimStep(
        'gpt3-decode-attention',
        'its attention, a key and layer',
        '2d for QKᵀ + 2d for AV',
      ),
    ],
  },
  {
    name: 'gpt3-train-1t',
    title: 'Exercise 1.3: GPT-3 trained on a trillion tokens by 1,024 A100s',
    inputs: [
      ...GPT3_INPUTS,
      ['tokens', '10^12'],
      ['devices', '1,024 A100 at 312 TFLOPS, half of it used, $2.50 an hour each'],
    ],
    steps: () => [
      claimStep('gpt3-train-6pd', 'by parameters', '6·P·D = 6 · 175e9 · 1e12'),
      claimStep('gpt3-train', 'counted at 2,048 tokens', '3 · forward / 2,048 · D'),
      claimStep('gpt3-peak-rate', 'all peaks', '1,024 · 312e12'),
      claimStep('gpt3-rate', 'half of it', '0.5 · 3.19e17'),
      claimStep('gpt3-seconds', 'time', '1.05e24 / 1.597e17'),
      claimStep('gpt3-seconds-quotient', 'of the rounded rate', '1.05e24 / 1.60e17'),
      claimStep('gpt3-days', 'in days', '6.57e6 / 86,400'),
      claimStep('gpt3-price-exact', 'cost', '1,024 · 76.08 · 24 · 2.50'),
      claimStep('gpt3-price', 'cost of 76 days', '1,024 · 76 · 24 · 2.50'),
      claimStep('gpt3-price-millions', 'in millions', '4,674,145 / 1e6'),
    ],
  },
];
