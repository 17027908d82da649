/**
 * The weight tensors of a rank, one row per kind and shape: what parameters, gradients, optimizer states and casts are
 * summed from. Unsharded, the rows add up to the exact parameter count.
 */

import { findImplementation } from '../model/families';
import { someLayers } from '../model/frozen';
import { hasLmHead } from '../model/parameters';
import type { LORA_TARGETS, ModelSpec, RunSpec } from '../model/spec';
import type { Shard } from './sharding/shard';

export interface WeightTensor {
  readonly rows: number;
  readonly columns: number;
  /** How many of them the rank holds. */
  readonly count: number;
  /** Part of every layer, or of the model's ends. */
  readonly layered: boolean;
  /** Of a layer of the decoder, where an encoder stands before it. */
  readonly decoder?: true;
  /** matrix: read by a matrix multiplication; table: looked up; vector: norms and biases. */
  readonly kind: 'matrix' | 'table' | 'vector';
  /** Of a layer, or of embeddings, that do not train. */
  readonly frozen?: true;
  /** Takes a low-rank adapter when `query-value` or `all-linear` layers do. */
  readonly adapter?: (typeof LORA_TARGETS)[number];
}

export interface Weights {
  readonly tensors: readonly WeightTensor[];
  /** What is trained: all of `tensors`, those that are not frozen, or the adapters of a low-rank run, which are none of them. */
  readonly trained: readonly WeightTensor[];
}

export function countWeights(model: ModelSpec, run: RunSpec, shard: Shard): Weights {
  const tensors = [...layerTensors(model, shard), ...endTensors(model, shard)];
  const rank = run.loraRank ?? 0;
  if (rank > 0)
    return { tensors, trained: countAdapters(tensors, rank, run.loraTargets ?? 'query-value') };
  return {
    tensors,
    trained: shard.frozen === 0 ? tensors : tensors.filter(({ frozen }) => !frozen),
  };
}

/** Parameters a rank computes with, adapters among them, and those of them that are trained. */
export function countParameterBytes(
  model: ModelSpec,
  run: RunSpec,
  shard: Shard,
): { readonly held: number; readonly trained: number } {
  const { tensors, trained } = countWeights(model, run, shard);
  const held = elementsIn(tensors);
  const learning = trained === tensors ? held : elementsIn(trained);
  return { held: run.loraRank ? held + learning : held, trained: learning };
}

function elementsIn(tensors: readonly WeightTensor[]): number {
  return tensors.reduce((sum, { rows, columns, count }) => sum + rows * columns * count, 0);
}

/** How many layers share the tensors of a row. */
export function countLayers(tensor: WeightTensor, shard: Shard): number {
  if (tensor.decoder) return shard.decoderLayers;
  return tensor.frozen ? shard.frozen : shard.layers - shard.frozen;
}

function layerTensors(model: ModelSpec, shard: Shard): WeightTensor[] {
  const { layers: L, frozen } = shard;
  const stack = (count: number, from: number) =>
    count === 0
      ? []
      : stackTensors(
          someLayers(model, count, from),
          { ...shard, layers: count },
          1,
          model.layerNorms ?? 2,
        );
  if (frozen > 0)
    return [
      ...stack(frozen, 0).map((row) => ({ ...row, frozen: true as const })),
      ...stack(L - frozen, frozen),
    ];
  const rows = stackTensors(model, shard, 1, model.layerNorms ?? 2);
  if (shard.decoderLayers === 0) return rows;
  const decoder = stackTensors(model, { ...shard, layers: shard.decoderLayers }, 2, 3);
  return [...rows, ...decoder.map((row) => ({ ...row, decoder: true as const }))];
}

/** Layers of one stack: each has one attention, or two where it attends to an encoder's output as well. */
function stackTensors(
  model: ModelSpec,
  shard: Shard,
  attentions: 1 | 2,
  norms: number,
): WeightTensor[] {
  const { hidden: d, experts } = model;
  const L = shard.layers;
  const rows: WeightTensor[] = [];
  const matrix = (
    inner: number,
    outer: number,
    count: number,
    adapter?: WeightTensor['adapter'],
  ) => {
    rows.push({
      rows: inner,
      columns: outer,
      count,
      layered: true,
      kind: 'matrix',
      ...(adapter ? { adapter } : {}),
    });
  };
  const vector = (length: number, count: number) => {
    if (length > 0 && count > 0)
      rows.push({ rows: 1, columns: length, count, layered: true, kind: 'vector' });
  };
  for (let index = 0; index < attentions; index++) attention(model, shard, matrix, vector);
  const gated = model.activation === 'swiglu';
  const ffn = (width: number, count: number) => {
    matrix(d, width, (gated ? 2 : 1) * count, 'all-linear');
    matrix(width, d, count, 'all-linear');
    if (!model.bias) return;
    vector(width, (gated ? 2 : 1) * count);
    vector(d, count);
  };
  if (experts) {
    const dense = shard.stage === 0 ? Math.min(L, experts.denseLayers ?? 0) : 0;
    if (dense > 0) ffn(split(model.ffn, shard.tensor), dense);
    // Experts spread over ranks stay whole there; otherwise each is split like any other network.
    ffn(
      shard.expert > 1 ? experts.ffn : split(experts.ffn, shard.tensor),
      (L - dense) * split(experts.total, shard.expert),
    );
    matrix(d, experts.total, L - dense);
    if (experts.routerBias) vector(experts.total, L - dense);
    if (experts.sharedFfn) ffn(split(experts.sharedFfn, shard.tensor), L - dense);
  } else {
    ffn(split(model.ffn, shard.tensor), L);
  }
  vector(d, L * norms * (model.norm === 'layernorm' ? 2 : 1));
  return rows;
}

