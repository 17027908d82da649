/** The weights of one layer: attention of every kind, dense networks and experts, and the norms around them. */
import { findImplementation } from '../families';
import type { ModelSpec } from '../model-spec';
import type { Role } from '../roles';
import { type LayerKind, modelOfKind } from './kinds';
import { type Split, split, TensorList, type WeightTensor } from './tensor';

export function listLayerTensors(
  whole: ModelSpec,
  kind: LayerKind,
  parts: Split,
): readonly WeightTensor[] {
  const model = modelOfKind(whole, kind);
  const list = new TensorList(true);
  if (kind.linear) linearAttention(model, parts, list);
  else attention(model, kind, parts, list);
  if (kind.cross) attention(model, kind, parts, list);
  if (model.experts) experts(model, parts, list);
  else network(model, split(model.ffn, parts.tensor), list);
  const norms = kind.cross ? 3 : (model.layerNorms ?? 2);
  list.vector('norms', model.hidden, norms * normVectors(model));
  if (model.layerInputs) layerInput(model, model.layerInputs.width, list);
  return list.rows;
}

/** A gate d → w over the layer's own vector, a projection w → d of what it lets through, and a norm. */
function layerInput(model: ModelSpec, width: number, list: TensorList): void {
  list.matrix('ffn', model.hidden, width, { role: 'layerGate' });
  list.matrix('ffn', width, model.hidden, { role: 'layerInput' });
  list.vector('norms', model.hidden, normVectors(model));
}

/** LayerNorm scales and shifts, RMSNorm scales. */
export function normVectors({ norm, normVectors: vectors }: ModelSpec): number {
  return vectors ?? (norm === 'layernorm' ? 2 : 1);
}

/**
 *     q: d·(h·k) [+ h·k]   k, v: d·(h_kv·k) [+ h_kv·k] each, the three perhaps in one   output: (h·k)·d [+ d]
 */
function attention(
  model: ModelSpec,
  { global, reading }: LayerKind,
  parts: Split,
  list: TensorList,
): void {
  if (model.latentAttention) {
    latent(model, parts, list);
    return;
  }
  const { hidden: d, headDim } = model;
  const heads = split(model.heads, parts.tensor);
  const q = heads * headDim;
  const kvHeads = split(model.kvHeads, parts.kvSplit);
  const kv = kvHeads * headDim;
  const asked = q * (model.attentionGate ? 2 : 1);
  const biased = model.qkvBias ?? model.bias;
  if (findImplementation(model).fusedProjection) {
    list.matrix('attention', d, asked + 2 * kv, { role: 'qkv' });
    if (biased) list.vector('attention', asked + 2 * kv);
  } else {
    const keys = reading ? 0 : 1;
    const values = global && model.globalAttention?.keysAreValues ? 0 : keys;
    list.matrix('attention', d, asked, { role: 'query' });
    list.matrix('attention', d, kv, { role: 'key', count: keys });
    list.matrix('attention', d, kv, { role: 'value', count: values });
    if (biased) {
      list.vector('attention', asked);
      list.vector('attention', kv, keys + values);
    }
  }
  list.matrix('attention', q, d, { role: 'output' });
  if (model.outputBias ?? model.bias) list.vector('attention', d);
  if (model.qkNorm) queryKeyNorms(model, { heads, kvHeads: reading ? 0 : kvHeads }, list);
  if (model.attentionSinks) list.vector('attention', heads);
}

function queryKeyNorms(
  { qkNorm, qkNormBias, headDim }: ModelSpec,
  { heads, kvHeads }: { heads: number; kvHeads: number },
  list: TensorList,
): void {
  const vectors = qkNormBias ? 2 : 1;
  if (qkNorm === true) {
    list.vector('attention', headDim, (kvHeads > 0 ? 2 : 1) * vectors);
    return;
  }
  list.vector('attention', heads * headDim, vectors);
  list.vector('attention', kvHeads * headDim, vectors);
}

/**
 *     q: d·r_q + r_q + r_q·h·(p+r), or d·h·(p+r);  kv: d·(r_kv+r) + r_kv + r_kv·h·(p+v);  output: h·v·d
 */
