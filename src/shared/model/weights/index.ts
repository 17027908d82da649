/**
 * Every weight of a model, once: what parameters are counted, adapters laid beside and bytes summed from. Whole, or as
 * much of it as one rank holds.
 */
import type { ModelSpec } from '../model-spec';
import { listEmbeddingTensors, listHeadTensors, listRelativeTensors } from './ends';
import { type LayerKind, listLayerTensors } from './layer';
import { type Split, type WeightTensor, WHOLE } from './tensor';

export { hasLmHead } from './ends';
export { type LayerKind, normVectors } from './layer';
export { type Split, split, type WeightTensor, WHOLE } from './tensor';

/** Layers of one kind. */
export interface LayerGroup extends LayerKind {
  readonly layers: number;
}

/**
 * The layers from the one at `from` to before the one at `to`, by what they hold. Layers that share their weights count
 * as many times as there are sets of them.
 */
export function groupLayers(
  model: ModelSpec,
  from = 0,
  to: number = model.layers,
): readonly LayerGroup[] {
  const { experts, linearAttention, sharedLayers } = model;
  const within = (index: number) => index >= from && index < to;
  const count = sharedLayers ?? to - from;
  const cross = false;
  if (to <= from) return [];
  if (!experts?.denseLayers && !experts?.denseAt && !linearAttention)
    return [{ linear: false, dense: false, cross, layers: count }];
  const first = experts?.denseLayers ?? 0;
  const denseAt = (experts?.denseAt ?? []).filter((index) => within(index) && index >= first);
  const linearAt = (linearAttention?.layers ?? []).filter(within);
  const denseOnes = new Set(denseAt);
  const both = linearAt.filter((index) => index < first || denseOnes.has(index)).length;
  const dense = Math.max(0, Math.min(to, first) - from) + denseAt.length;
  const linear = linearAt.length;
  return [
    { linear: false, dense: false, cross, layers: count - dense - linear + both },
    { linear: false, dense: true, cross, layers: dense - both },
    { linear: true, dense: false, cross, layers: linear - both },
    { linear: true, dense: true, cross, layers: both },
  ].filter(({ layers }) => layers > 0);
}

/** The kind that `groupLayers` counts the layer at `index` among. */
export function kindOfLayer({ experts, linearAttention }: ModelSpec, index: number): LayerKind {
  const isDense =
    experts !== undefined &&
    (index < (experts.denseLayers ?? 0) || experts.denseAt?.includes(index) === true);
  return {
    linear: linearAttention?.layers.includes(index) === true,
    dense: isDense,
    cross: false,
  };
}

/** The tensors of a stretch of layers; `decoderLayers` stand behind an encoder's and attend to its output. */
export function listStackTensors(
  model: ModelSpec,
  parts: Split,
  { from, to, decoderLayers = 0 }: { from: number; to: number; decoderLayers?: number },
): WeightTensor[] {
  const times = (kind: LayerKind, layers: number) =>
    listLayerTensors(model, kind, parts).map((row) => ({ ...row, count: row.count * layers }));
  const rows = groupLayers(model, from, to).flatMap((group) => times(group, group.layers));
  // ModernBERT: the norm of the embeddings is the first layer's own.
  const norms = rows.map((row) =>
    model.embeddingNorm === 'first' && from === 0 && row.part === 'norms'
      ? { ...row, count: row.count - row.count / (2 * (to - from)) }
      : row,
  );
  if (decoderLayers === 0) return norms;
  const decoder = times({ linear: false, dense: false, cross: true }, decoderLayers);
  return [...norms, ...decoder.map((row) => ({ ...row, decoder: true as const }))];
}

export interface Ends {
  readonly embedding: boolean;
  readonly head: boolean;
}

/** The tensors of the ends that a rank holds. */
export function listEndTensors(
  model: ModelSpec,
  parts: Split,
  { embedding, head }: Ends,
): {
  readonly relative: readonly WeightTensor[];
  readonly embedding: readonly WeightTensor[];
  readonly head: readonly WeightTensor[];
} {
  return {
    relative: listRelativeTensors(model, parts),
    embedding: embedding ? listEmbeddingTensors(model, parts) : [],
    head: head ? listHeadTensors(model, parts, !embedding) : [],
  };
}

/** All of a model. */
export function listTensors(model: ModelSpec, parts: Split = WHOLE): readonly WeightTensor[] {
  const { layers, decoderLayers } = model;
  const ends = listEndTensors(model, parts, { embedding: true, head: true });
  return [
    ...listStackTensors(model, parts, {
      from: 0,
      to: layers,
      ...(decoderLayers && { decoderLayers }),
    }),
    ...ends.relative,
    ...ends.embedding,
    ...ends.head,
  ];
}