type AddMatrix = (
  inner: number,
  outer: number,
  count: number,
  adapter?: WeightTensor['adapter'],
) => void;

function attention(
  model: ModelSpec,
  shard: Shard,
  matrix: AddMatrix,
  vector: (length: number, count: number) => void,
): void {
  const { hidden: d, headDim, latentAttention: latent } = model;
  const L = shard.layers;
  if (latent) {
    const heads = split(model.heads, shard.tensor);
    const keyWidth = heads * (latent.plainDim + latent.ropeDim);
    if (latent.queryRank === null) {
      matrix(d, keyWidth, L, 'query-value');
    } else {
      matrix(d, latent.queryRank, L, 'query-value');
      vector(latent.queryRank, L);
      matrix(latent.queryRank, keyWidth, L, 'query-value');
    }
    matrix(d, latent.kvRank + latent.ropeDim, L, 'all-linear');
    vector(latent.kvRank, L);
    matrix(latent.kvRank, heads * (latent.plainDim + latent.valueDim), L, 'query-value');
    matrix(heads * latent.valueDim, d, L, 'all-linear');
    return;
  }
  const q = split(model.heads, shard.tensor) * headDim;
  const kv = split(model.kvHeads, shard.kvSplit) * headDim;
  const qkvBias = model.qkvBias ?? model.bias;
  if (findImplementation(model).fusedProjection) {
    matrix(d, q + 2 * kv, L, 'query-value');
    if (qkvBias) vector(q + 2 * kv, L);
  } else {
    matrix(d, q, L, 'query-value');
    matrix(d, kv, L, 'all-linear');
    matrix(d, kv, L, 'query-value');
    if (qkvBias) vector(q, L);
    if (qkvBias) vector(kv, 2 * L);
  }
  matrix(q, d, L, 'all-linear');
  if (model.bias) vector(d, L);
  if (model.qkNorm) vector(headDim, 2 * L);
}

function endTensors(model: ModelSpec, shard: Shard): WeightTensor[] {
  const { hidden: d } = model;
  const vocab = split(model.vocab, shard.tensor);
  const rows: WeightTensor[] = [];
  let frozen: true | undefined;
  const add = (kind: WeightTensor['kind'], tensorRows: number, columns: number, count = 1) => {
    rows.push({
      rows: tensorRows,
      columns,
      count,
      layered: false,
      kind,
      ...(frozen ? { frozen } : {}),
    });
  };
  const norms = model.norm === 'layernorm' ? 2 : 1;
  const lmHead = hasLmHead(model);
  const stacks = shard.decoderLayers > 0 ? 2 : 1;
  if (model.relativeBuckets)
    add('table', model.relativeBuckets, split(model.heads, shard.tensor), stacks);
  if (shard.embedding) {
    if (shard.frozen > 0) frozen = true;
    // A table that is also the head is read by a matrix multiplication.
    add(lmHead && model.tiedHead ? 'matrix' : 'table', vocab, d);
    if (model.positions === 'learned') add('table', model.maxPositions, d, stacks);
    if (model.tokenTypes) add('table', model.tokenTypes, d);
    if (model.postNorm) add('vector', 1, d, norms * stacks);
  }
  frozen = undefined;
  if (shard.head) {
    if (!model.postNorm) add('vector', 1, d, norms * stacks);
    // Apart from the embeddings, a tied head is a copy of its own.
    if (lmHead && (!model.tiedHead || !shard.embedding)) add('matrix', vocab, d);
    if (model.pooler) {
      add('matrix', d, d);
      add('vector', 1, d);
    }
  }
  return rows;
}

function countAdapters(
  tensors: readonly WeightTensor[],
  rank: number,
  targets: (typeof LORA_TARGETS)[number],
): WeightTensor[] {
  return tensors.flatMap((tensor) => {
    if (
      tensor.adapter === undefined ||
      (targets === 'query-value' && tensor.adapter !== 'query-value')
    )
      return [];
    return [
      { ...tensor, rows: tensor.rows, columns: rank },
      { ...tensor, rows: rank, columns: tensor.columns },
    ];
  });
}

export function split(whole: number, parts: number): number {
  return Math.ceil(whole / parts);
}
