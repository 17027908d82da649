/** The chapter's memory: parameters, activations, batches that fit, training budgets, hardware, and the second exercise. */

import { formatInteger } from '../../base/format';
import { GiB } from '../../base/units';
import { peakBytes } from '../../budget/peak';
import { attentionWeightBytes, ffnBytes, hiddenBytes } from '../../compute/tensors';
import { gpuByName } from '../../hardware/gpu-names';
import { countParameters } from '../../model/parameters';
import { preset } from '../../model/presets';
import { runDefaults } from '../../model/run';
import type { ModelSpec, RunSpec } from '../../model/spec';
import { largestBatch } from '../../planning/fits';
import { claimStep, type Experiment, type Step, step } from './experiment';

const BERT = preset('bert-base');
const XL = preset('gpt-1.3b');
const MB = 1e6;

const training = (model: ModelSpec, given: Partial<RunSpec>) =>
  runDefaults(model, { framework: 'pytorch', mode: 'train', optimizer: 'adamw', ...given });

/** What the refined tier says for one card, context and allocator included. */
function refinedBatch(gpu: string, given: Partial<RunSpec> = {}): Step {
  const run = training(BERT, { seq: 512, gpu, ...given });
  return step(
    `${gpu}, in PyTorch`,
    'refined tier, whole process',
    largestBatch(BERT, run, gpuByName(gpu).memoryBytes),
    'sequences',
  );
}

function refinedPeak(what: string, given: Partial<RunSpec>): Step {
  return step(
    what,
    'refined tier, PyTorch',
    peakBytes(XL, training(XL, { seq: 2048, gpu: 'A100 80GB', ...given })) / GiB,
    'GiB',
  );
}

