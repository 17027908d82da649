/** The chapter's sections on FLOPs: attention, feed-forward, the whole layer, and its regimes. */

import { attentionPairs, crossover, layerFlops } from '../../compute/flops';
import { attentionWeightBytes, ffnBytes } from '../../compute/tensors';
import { gpuByName } from '../../hardware/gpu-names';
import { parameterCount } from '../../model/parameters';
import { ABOUT, AT_MOST, type Claim, claimsIn } from './claim';
import { BERT, GPT2, NOMINAL } from './models';

const A100 = gpuByName('A100 40GB');
const A100_80 = gpuByName('A100 80GB');
const TERA = 1e12;

/** One layer over one sequence. */
function layer(seq: number) {
  const of = layerFlops(BERT, { batch: 1, queries: seq, pairs: attentionPairs(seq) });
  const attention = Number(of.scores + of.attentionOutput);
  const projections = Number(of.qkv + of.projection);
  return { attention, projections, ffn: Number(of.ffn), total: Number(of.total) };
}

/** Coefficient of n·d² or n²·d in a count over one sequence. */
const perSquareWidth = (flops: number, seq: number) => flops / (seq * BERT.hidden ** 2);
const perSquareLength = (flops: number, seq: number) => flops / (seq ** 2 * BERT.hidden);
const ratio = (n: number) => layer(n).ffn / (layer(n).attention + layer(n).projections);

function attention(): readonly Claim[] {
  const claim = claimsIn('Self-Attention Complexity');
  const lengths = crossoverInWidths();
  return [
    claim(
      'attention-matmul-coefficient',
      'requires $2nd_{\\text{model}}d_k$',
      '2',
      'FLOPs a multiply-add',
      Number(
        layerFlops({ ...BERT, heads: 1, kvHeads: 1 }, { batch: 1, queries: 1, pairs: 1n }).scores,
      ) / BERT.headDim,
      'A product of n×d by d×k does d multiply-adds for each of its n·k elements, and each is two operations.',
    ),
    claim(
      'attention-a100-peak',
      'perform up to 312 TFLOPS',
      '312',
      'TFLOPS',
      (A100.peak.fp16 ?? 0) / TERA,
      'The dense fp16 tensor peak of the A100 datasheet.',
    ),
    claim(
      'attention-small-batch-share',
      'only 10-20\\% of peak FLOPS',
      '10-20',
      '% of peak',
      null,
      'No batch, length or kernel is given, and what a kernel reaches of the peak has to be measured.',
    ),
    claim(
      'attention-head-width',
      '$d_k=64$ (per head)',
      '64',
      'values',
      BERT.hidden / BERT.heads,
      'The width 768 divided among 12 heads.',
    ),
    claim(
      'attention-heads',
      'and $h=12$ heads',
      '12',
      'heads',
      BERT.hidden / BERT.headDim,
      'The width 768 in heads of 64.',
    ),
    claim(
      'attention-matrices',
      'we compute 12 separate',
      '12',
      'matrices',
      BERT.heads,
      'One attention matrix for each head.',
    ),
    claim(
      'attention-2048-bytes',
      '4 = 201\\text{ MB}$ per sequence',
      '201',
      'MB',
      attentionWeightBytes(BERT, 1, 2048) / 1e6,
      'Twelve fp32 matrices of 2048 × 2048 in one layer.',
    ),
    claim(
      'attention-gpt2-length',
      'for $n=2048$ (GPT-2)',
      '2048',
      'positions',
      GPT2.maxPositions,
      "GPT-2 has a table of 1,024 positions; 2,048 is GPT-3's.",
    ),
    claim(
      'attention-2048-batch-bytes',
      'batch size 32: $6.4\\text{ GB}$',
      '6.4',
      'GB',
      attentionWeightBytes(BERT, 32, 2048) / 1e9,
      'The same matrices of one layer for 32 sequences.',
    ),
    claim(
      'attention-2048-batch-all-layers',
      'batch size 32: $6.4\\text{ GB}$ just for attention matrices!',
      '6.4',
      'GB',
      (BERT.layers * attentionWeightBytes(BERT, 32, 2048)) / 1e9,
      'Read as the whole model, which training has to keep: twelve layers hold twelve times that.',
    ),
    claim(
      'regime-projection-coefficient',
      'The $8nd_{\\text{model}}^2$ term',
      '8',
      'nd²',
      perSquareWidth(layer(128).projections, 128),
      'Q, K, V and the output: four products of n×d by d×d.',
    ),
    claim(
      'regime-attention-coefficient',
      'The $4n^2d_{\\text{model}}$ term',
      '4',
      'n²d',
      perSquareLength(layer(8192).attention, 8192),
      'Scores and weighted values, 2n²d each.',
    ),
    claim(
      'regime-short-projections',
      '\\approx 603\\text{M}',
      '603',
      'MFLOPs',
      layer(128).projections / 1e6,
      'It is 603.98 million, which rounds to 604: the chapter cut it off.',
    ),
    claim(
      'regime-short-attention',
      '\\approx 50\\text{M}',
      '50',
      'MFLOPs',
      layer(128).attention / 1e6,
      'Scores and weighted values of one layer at 128 tokens.',
      ABOUT,
    ),
    claim(
      'regime-long-projections',
      '\\approx 38.7\\text{G}',
      '38.7',
      'GFLOPs',
      layer(8192).projections / 1e9,
      'The four projections of one layer at 8,192 tokens.',
      ABOUT,
    ),
    claim(
      'regime-long-attention',
      '\\approx 206\\text{G}',
      '206',
      'GFLOPs',
      layer(8192).attention / 1e9,
      'Scores and weighted values of one layer at 8,192 tokens.',
      ABOUT,
    ),
    claim(
      'crossover-widths',
      '$n \\approx 2d_{\\text{model}}$',
      '2',
      'd',
      lengths.projections,
      '4n²d equals 8nd² at n = 2d.',
      ABOUT,
    ),
    claim(
      'crossover-768',
      '$n \\approx 1536$',
      '1536',
      'tokens',
      lengths.projections * BERT.hidden,
      'Twice the width of 768.',
      ABOUT,
    ),
    claim(
      'figure-short-block',
      'Short sequences ($n < 2d$): FFN dominates',
      '2',
      'd',
      lengths.blocks,
      'The whole attention block, 8nd² + 4n²d, costs what the feed-forward block costs, 16nd², at n = 2d.',
    ),
    claim(
      'figure-short-core',
      'Short sequences ($n < 2d$): FFN dominates',
      '2',
      'd',
      lengths.ffn,
      'Read as the quadratic part alone against the feed-forward block, they meet at n = 4d.',
    ),
    claim(
      'figure-long-layer',
      'Long sequences ($n > 2d$): Attention dominates',
      '2',
      'd',
      lengths.layer,
      'Read as more than half of the layer, the quadratic part dominates only above n = 6d.',
    ),
    claim(
      'figure-long-block',
      'Long sequences ($n > 2d$): Attention dominates',
      '2',
      'd',
      lengths.blocks,
      'Read as the whole attention block against the feed-forward block, they meet at n = 2d.',
    ),
  ];
}

