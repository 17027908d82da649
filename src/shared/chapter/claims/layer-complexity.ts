/** The chapter's section on the work of a whole layer, with the times it derives, and its figure of three regimes of length. */

import { gpuByName } from '../../hardware/gpu-names';
import { parameterCount } from '../../model/parameters';
import { countLayer, crossoverInWidths, perSquareLength, perSquareWidth } from './bert-layer';
import { ABOUT, AT_MOST, type Claim, claimsIn } from './claim';
import { BERT, NOMINAL } from './models';

const A100 = gpuByName('A100 40GB');
const A100_80 = gpuByName('A100 80GB');
const TERA = 1e12;

export function layerComplexityClaims(): readonly Claim[] {
  const claim = claimsIn('Per-Layer Total Complexity');
  const short = countLayer(128);
  const rate = (A100.peak.fp16 ?? 0) * 0.7;
  const layers = 32 * BERT.layers * countLayer(512).total;
  const loadMs = (NOMINAL.bert * 4 * 1e3) / 1.6e12;
  return [
    claim(
      'layer-ffn-coefficient',
      'FFN: $16nd_{\\text{model}}^2$',
      '16',
      'nd²',
      perSquareWidth(short.ffn, 128),
      'Two products of n×d by d×4d.',
    ),
    claim(
      'layer-ffn-share',
      '(typically 60-70\\% of layer FLOPs for short sequences)',
      '60-70',
      '% of the layer',
      (100 * short.ffn) / short.total,
      'BERT-base at 128 tokens.',
    ),
    claim(
      'layer-projection-coefficient',
      'Attention projections: $8nd_{\\text{model}}^2$',
      '8',
      'nd²',
      perSquareWidth(short.projections, 128),
      'Q, K, V and the output: four products of n×d by d×d.',
    ),
    claim(
      'layer-projection-share',
      '(typically 25-35\\%)',
      '25-35',
      '% of the layer',
      (100 * short.projections) / short.total,
      'BERT-base at 128 tokens.',
    ),
    claim(
      'layer-attention-coefficient',
      'Attention computation: $4n^2d_{\\text{model}}$',
      '4',
      'n²d',
      perSquareLength(short.attention, 128),
      'Scores and weighted values, 2n²d each.',
    ),
    claim(
      'forward-a100-peak',
      'On an NVIDIA A100 (312~TFLOPS',
      '312',
      'TFLOPS',
      (A100.peak.fp16 ?? 0) / TERA,
      'The dense fp16 tensor peak of the A100 datasheet.',
    ),
    claim(
      'forward-utilization',
      'FP16, 70\\% utilization)',
      '70',
      '% of peak',
      null,
      'An assumption; what a kernel reaches has to be measured.',
    ),
    claim(
      'forward-time-layers',
      '$\\approx$14~ms',
      '14',
      'ms',
      (1e3 * layers) / rate,
      'Twelve layers over 32 sequences of 512 tokens at 70% of 312 TFLOPS, without a head.',
      ABOUT,
    ),
    claim(
      'forward-throughput',
      '$\\approx$390,000~tokens/sec',
      '390000',
      'tokens/s',
      (32 * 512 * rate) / layers,
      '16,384 tokens in 14 ms are nearly three times as many.',
      ABOUT,
    ),
    claim(
      'bandwidth-40',
      '1.6~TB/s memory bandwidth',
      '1.6',
      'TB/s',
      A100.bandwidth / TERA,
      'The A100 with 40 GB: 1,555 GB/s.',
    ),
    claim(
      'bandwidth-80',
      '1.6~TB/s memory bandwidth',
      '1.6',
      'TB/s',
      A100_80.bandwidth / TERA,
      'The A100 with 80 GB, which the chapter also calls A100, has 2,039 GB/s.',
    ),
    claim(
      'load-bytes',
      'loading 440~MB of parameters',
      '440',
      'MB',
      (NOMINAL.bert * 4) / 1e6,
      '110 million parameters of four bytes.',
    ),
    claim(
      'load-bytes-exact',
      'loading 440~MB of parameters',
      '440',
      'MB',
      (parameterCount(BERT) * 4) / 1e6,
      'The published checkpoint has 109,482,240 parameters; the chapter counts with its nominal size.',
      ABOUT,
    ),
    claim('load-time', 'takes 0.28~ms', '0.28', 'ms', loadMs, '440 MB at 1.6 TB/s.'),
  ];
}

export function regimeClaims(): readonly Claim[] {
  const claim = claimsIn('Complexity Analysis');
  const lengths = crossoverInWidths();
  return [
    claim(
      'regime-short-edge',
      'Short sequences $(n < d)$: FFN dominates',
      '1',
      'd',
      lengths.blocks,
      'True, and up to n = 2d, where the feed-forward block and the attention block cost the same.',
      AT_MOST,
    ),
    claim(
      'regime-long-edge',
      'Long sequences $(n > d)$: Attention dominates',
      '1',
      'd',
      lengths.blocks,
      "Between d and 2d the feed-forward block still costs more, as the chapter's own figure says.",
    ),
    claim(
      'regime-long-core',
      'Long sequences $(n > d)$: Attention dominates',
      '1',
      'd',
      lengths.layer,
      'Read as n²d beating all nd² terms, it takes n = 6d.',
    ),
  ];
}