export const MEMORY_EXPERIMENTS: readonly Experiment[] = [
  {
    name: 'bert-parameters',
    title: 'Parameters of BERT-base and GPT-3, and the bytes they take',
    inputs: [['models', 'BERT-base, GPT-3']],
    steps: () => {
      const { embedding, positions, perLayer, layers, head } = countParameters(BERT);
      return [
        step('token table', 'V·d = 30,522 · 768', embedding / 1e6, 'million'),
        step('positions, segments, norm', '(512 + 2 + 2) · 768', positions / 1e6, 'million'),
        step('a layer', '4(d² + d) + 8d² + 5d + 4d', perLayer.total / 1e6, 'million'),
        step('12 layers', '12 · 7.09', layers / 1e6, 'million'),
        step('pooler', 'd² + d', head / 1e6, 'million'),
        claimStep('bert-parameters', 'BERT-base', 'the sum'),
        claimStep('bert-bytes-exact', 'in fp32', '4 · 109.48 million'),
        claimStep('gpt3-bytes', 'GPT-3 in fp32', '4 · 175e9'),
        claimStep('gpt3-half', 'in fp16', '2 · 175e9'),
        claimStep('gpt3-int8', 'in int8', '1 · 175e9, scales left out'),
        claimStep('gpt2-parameters', 'GPT-2', 'the published checkpoint'),
      ];
    },
  },
  {
    name: 'bert-activations',
    title: 'Activations of BERT-base in training, tensor by tensor',
    inputs: [
      ['model', 'BERT-base: 12 layers, d = 768, 12 heads, d_ff = 3,072'],
      ['run', 'fp32, 512 tokens'],
    ],
    steps: () => [
      step('seven tensors of n·d', '7 · 512 · 768 · 4', (7 * hiddenBytes(BERT, 1, 512)) / MB, 'MB'),
      step('feed-forward', '512 · 3,072 · 4', ffnBytes(BERT, 1, 512) / MB, 'MB'),
      step('attention weights', '12 · 512² · 4', attentionWeightBytes(BERT, 1, 512) / MB, 'MB'),
      claimStep('layer-total', 'a layer, one sequence', '11.0 + 6.3 + 12.6'),
      claimStep('layers-total', 'twelve layers', '12 · 29.88'),
      claimStep('sequence-total', 'one sequence', '358.6 MB'),
      claimStep('bert-layer-activations', 'a layer, 32 sequences', '32 · 29.88'),
      claimStep('bert-activations', 'twelve layers, 32 sequences', '12 · 0.956'),
      claimStep('layer-attention-2048', 'attention weights, n = 2,048', '12 · 2,048² · 4'),
      claimStep('layer-attention-growth', 'against n = 512', '(2,048 / 512)²'),
      claimStep('bert-attention-2048', 'all layers, 32 sequences', '12 · 32 · 201 MB'),
      claimStep('attention-2048-batch-bytes', 'one layer, 32 sequences', '32 · 201 MB'),
      claimStep('ffn-intermediate-total', 'feed-forward of all', '12 · 32 · 6.29 MB'),
    ],
  },
  {
    name: 'activation-memory',
    title: 'How activations grow with the length of a sequence',
    inputs: [
      ['model', 'BERT-base'],
      ['a layer keeps', '7·n·d + n·d_ff + h·n² values a sequence'],
    ],
    steps: () => [
      ...[128, 512, 2048].map((seq) => {
        const scores = attentionWeightBytes(BERT, 1, seq);
        const all = scores + 7 * hiddenBytes(BERT, 1, seq) + ffnBytes(BERT, 1, seq);
        return step(
          `quadratic part, n = ${formatInteger(seq)}`,
          'h·n² / (7nd + n·d_ff + h·n²)',
          (100 * scores) / all,
          '% of a layer',
        );
      }),
      claimStep('length-factor', 'longer, 2,048 for 512', '2,048 / 512'),
      claimStep('layer-attention-growth', 'quadratic part grows', '(2,048 / 512)²'),
    ],
  },
  {
    name: 'checkpointing',
    title: 'Gradient checkpointing: bytes freed against time spent',
    inputs: [['model', 'BERT-base, 32 sequences of 512 tokens']],
    steps: () => [
      claimStep('checkpoint-saving', 'freed', '1 − (L·n·d + a layer) / A'),
      claimStep('bert-checkpoint-share', 'freed, by the chapter', '1 − 0.2 A / A'),
      claimStep('checkpoint-time', 'more work', 'forward / (forward + backward)'),
      claimStep('checkpoint-time-25', 'more work, on the V100', 'forward / (forward + backward)'),
    ],
  },
  {
    name: 'max-batch',
    title: 'The largest batch of BERT-base that trains on a V100 and on A100s',
    inputs: [
      ['model', 'BERT-base, 512 tokens, fp32, AdamW: 16P = 1.76 GB'],
      ['a sequence', '1,018 MB as the chapter prints, 359 MB by its own list'],
    ],
    steps: () => [
      claimStep('batch-v100-16-own', 'V100 16 GB, as printed', '(16 − 1.76) / 1.018'),
      claimStep('batch-v100-16', 'by its own list', '(16 GiB − 1.76 GB) / 0.359'),
      refinedBatch('V100 16GB'),
      claimStep('batch-a100-40-own', 'A100 40 GB, as printed', '(40 − 1.76) / 1.018'),
      claimStep('batch-a100-40', 'by its own list', '(40 GiB − 1.76 GB) / 0.359'),
      refinedBatch('A100 40GB'),
      claimStep('batch-a100-80-own', 'A100 80 GB, as printed', '(80 − 1.76) / 1.018'),
      claimStep('batch-a100-80', 'by its own list', '(80 GiB − 1.76 GB) / 0.359'),
      refinedBatch('A100 80GB'),
      claimStep('batch-checkpoint-v100', 'V100, checkpointed', '0.2 A a sequence'),
      refinedBatch('V100 16GB', { checkpointing: 'full' }),
      claimStep('batch-mixed-v100', 'V100, checkpointed, half', '18P and 0.2 A/2'),
      refinedBatch('V100 16GB', { checkpointing: 'full', precision: 'mixed-fp16' }),
    ],
  },
  {
    name: 'adamw-budget',
    title: 'What training keeps of every parameter, in fp32 and mixed precision',
    inputs: [['optimizer', 'AdamW']],
    steps: () => [
      claimStep('adamw-parameters', 'parameters, fp32', '4 bytes'),
      claimStep('adamw-gradients', 'gradients', '4 bytes'),
      claimStep('adamw-first-moment', 'first moment', '4 bytes'),
      claimStep('adamw-second-moment', 'second moment', '4 bytes'),
      claimStep('adamw-total', 'fp32 in all', '4 · 4'),
      claimStep('mixed-parameters', 'half-precision parameters', '2 bytes'),
      claimStep('mixed-master', 'master parameters', '4 bytes'),
      claimStep('mixed-gradients', 'gradients', '4 bytes'),
      claimStep('mixed-states', 'two moments', '2 · 4 bytes'),
      claimStep('mixed-total', 'mixed in all', '2 + 4 + 4 + 8'),
    ],
  },
  {
    name: 'bert-training',
    title: 'Training budget of BERT-base with 32 sequences, fp32 against mixed precision',
    inputs: [
      ['model', 'BERT-base: 110 million parameters, 512 tokens'],
      ['batch', '32'],
    ],
    steps: () => [
      claimStep('bert-training', 'fp32', '16P + A = 1.76 + 11.48'),
      claimStep('bert-training-mixed', 'mixed', '18P + A/2 = 1.98 + 5.74'),
      claimStep('bert-saving', 'saved', '13.24 − 7.72'),
      claimStep('bert-saving-difference', 'of the rounded two', '13.8 − 8'),
      claimStep('bert-saving-share', 'share', '5.52 / 13.24'),
      claimStep('bert-checkpoint-share', 'checkpointed', '1 − 0.2'),
      claimStep('checkpoint-saving', 'freed, layer by layer', '1 − (L·n·d + a layer) / A'),
      claimStep('checkpoint-time', 'more work', 'one more forward of three'),
    ],
  },
  {
    name: 'gpt3-training',
    title: 'Why GPT-3 trains on no single machine',
    inputs: [
      ['model', 'GPT-3: 175e9 parameters, 2,048 tokens'],
      ['batch', '1'],
    ],
    steps: () => [
      claimStep('gpt3-state', 'fp32 states', '16 · 175e9'),
      claimStep('gpt3-layer-activations', 'activations of a layer', '4·(7nd + n·d_ff + h·n²)'),
      claimStep('gpt3-activations', '96 layers', '96 · 2.72 GB'),
      claimStep('gpt3-total', 'in all', '2,800 + 261'),
      claimStep('gpt3-gpus-parameters', 'A100s for parameters alone', '⌈700 / 80⌉'),
      claimStep('gpt3-gpus-total', 'A100s for all', '⌈2,868 / 80⌉'),
      claimStep('gpt3-shard-fp32', 'over eight', '2,868 / 8'),
      claimStep('gpt3-mixed-total', 'mixed', '18P + A/2 = 3,150 + 130'),
      claimStep('gpt3-checkpointed-total', 'mixed, checkpointed', '18P + 0.2 · A/2'),
      claimStep('single-gpu-limit', 'the most one card trains', '80 GiB / 18 bytes'),
    ],
  },
  {
    name: 'hardware-table',
    title: 'The hardware table: model sizes against the cards it recommends',
    inputs: [['states', '18 bytes a parameter, mixed precision; activations come on top']],
    steps: () => [
      claimStep('hardware-small', '100M parameters need', '18 · 100e6'),
      claimStep('hardware-small-3070', 'RTX 3070 has', 'nvidia-smi'),
      claimStep('hardware-small-v100', 'V100 has', 'nvidia-smi'),
      claimStep('hardware-base', '300M parameters need', '18 · 300e6'),
      claimStep('hardware-base-3080-first', 'RTX 3080 of 2020 has', 'nvidia-smi'),
      claimStep('hardware-base-3080', 'RTX 3080 of 2022 has', 'nvidia-smi'),
      claimStep('hardware-base-v100', 'V100 has', 'nvidia-smi'),
      claimStep('hardware-large', '1B parameters need', '18 · 1e9'),
      claimStep('hardware-large-3090', 'RTX 3090 has', 'nvidia-smi'),
      claimStep('hardware-large-a5000', 'A5000 has', 'nvidia-smi'),
      claimStep('hardware-xl', '3B parameters need', '18 · 3e9'),
      claimStep('hardware-xl-a100', 'A100 (40 GB) has', 'nvidia-smi'),
      claimStep('hardware-xxl', '10B parameters need', '18 · 10e9'),
      claimStep('hardware-xxl-a100', 'A100 (80 GB) has', 'nvidia-smi'),
      claimStep('hardware-gpt3', 'GPT-3 needs', '⌈18 · 175e9 / 80 GiB⌉'),
      claimStep('hardware-gpt3-card', 'A100 (80 GB) has', 'nvidia-smi'),
    ],
  },
  {
    name: 'fit-1.3b-on-a100',
    title: 'Exercise 2: training memory of 1.3B parameters, and three ways onto 80 GB',
    inputs: [
      ['model', '24 layers, d = 2,048, 32 heads, d_ff = 8,192: 1.3e9 parameters'],
      ['run', '64 sequences of 2,048 tokens, AdamW'],
    ],
    steps: () => [
      claimStep('xl-bytes', 'parameters', '4 · 1.3e9'),
      claimStep('xl-gradients', 'gradients', '4 · 1.3e9'),
      claimStep('xl-optimizer', 'optimizer states', '2 · 4 · 1.3e9'),
      claimStep('xl-optimizer-sum', 'with the gradients', '3 · 5.2'),
      claimStep('xl-scores', 'attention weights of a layer', '64 · 32 · 2,048² · 4'),
      claimStep('xl-attention-output', 'attention output', '64 · 2,048² · 4'),
      claimStep('xl-ffn', 'feed-forward', '64 · 2,048 · 8,192 · 4'),
      claimStep('xl-residuals', 'residuals', '2 · 1.074'),
      claimStep('xl-layer', 'a layer, by these', 'the sum of the four'),
      claimStep('xl-layer-textbook', "a layer, by the chapter's list", '4·B·(7nd + n·d_ff + h·n²)'),
      claimStep('xl-layers-product', '24 layers', '24 · 41.9'),
      claimStep('xl-checkpointed-product', 'kept every 4 layers', '24 / 4 · 41.9'),
      claimStep('xl-checkpointed', "by the chapter's list", 'A / 4'),
      claimStep('xl-total', 'in all', '16P + A = 20.8 + 1,108'),
      claimStep('xl-total-sum', 'the printed parts', '5.2 + 15.6 + 1,005.6'),
      claimStep('xl-checkpointed-total', 'checkpointed', '16P + A/4'),
      claimStep('xl-checkpointed-sum', 'the printed parts', '5.2 + 15.6 + 251.4'),
      claimStep('xl-batch-16-derived', 'strategy 1: 16 sequences', '20.8 + 277 / 4'),
      claimStep('xl-batch-8-derived', 'strategy 1: 8 sequences', '20.8 + 277 / 8'),
      claimStep('xl-batch-8-fits', 'how many fit', '(80 − 20.8) / 4.33'),
      claimStep('xl-mixed-optimizer', 'strategy 2: states', '12P of 18P'),
      claimStep('xl-mixed-total', 'strategy 2: 16 sequences', '18P + 31.4'),
      claimStep('xl-mixed-fits', 'how many fit', '(80 − 23.4) / 2.16'),
      claimStep('xl-zero-states', 'strategy 3: states of a GPU', '12P / 4'),
      claimStep('xl-zero-derived', 'strategy 3: 16 sequences each', '4P + 12P/4 + 277/4'),
      claimStep('xl-zero-fits', 'how many fit on four', '4 · ⌊(80 − 9.1) / 4.33⌋'),
      claimStep('xl-recommended-single', 'recommended, one GPU', '(80 − 18P) / 2.16'),
      claimStep('xl-recommended-four', 'recommended, four GPUs', '4 · ⌊(80 − 6P) / 2.16⌋'),
      claimStep('xl-accumulation', 'accumulation', '64 / 8'),
      refinedPeak('recommended, in PyTorch', {
        batch: 8,
        precision: 'mixed-fp16',
        checkpointing: 'every=4',
      }),
      refinedPeak('all layers recomputed', {
        batch: 8,
        precision: 'mixed-fp16',
        checkpointing: 'full',
      }),
      refinedPeak('and no stored scores', {
        batch: 8,
        precision: 'mixed-fp16',
        checkpointing: 'full',
        attention: 'sdpa',
      }),
    ],
  },
];
