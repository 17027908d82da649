/**
 * One layer of BERT-base as the chapter's sections on its work speak of it: FLOPs by part over one sequence of n tokens,
 * and the lengths at which two parts cost the same. d is its width, 768.
 */

import { attentionPairs, crossover, layerFlops } from '../../compute/flops';
import { BERT } from './models';

/** FLOPs over one sequence: QKᵀ with AV, the four projections, the feed-forward block, and all of them. */
export function countLayer(seq: number) {
  const flops = layerFlops(BERT, { batch: 1, queries: seq, pairs: attentionPairs(seq) });
  const attention = Number(flops.scores + flops.attentionOutput);
  const projections = Number(flops.qkv + flops.projection);
  return { attention, projections, ffn: Number(flops.ffn), total: Number(flops.total) };
}

/** c of c·n·d² FLOPs over one sequence. */
export const perSquareWidth = (flops: number, seq: number) => flops / (seq * BERT.hidden ** 2);
/** c of c·n²·d FLOPs over one sequence. */
export const perSquareLength = (flops: number, seq: number) => flops / (seq ** 2 * BERT.hidden);

/** FLOPs of the feed-forward block over those of attention with its projections. */
export function ffnOverAttention(seq: number): number {
  const { ffn, attention, projections } = countLayer(seq);
  return ffn / (attention + projections);
}

/** Crossover lengths in units of d; `blocks` where attention with its projections costs what the feed-forward block costs. */
export function crossoverInWidths(): {
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