function latent({ hidden: d, ...model }: ModelSpec, parts: Split, list: TensorList): void {
  const { latentAttention } = model;
  if (!latentAttention) return;
  const { queryRank, kvRank, ropeDim, plainDim, valueDim } = latentAttention;
  const heads = split(model.heads, parts.tensor);
  const keyWidth = heads * (plainDim + ropeDim);
  if (queryRank === null) {
    list.matrix('attention', d, keyWidth, { role: 'query' });
  } else {
    list.matrix('attention', d, queryRank, { role: 'queryDown' });
    list.vector('attention', queryRank);
    list.matrix('attention', queryRank, keyWidth, { role: 'queryUp' });
  }
  list.matrix('attention', d, kvRank + ropeDim, { role: 'kvDown' });
  list.vector('attention', kvRank);
  list.matrix('attention', kvRank, heads * (plainDim + valueDim), { role: 'kvUp' });
  list.matrix('attention', heads * valueDim, d, { role: 'output' });
  if (model.qkvBias ?? model.bias) {
    if (queryRank !== null) list.vector('attention', queryRank);
    list.vector('attention', kvRank + ropeDim);
    list.vector('attention', d);
  }
}

/**
 *     delta      q, k, v, gate in one: d·2(h_k·k + h_v·v); rates: d·2h_v (Qwen3.5: gate, beta and decay each apart);
 *                convolution over q, k, v; a decay and a step for each value head; a norm of value width; output: h_v·v·d
 *     lightning  q, k, v in one: d·3h·k; gate: d·h·k; a norm over h·k; output: h·k·d
 */
function linearAttention(model: ModelSpec, parts: Split, list: TensorList): void {
  const { hidden: d, linearAttention: linear } = model;
  if (!linear) return;
  const keys = split(linear.keyHeads, parts.tensor) * linear.keyDim;
  const valueHeads = split(linear.valueHeads, parts.tensor);
  const values = valueHeads * linear.valueDim;
  if (linear.kind === 'lightning') {
    list.matrix('attention', d, 3 * values, { role: 'qkv' });
    list.matrix('attention', d, values, { role: 'gate' });
    list.vector('attention', values);
  } else {
    if (findImplementation(model).splitsDelta) {
      list.matrix('attention', d, 2 * keys + values, { role: 'qkv' });
      list.matrix('attention', d, values, { role: 'deltaGate' });
      list.matrix('attention', d, valueHeads, { role: 'deltaBeta' });
      list.matrix('attention', d, valueHeads, { role: 'deltaDecay' });
    } else {
      list.matrix('attention', d, 2 * (keys + values), { role: 'qkv' });
      list.matrix('attention', d, 2 * valueHeads);
    }
    list.matrix('attention', linear.convolution, 2 * keys + values);
    list.vector('attention', valueHeads, 2);
    list.vector('attention', linear.valueDim);
  }
  list.matrix('attention', values, d, { role: 'output' });
}

/** Two matrices of inner width `width`, three where they are gated, with a bias for each where there are any. */
function network(
  model: ModelSpec,
  width: number,
  list: TensorList,
  more: { count?: number; expert?: true; biased?: boolean } = {},
): void {
  const { hidden: d, activation } = model;
  const { count = 1, expert, biased = model.ffnBias ?? model.bias } = more;
  const as = (role: Role) => ({ count, role, ...(expert && { expert }) });
  const gated = activation === 'swiglu';
  if (gated && findImplementation(model).fusedGate) {
    list.matrix('ffn', d, 2 * width, as('gateUp'));
  } else {
    if (gated) list.matrix('ffn', d, width, as('gate'));
    list.matrix('ffn', d, width, as('up'));
  }
  list.matrix('ffn', width, d, as('down'));
  if (activation === 'xielu') list.vector('ffn', 1, 2 * count, expert);
  if (!biased) return;
  list.vector('ffn', width, (gated ? 2 : 1) * count, expert);
  list.vector('ffn', d, count, expert);
}

/** The experts, their router, and the network every token passes through besides. */
function experts(model: ModelSpec, parts: Split, list: TensorList): void {
  const { hidden: d, experts: mixture } = model;
  if (!mixture) return;
  // Experts spread over ranks stay whole there; otherwise each is split like any other network.
  const width = parts.expert > 1 ? mixture.ffn : split(mixture.ffn, parts.tensor);
  network(model, width, list, {
    count: split(mixture.total, parts.expert),
    expert: true,
    biased: mixture.bias ?? model.ffnBias ?? model.bias,
  });
  list.matrix('ffn', d, mixture.total);
  if (mixture.routerBias) list.vector('ffn', mixture.total);
  if (mixture.sharedFfn) network(model, split(mixture.sharedFfn, parts.tensor), list);
  if (mixture.sharedGate) list.matrix('ffn', d, 1);
  if (!mixture.beside) return;
  // The router scales its input and each expert's weight; norms before the experts and behind either.
  list.vector('ffn', d);
  list.vector('ffn', mixture.total);
  list.vector('norms', d, 3 * normVectors(model));
}
