/**
 * What autograd saves of one layer: a table of tensors, in the order in which forward makes them. Backward goes through
 * the stages in reverse and frees each as it is done with it.
 *
 * Shapes: B sequences, n tokens, N = B·n, d width, h heads of width k, f feed-forward width. A rank of tensor
 * parallelism holds its share of what lies inside attention and feed-forward network, and the whole of what lies
 * between them unless that is split along the sequence.
 *
 * Rules of autograd on which the table rests (torch/csrc/autograd, derivatives.yaml):
 *  - A linear layer saves its input if its weight is trained, and its weight.
 *  - LayerNorm saves input, mean and reciprocal deviation; softmax, tanh and relu save their result, silu and gelu
 *    their input; a product saves each factor whose partner needs a gradient; a sum saves nothing.
 *  - A fused attention kernel saves q, k, v, its output and the log-sum-exp in fp32, and never the scores.
 *  - Autocast casts the input of each linear layer anew, and each cast is saved.
 *  - dropout saves a mask of bytes.
 */
import { findImplementation } from '../../model/families';
import type { ModelSpec, RunSpec } from '../../model/spec';
import type { Shard } from '../sharding/shard';
import { split } from '../weights';
import { type ElementBytes, softmaxInFp32 } from './types';

/** Stages of a layer, in forward order. */
export const STAGES = [
  'norm1',
  'qkv',
  'attention',
  'output',
  'norm2',
  'up',
  'activation',
  'down',
] as const;
/** Of a decoder's layer that attends to an encoder's output too. */
export const CROSS_STAGES = [
  'norm1',
  'qkv',
  'attention',
  'output',
  'crossNorm',
  'crossQkv',
  'crossAttention',
  'crossOutput',
  'norm2',
  'up',
  'activation',
  'down',
] as const;
export type Stage = (typeof CROSS_STAGES)[number];

export interface SavedTensor {
  readonly name: string;
  readonly stage: Stage;
  readonly shape: readonly number[];
  /** Bytes of one element. */
  readonly element: number;
  readonly count: number;
  /** Attention weights and their masks: what selective checkpointing computes again. */
  readonly scores: boolean;
}

/** Sizes that the table and the temporaries share. */
export interface LayerShape {
  readonly sequences: number;
  readonly tokens: number;
  /** Widths of queries and of keys or values on this rank. */
  readonly queryWidth: number;
  readonly kvWidth: number;
  readonly valueWidth: number;
  readonly heads: number;
  /** Feed-forward width on this rank, times the experts a token passes through. */
  readonly ffn: number;
  /** Rows that meet experts for each token, 1 where there are none. */
  readonly routed: number;
  /** N·d between tensor-parallel regions. */
  readonly stream: number;
}

export function layerShape(
  model: ModelSpec,
  shard: Shard,
  sequences: number,
  tokens: number,
): LayerShape {
  const { latentAttention: latent, experts } = model;
  const heads = split(model.heads, shard.tensor);
  const queryWidth = heads * (latent ? latent.plainDim + latent.ropeDim : model.headDim);
  return {
    sequences,
    tokens,
    queryWidth,
    kvWidth: latent ? queryWidth : split(model.kvHeads, shard.kvSplit) * model.headDim,
    valueWidth: latent ? heads * latent.valueDim : queryWidth,
    heads,
    ffn: experts
      ? split(experts.active * experts.ffn, shard.expert > 1 ? 1 : shard.tensor) +
        split(experts.sharedFfn ?? 0, shard.tensor)
      : split(model.ffn, shard.tensor),
    routed: experts ? experts.active : 1,
    stream: split(sequences * tokens, shard.sequence) * model.hidden,
  };
}

