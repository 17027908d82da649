/**
 * The matrices of a model's layers, for every family ModelSpec describes: grouped queries, SwiGLU, mixtures of experts,
 * latent attention, encoder-decoder. Work, traffic and quantized sizes are all sums over these.
 */
import type { ModelSpec } from '../model/spec';

export interface Linear {
  readonly role: 'qkv' | 'projection' | 'ffn';
  readonly outputs: number;
  readonly inputs: number;
  /** Copies a layer holds, and copies a token passes through: they differ for experts alone. */
  readonly held: number;
  readonly used: number;
}

/** Layers of one kind. */
export interface Stack {
  readonly layers: number;
  /** A dense layer at the start of a mixture of experts. */
  readonly dense: boolean;
  /** A second attention, over the encoder's output. */
  readonly cross: boolean;
  /** Sees the whole sequence even where the run is causal. */
  readonly bidirectional: boolean;
}

export function listStacks(model: ModelSpec): readonly Stack[] {
  const dense = Math.min(model.layers, model.experts?.denseLayers ?? 0);
  const encoder = model.decoderLayers !== undefined && model.decoderLayers > 0;
  const stack = { dense: false, cross: false, bidirectional: encoder };
  return [
    { ...stack, layers: model.layers - dense },
    { ...stack, layers: dense, dense: true },
    { ...stack, layers: model.decoderLayers ?? 0, cross: true, bidirectional: false },
  ].filter(({ layers }) => layers > 0);
}

/** Matrices of the feed-forward block: SwiGLU has a gate beside the two. */
function ffnMatrices(model: Pick<ModelSpec, 'activation'>): 2 | 3 {
  return model.activation === 'swiglu' ? 3 : 2;
}

/** Widths of all heads' keys and of all heads' values: a query-key pair costs as many multiply-adds in QKᵀ and in AV. */
export function attentionWidths(model: ModelSpec): {
  readonly keys: number;
  readonly values: number;
} {
  const { heads, headDim, latentAttention: latent } = model;
  return latent
    ? { keys: heads * (latent.plainDim + latent.ropeDim), values: heads * latent.valueDim }
    : { keys: heads * headDim, values: heads * headDim };
}

function attentionLinears(model: ModelSpec): readonly Linear[] {
  const { hidden: d, latentAttention: latent, heads } = model;
  const { keys, values } = attentionWidths(model);
  const linear = (role: Linear['role'], outputs: number, inputs: number): Linear => ({
    role,
    outputs,
    inputs,
    held: 1,
    used: 1,
  });
  if (latent) {
    const query =
      latent.queryRank === null
        ? [linear('qkv', keys, d)]
        : [linear('qkv', latent.queryRank, d), linear('qkv', keys, latent.queryRank)];
    return [
      ...query,
      linear('qkv', latent.kvRank + latent.ropeDim, d),
      linear('qkv', heads * (latent.plainDim + latent.valueDim), latent.kvRank),
      linear('projection', d, values),
    ];
  }
  const kv = model.kvHeads * model.headDim;
  return [
    linear('qkv', keys, d),
    linear('qkv', kv, d),
    linear('qkv', kv, d),
    linear('projection', d, values),
  ];
}

function ffnLinears(
  model: ModelSpec,
  width: number,
  held: number,
  used: number,
): readonly Linear[] {
  const up: Linear = { role: 'ffn', outputs: width, inputs: model.hidden, held, used };
  return [
    ...Array.from({ length: ffnMatrices(model) - 1 }, () => up),
    { ...up, outputs: model.hidden, inputs: width },
  ];
}

/** The matrices of one layer; of a mixture of experts an expert layer with its router, unless `dense`. */
export function layerLinears(model: ModelSpec, dense = false): readonly Linear[] {
  const { experts } = model;
  if (!experts || dense) return [...attentionLinears(model), ...ffnLinears(model, model.ffn, 1, 1)];
  return [
    ...attentionLinears(model),
    { role: 'ffn', outputs: experts.total, inputs: model.hidden, held: 1, used: 1 },
    ...ffnLinears(model, experts.ffn, experts.total, experts.active),
    ...(experts.sharedFfn ? ffnLinears(model, experts.sharedFfn, 1, 1) : []),
  ];
}

/** Weights of one role a token is multiplied with. */
export function usedWeights(linears: readonly Linear[], role: Linear['role']): bigint {
  return linears.reduce(
    (sum, linear) =>
      linear.role === role
        ? sum + BigInt(linear.outputs) * BigInt(linear.inputs) * BigInt(linear.used)
        : sum,
    0n,
  );
}
