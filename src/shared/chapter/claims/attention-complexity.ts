/** The chapter's section on the work and memory of self-attention. */

import { layerFlops } from '../../compute/flops';
import { attentionWeightBytes } from '../../compute/tensors';
import { gpuByName } from '../../hardware/gpu-names';
import { countLayer, crossoverInWidths, perSquareLength, perSquareWidth } from './bert-layer';
import { ABOUT, type Claim, claimsIn } from './claim';
import { BERT, GPT2 } from './models';

const A100 = gpuByName('A100 40GB');
const TERA = 1e12;

export function attentionComplexityClaims(): readonly Claim[] {
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
      perSquareWidth(countLayer(128).projections, 128),
      'Q, K, V and the output: four products of n×d by d×d.',
    ),
    claim(
      'regime-attention-coefficient',
      'The $4n^2d_{\\text{model}}$ term',
      '4',
      'n²d',
      perSquareLength(countLayer(8192).attention, 8192),
      'Scores and weighted values, 2n²d each.',
    ),
    claim(
      'regime-short-projections',
      '\\approx 603\\text{M}',
      '603',
      'MFLOPs',
      countLayer(128).projections / 1e6,
      'It is 603.98 million, which rounds to 604: the chapter cut it off.',
    ),
    claim(
      'regime-short-attention',
      '\\approx 50\\text{M}',
      '50',
      'MFLOPs',
      countLayer(128).attention / 1e6,
      'Scores and weighted values of one layer at 128 tokens.',
      ABOUT,
    ),
    claim(
      'regime-long-projections',
      '\\approx 38.7\\text{G}',
      '38.7',
      'GFLOPs',
      countLayer(8192).projections / 1e9,
      'The four projections of one layer at 8,192 tokens.',
      ABOUT,
    ),
    claim(
      'regime-long-attention',
      '\\approx 206\\text{G}',
      '206',
      'GFLOPs',
      countLayer(8192).attention / 1e9,
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
