/** What autograd saves of DeBERTa's scores against its table of relative positions. */
import type { ModelSpec, RunSpec } from '../../model/spec';
import type { LayerShape } from './layer-shape';
import type { SavedTensor } from './saved-tensor';
import type { ElementBytes } from './types';

/**
 * Scores of [B, h, n, rows] for each kind, which `gather` keeps with its index of all pairs; the table as keys and as
 * queries, repeated for each sequence; the keys once more, scaled; and the mask
 * (transformers/models/deberta_v2/modeling_deberta_v2.py, DisentangledSelfAttention). Nothing for other models.
 */
export function savedByRelativeScores(
  { relativeTable: table, headDim, hidden }: ModelSpec,
  { batch: B, seq: n }: RunSpec,
  { heads, queryWidth }: LayerShape,
  { compute: c, autocast }: ElementBytes,
): readonly SavedTensor[] {
  if (!table) return [];
  const { rows, terms = 0 } = table;
  const saved = (name: string, shape: readonly number[], element: number, count: number) =>
    ({ name, sublayer: 'attention', shape, element, count, scores: false }) as const;
  return [
    saved('scaled keys', [B, n, queryWidth], c, 1),
    saved('mask', [B, n, n], 1, 1),
    saved('scores of relative positions', [B, heads, n, rows], c, terms),
    saved('rows of all pairs', [n, n], 8, terms),
    saved('relative positions as keys and queries', [B, heads, rows, headDim], c, terms),
    saved('casts of the relative positions', [rows, hidden], c, autocast ? terms : 0),
  ];
}
