/**
 * Exact parameter counts, by part. Every weight and bias of the architecture is counted once; a head that shares the
 * embedding matrix adds none.
 */
import type { ModelSpec } from './model-spec';
import { groupLayers, listTensors, PLAIN, type WeightTensor, WHOLE } from './weights';
import { takesAdapter } from './weights/adapters';
import { listLayerTensors } from './weights/layer';

export { hasLmHead } from './weights';

export interface ParameterCount {
  /** V·d. */
  readonly embedding: number;
  /** Learned position table, positions·d; 0 for rotary or none. Segment table and embedding norm of BERT count here. */
  readonly positions: number;
  /** One layer; of a mixture of experts, one of its expert layers, of unlike attentions, one with a cache. */
  readonly perLayer: {
    readonly attention: number;
    readonly ffn: number;
    readonly norms: number;
    readonly total: number;
  };
  readonly layers: number;
  readonly finalNorm: number;
  /** V·d where the head has a matrix of its own, 0 where it is tied; poolers and classifiers count here. */
  readonly head: number;
  readonly total: number;
}

/**
 * Parameters of a model. For MHA with biases and d_ff = 4d a layer is 12d² + 13d: GPT-2's c_attn 3d²+3d, c_proj d²+d,
 * c_fc 4d²+4d, c_proj 4d²+d, two norms 4d. LayerNorm has scale and shift (2d), RMSNorm scale alone (d).
 */
export function countParameters(model: ModelSpec): ParameterCount {
  const tensors = listTensors(model);
  const [group = PLAIN] = groupLayers(model);
  const layer = listLayerTensors(model, group, WHOLE);
  const layerPart = (part: WeightTensor['part']) => sum(layer.filter((row) => row.part === part));
  const end = (part: WeightTensor['part']) =>
    sum(tensors.filter((row) => !row.layered && row.part === part));
  return {
    embedding: end('embedding'),
    positions: end('positions'),
    perLayer: {
      attention: layerPart('attention'),
      ffn: layerPart('ffn'),
      norms: layerPart('norms'),
      total: sum(layer),
    },
    layers: sum(tensors.filter(({ layered }) => layered)),
    finalNorm: end('finalNorm'),
    head: end('head'),
    total: sum(tensors),
  };
}

function sum(tensors: readonly WeightTensor[]): number {
  return tensors.reduce((total, { rows, columns, count }) => total + rows * columns * count, 0);
}

/** P: the total alone. */
export function parameterCount(model: ModelSpec): number {
  return sum(listTensors(model));
}

/** Parameters one token passes through: of the experts only those it is sent to. */
export function activeParameterCount(model: ModelSpec): number {
  const { experts } = model;
  const tensors = listTensors(model);
  if (!experts) return sum(tensors);
  const active = (row: WeightTensor) =>
    row.expert ? { ...row, count: (row.count / experts.total) * experts.active } : row;
  return sum(tensors.map(active));
}

/** Weights of low-rank adapters: rank·(in + out) for each matrix that has one. */
export function adapterParameters(model: ModelSpec, rank: number, targets: string): number {
  return listTensors(model)
    .filter((tensor) => takesAdapter(model, tensor, targets))
    .reduce((total, { rows, columns, count }) => total + rank * (rows + columns) * count, 0);
}