/** Of one layer; with `cross` of one that attends to the output of an encoder over as many tokens besides its own. */
export function savedTensors(
  model: ModelSpec,
  run: RunSpec,
  shard: Shard,
  types: ElementBytes,
  cross = false,
): SavedTensor[] {
  const { batch: B, seq: n } = run;
  const shape = layerShape(model, shard, B, n);
  const { hidden: d } = model;
  const c = types.compute;
  const lora = (run.loraRank ?? 0) > 0;
  const everyLinear = !lora || run.loraTargets === 'all-linear';
  const { fusedProjection, normKeepsInput, residualDropout } = findImplementation(model);
  const residualMask = residualDropout && (run.dropout ?? 0) > 0;
  const table: SavedTensor[] = [];
  const save = (
    stage: Stage,
    name: string,
    dims: readonly number[],
    element: number,
    count = 1,
    scores = false,
  ) => {
    table.push({ stage, name, shape: dims, element, count, scores });
  };
  const rows = split(B * n, shard.sequence);
  const stream = [rows, d];
  const norm = (stage: 'norm1' | 'norm2' | 'crossNorm') => {
    if (model.norm === 'layernorm') {
      save(stage, 'input', stream, types.residual);
      save(stage, 'mean and reciprocal deviation', [rows], 4, 2);
      return;
    }
    // Written out in fp32: the input (a copy of a half-precision one), 1/rms, and the normalized value for the scale.
    save(stage, 'input in fp32', stream, 4);
    if (normKeepsInput && types.residual < 4) save(stage, 'input', stream, types.residual);
    save(stage, 'reciprocal root mean square', [rows], 4);
    if (!lora) save(stage, 'normalized', stream, types.residual);
  };

  norm('norm1');
  const projections = types.autocast && !fusedProjection ? 3 : 1;
  save(
    'qkv',
    'input of the projections',
    stream,
    c,
    lora && run.loraTargets !== 'all-linear' && types.autocast
      ? Math.min(projections, 2)
      : projections,
  );
  const narrow = (stage: Stage, count: number) => {
    if (lora && count > 0)
      save(stage, 'what adapters narrow to', [B, n, run.loraRank ?? 0], c, count);
  };
  narrow('qkv', fusedProjection ? 1 : everyLinear ? 3 : 2);
  attention(model, run, shape, types, save);
  narrow('output', everyLinear ? 1 : 0);
  if (everyLinear || run.attention !== 'eager')
    save('output', 'input of the output projection', [B, n, shape.valueWidth], c);
  if (residualMask) save('output', 'dropout mask', stream, 1);

  if (cross) {
    norm('crossNorm');
    // Keys and values are projected from the encoder's output, which all layers share; autocast casts it for each.
    save('crossQkv', 'input of the query projection', stream, c);
    if (types.autocast) save('crossQkv', 'casts of the encoder’s output', stream, c, 2);
    attention(model, run, shape, types, save, 'crossAttention');
    if (everyLinear || run.attention !== 'eager')
      save('crossOutput', 'input of the output projection', [B, n, shape.valueWidth], c);
    if (residualMask) save('crossOutput', 'dropout mask', stream, 1);
  }
  // A norm of attention's output; one before the feed-forward network unless the two share their input.
  if (model.layerNorms === 4) norm('norm2');
  if (model.layerNorms !== 1) norm('norm2');
  const gated = model.activation === 'swiglu';
  if (model.experts) {
    // The router reads the normalized input, and so do shared experts; a token is copied for each expert it goes to.
    const { total, active } = model.experts;
    if (everyLinear) save('up', 'input of the router', stream, c);
    save('up', 'probabilities of the experts', [B * n, total], 4);
    save('up', 'chosen experts, and which rows go where', [B * n, active], 8, 3);
    save(
      'up',
      'weights of the chosen, before and after they add up to one',
      [B * n, active],
      4 + c,
    );
    save('up', 'their sum', [B * n], 4);
  }
  // Side by side with attention it reads the same tensor.
  if (everyLinear && (model.layerNorms !== 1 || types.autocast))
    save(
      'up',
      'input of the feed-forward network',
      stream,
      c,
      (types.autocast && gated ? 2 : 1) * shape.routed,
    );
  narrow('up', everyLinear ? (gated ? 2 : 1) * shape.routed : 0);
  narrow('down', everyLinear ? shape.routed : 0);
  const inner = [B * n, shape.ffn];
  if (gated) {
    save('activation', 'gate', inner, c);
    save('activation', 'silu of the gate', inner, c);
    save('activation', 'up', inner, c);
  } else if (model.activation === 'relu') {
    // relu saves its result, which is the next layer's input: one tensor, counted there.
    if (!everyLinear || types.autocast) save('activation', 'relu', inner, c);
  } else if (model.activationComposed) {
    // 0.5·u·(1 + tanh(√(2/π)·(u + 0.044715·u³))), one kernel an operation; autocast takes the power in fp32.
    const wide = types.autocast ? 4 : c;
    save('activation', 'inner value', inner, wide);
    save('activation', 'tanh, and one plus it', inner, wide, 2);
    save('activation', 'half the inner value', inner, c);
  } else {
    save('activation', 'inner value', inner, c);
  }
  if (everyLinear) save('down', 'input of the down projection', inner, c);
  if (model.layerNorms === 4) norm('norm2');
  if (model.experts)
    save('down', 'output of the experts, plain and weighted', [B * n * shape.routed, d], c, 2);
  if (residualMask) save('down', 'dropout mask', stream, 1);
  return table;
}

type Save = (
  stage: Stage,
  name: string,
  dims: readonly number[],
  element: number,
  count?: number,
  scores?: boolean,
) => void;

function attention(
  model: ModelSpec,
  run: RunSpec,
  shape: LayerShape,
  types: ElementBytes,
  save: Save,
  stage: 'attention' | 'crossAttention' = 'attention',
): void {
  const { batch: B, seq: n } = run;
  const { latentAttention: latent } = model;
  const c = types.compute;
  if (latent) {
    // The compressed vectors, their norms' copies in fp32 and what the second projections read.
    if (latent.queryRank !== null)
      save('qkv', 'compressed query', [B, n, latent.queryRank], 4 + 2 * c);
    save('qkv', 'compressed key and value', [B, n, latent.kvRank], 4 + 2 * c);
  }
  const eager = run.attention === 'eager';
  // Eager attention repeats grouped keys and values for every query head.
  const repeated = eager;
  const keyWidth = repeated ? shape.queryWidth : shape.kvWidth;
  save(stage, 'queries', [B, n, shape.queryWidth], c);
  save(stage, 'keys', [B, n, keyWidth], c);
  // A fused kernel keeps a view of latent attention's values, and with it the plain keys projected beside them.
  const latentValues =
    latent && !eager
      ? (shape.valueWidth / latent.valueDim) * (latent.plainDim + latent.valueDim)
      : shape.valueWidth;
  save(stage, 'values', [B, n, repeated || latent ? latentValues : shape.kvWidth], c);
  if (!eager) {
    save(stage, 'log-sum-exp', [B, shape.heads, n], 4);
    return;
  }
  const square = [B, shape.heads, n, n];
  if (softmaxInFp32(model, run)) save(stage, 'attention weights in fp32', square, 4, 1, true);
  save(stage, 'attention weights', square, c, 1, true);
  if ((run.dropout ?? 0) > 0) {
    save(stage, 'attention weights after dropout', square, c, 1, true);
    save(stage, 'dropout mask', square, 1, 1, true);
  }
}

export function countElements(tensor: SavedTensor): number {
  let product = 1;
  for (const length of tensor.shape) product *= length;
  return product;
}
