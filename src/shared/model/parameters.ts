/**
 * Exact parameter counts, by part. Every weight and bias of the architecture is counted once; a head that shares the
 * embedding matrix adds none.
 */
import type { LORA_TARGETS } from './choices';
import { findImplementation } from './families';
import type { ModelSpec } from './model-spec';

export interface ParameterCount {
  /** V·d. */
  readonly embedding: number;
  /** Learned position table, positions·d; 0 for rotary or none. Segment table and embedding norm of BERT count here. */
  readonly positions: number;
  /** One layer; of a mixture of experts, one of its expert layers. */
  readonly perLayer: {
    readonly attention: number;
    readonly ffn: number;
    readonly norms: number;
    readonly total: number;
  };
  readonly layers: number;
  readonly finalNorm: number;
  /** V·d where the head has a matrix of its own, 0 where it is tied; BERT's pooler counts here. */
  readonly head: number;
  readonly total: number;
}

/** True where the model ends in a projection to its vocabulary. */
export function hasLmHead(model: ModelSpec): boolean {
  return model.lmHead ?? model.architecture !== 'encoder';
}

/**
 * Attention of one layer, with its biases.
 *
 *     plain   q: d·(h·k) [+ h·k]   k, v: d·(h_kv·k) [+ h_kv·k] each   output: (h·k)·d [+ d]
 *     latent  q: d·r_q + r_q + r_q·h·(p+r), or d·h·(p+r);  kv: d·(r_kv+r) + r_kv + r_kv·h·(p+v);  output: h·v·d
 */
export function attentionParameters(model: ModelSpec): number {
  const { hidden: d, heads, latentAttention: latent } = model;
  if (latent) {
    const keyWidth = heads * (latent.plainDim + latent.ropeDim);
    const query = latent.queryRank === null ? d * keyWidth : latent.queryRank * (d + 1 + keyWidth);
    const kv =
      d * (latent.kvRank + latent.ropeDim) +
      latent.kvRank * (1 + heads * (latent.plainDim + latent.valueDim));
    return query + kv + heads * latent.valueDim * d;
  }
  const q = heads * model.headDim;
  const kv = model.kvHeads * model.headDim;
  const biases = ((model.qkvBias ?? model.bias) ? q + 2 * kv : 0) + (model.bias ? d : 0);
  return 2 * d * q + 2 * d * kv + biases + (model.qkNorm ? 2 * model.headDim : 0);
}

/** A feed-forward network of inner width `ffn`: two matrices, SwiGLU three, with a bias for each where there are any. */
export function ffnParameters(model: ModelSpec, ffn: number): number {
  const matrices = model.activation === 'swiglu' ? 3 : 2;
  return matrices * model.hidden * ffn + (model.bias ? (matrices - 1) * ffn + model.hidden : 0);
}

/** The expert part of a layer in which `experts` of them count: the experts, the router, the shared network. */
function expertParameters(model: ModelSpec, count: 'total' | 'active'): number {
  const { experts, hidden: d } = model;
  if (!experts) return ffnParameters(model, model.ffn);
  const shared = experts.sharedFfn ? ffnParameters(model, experts.sharedFfn) : 0;
  return (
    experts[count] * ffnParameters(model, experts.ffn) +
    experts.total * (d + (experts.routerBias ? 1 : 0)) +
    shared
  );
}

/**
 * Parameters of a model. For MHA with biases and d_ff = 4d a layer is 12d² + 13d: GPT-2's c_attn 3d²+3d, c_proj d²+d,
 * c_fc 4d²+4d, c_proj 4d²+d, two norms 4d. LayerNorm has scale and shift (2d), RMSNorm scale alone (d).
 */
export function countParameters(model: ModelSpec): ParameterCount {
  return count(model, 'total');
}

