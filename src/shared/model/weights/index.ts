/**
 * Every weight of a model, once: what parameters are counted, adapters laid beside and bytes summed from. Whole, or as
 * much of it as one rank holds.
 */
import type { ModelSpec } from '../model-spec';
import { listEmbeddingTensors, listHeadTensors, listRelativeTensors } from './ends';
import { groupLayers, type LayerKind, PLAIN } from './kinds';
import { listLayerTensors } from './layer';
import { type Split, type WeightTensor, WHOLE } from './tensor';

export { hasLmHead } from './ends';
export {
  groupLayers,
  hasOwnShapes,
  kindOfLayer,
  type LayerGroup,
  type LayerKind,
  modelOfKind,
  PLAIN,
} from './kinds';
export { normVectors } from './layer';
export { type Split, split, type WeightTensor, WHOLE } from './tensor';

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
  const decoder = times({ ...PLAIN, cross: true }, decoderLayers);
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