/** Crossover lengths in units of d; `blocks` where attention with its projections costs what the feed-forward block costs. */
function crossoverInWidths(): {
  readonly projections: number;
  readonly ffn: number;
  readonly layer: number;
  readonly blocks: number;
} {
  const { attentionEqualsFfn, attentionEqualsProjections, attentionEqualsLayer } = crossover(BERT);
  const widths = (length: number | null) => (length ?? Number.NaN) / BERT.hidden;
  const [projections, ffn] = [widths(attentionEqualsProjections), widths(attentionEqualsFfn)];
  return { projections, ffn, layer: widths(attentionEqualsLayer), blocks: ffn - projections };
}

function feedForward(): readonly Claim[] {
  const claim = claimsIn('Feed-Forward Network Complexity');
  const intermediate = ffnBytes(BERT, 1, 512);
  return [
    claim(
      'ffn-width-ratio',
      'is typically $4d_{\\text{model}}$',
      '4',
      'd',
      BERT.ffn / BERT.hidden,
      'BERT and GPT widen to 3,072 from 768.',
    ),
    claim(
      'ffn-width',
      '$n=512$, $d_{ff}=3072$:',
      '3072',
      'values',
      4 * BERT.hidden,
      'Four times the width of 768.',
    ),
    claim(
      'ffn-twice-attention-short',
      'the FFN requires roughly twice the FLOPs',
      '2',
      '× attention',
      ratio(128),
      'For short sequences the projections alone remain, and 16nd² is close to twice 8nd².',
      ABOUT,
    ),
    claim(
      'ffn-twice-attention-edge',
      'the FFN requires roughly twice the FLOPs',
      '2',
      '× attention',
      ratio(2 * BERT.hidden),
      'At the end of the stated range, n = 2d, both cost the same: the factor falls from 2 to 1 over it.',
      ABOUT,
    ),
    claim(
      'ffn-intermediate-bytes',
      '$6 \\times 12 \\times 32',
      '6',
      'MB',
      intermediate / 1e6,
      '512 × 3,072 fp32 values are 6.29 MB.',
    ),
    claim(
      'ffn-intermediate-total',
      '32 = 2.3\\text{ GB}$',
      '2.3',
      'GB',
      (intermediate * 12 * 32) / 1e9,
      'With the unrounded 6.29 MB it is 2.416 GB.',
    ),
    claim(
      'ffn-intermediate-product',
      '32 = 2.3\\text{ GB}$',
      '2.3',
      'GB',
      (6 * BERT.layers * 32) / 1e3,
      "The product of the chapter's own rounded factors.",
    ),
    claim(
      'ffn-utilization',
      '(often 70-90\\% of peak FLOPS on modern GPUs)',
      '70-90',
      '% of peak',
      null,
      'What a kernel reaches of the peak has to be measured.',
    ),
    claim(
      'ffn-a100-peak',
      'GPU (312 TFLOPS FP16), computing',
      '312',
      'TFLOPS',
      (A100.peak.fp16 ?? 0) / TERA,
      'The dense fp16 tensor peak of the A100 datasheet.',
    ),
  ];
}

function wholeLayer(): readonly Claim[] {
  const claim = claimsIn('Per-Layer Total Complexity');
  const short = layer(128);
  const rate = (A100.peak.fp16 ?? 0) * 0.7;
  const layers = 32 * BERT.layers * layer(512).total;
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

function regimes(): readonly Claim[] {
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

export function complexityClaims(): readonly Claim[] {
  return [...attention(), ...feedForward(), ...wholeLayer(), ...regimes()];
}