function count(model: ModelSpec, experts: 'total' | 'active'): ParameterCount {
  const { hidden: d, vocab, layers, maxPositions } = model;
  const norm = model.norm === 'layernorm' ? 2 * d : d;
  const norms = (model.layerNorms ?? 2) * norm;
  const attention = attentionParameters(model);
  const ffn = expertParameters(model, experts);
  const perLayer = attention + ffn + norms;
  const dense = Math.min(layers, model.experts?.denseLayers ?? 0);
  const denseLayer = attention + ffnParameters(model, model.ffn) + norms;
  const stack = (layers - dense) * perLayer + dense * denseLayer;
  // A decoder layer beside an encoder has a second attention and a third norm.
  const decoder = (model.decoderLayers ?? 0) * (perLayer + attention + norm);
  const stacks = model.decoderLayers ? 2 : 1;
  const relative = (model.relativeBuckets ?? 0) * model.heads * stacks;
  const embedding = vocab * d;
  const positions =
    stacks *
      ((model.positions === 'learned' ? maxPositions * d : 0) + (model.postNorm ? norm : 0)) +
    (model.tokenTypes ?? 0) * d +
    relative;
  const finalNorm = model.postNorm ? 0 : stacks * norm;
  const head =
    (model.tiedHead || !hasLmHead(model) ? 0 : vocab * d) + (model.pooler ? d * d + d : 0);
  return {
    embedding,
    positions,
    perLayer: { attention, ffn, norms, total: perLayer },
    layers: stack + decoder,
    finalNorm,
    head,
    total: embedding + positions + stack + decoder + finalNorm + head,
  };
}

/** P: the total alone. */
export function parameterCount(model: ModelSpec): number {
  return countParameters(model).total;
}

/** Parameters one token passes through: of the experts only those it is sent to. */
export function activeParameterCount(model: ModelSpec): number {
  return count(model, 'active').total;
}

/**
 * Weights of low-rank adapters: rank·(in + out) for each matrix that has one. `query-value` are the query and value
 * projections (GPT-2's one matrix for all three; latent attention's up-projections too), `all-linear` every matrix of a
 * layer but the router.
 */
export function adapterParameters(
  model: ModelSpec,
  rank: number,
  targets: (typeof LORA_TARGETS)[number],
): number {
  const { hidden: d, layers, decoderLayers = 0, experts, latentAttention: latent } = model;
  // A decoder beside an encoder has two in a layer.
  const attentions = layers + 2 * decoderLayers;
  const all = targets === 'all-linear';
  const pairs: (readonly [inner: number, outer: number, count: number])[] = [];
  if (latent) {
    const keyWidth = model.heads * (latent.plainDim + latent.ropeDim);
    if (latent.queryRank === null) pairs.push([d, keyWidth, attentions]);
    else pairs.push([d, latent.queryRank, attentions], [latent.queryRank, keyWidth, attentions]);
    pairs.push([latent.kvRank, model.heads * (latent.plainDim + latent.valueDim), attentions]);
    if (all)
      pairs.push(
        [d, latent.kvRank + latent.ropeDim, attentions],
        [model.heads * latent.valueDim, d, attentions],
      );
  } else {
    const q = model.heads * model.headDim;
    const kv = model.kvHeads * model.headDim;
    if (findImplementation(model).fusedProjection) pairs.push([d, q + 2 * kv, attentions]);
    else pairs.push([d, q, attentions], [d, kv, attentions * (all ? 2 : 1)]);
    if (all) pairs.push([q, d, attentions]);
  }
  if (all) {
    const gated = model.activation === 'swiglu' ? 2 : 1;
    const ffn = (width: number, count: number) =>
      pairs.push([d, width, gated * count], [width, d, count]);
    const dense = experts ? Math.min(layers, experts.denseLayers ?? 0) : layers + decoderLayers;
    ffn(model.ffn, dense);
    if (experts) ffn(experts.ffn, (layers - dense) * experts.total);
    if (experts?.sharedFfn) ffn(experts.sharedFfn, layers - dense);
  }
  return pairs.reduce((sum, [inner, outer, count]) => sum + rank * (inner + outer) * count, 0);
}
