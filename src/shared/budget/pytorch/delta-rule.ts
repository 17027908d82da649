/**
 * What autograd saves of the gated delta rule as transformers runs it where flash-linear-attention is not installed: in
 * chunks of 64 tokens and in fp32, behind a convolution and before a norm with a gate
 * (transformers/models/qwen3_next/modeling_qwen3_next.py, torch_chunk_gated_delta_rule).
 */
import type { Bytes } from '../../base/units';
import { findImplementation } from '../../model/families';
import type { LinearAttention } from '../../model/model-spec';
import type { ModelSpec, RunSpec } from '../../model/spec';
import type { Shard } from '../sharding/shard';
import { split } from '../weights';
import { TensorSum } from './allocator';
import { type SavedTensor, savedIn } from './saved-tensor';
import type { ElementBytes } from './types';

const CHUNK = 64;

type RuleSizes = ReturnType<typeof ruleSizes>;

/** Sizes of the rule on one rank. */
function ruleSizes(linear: LinearAttention, shard: Shard, n: number) {
  const heads = split(linear.valueHeads, shard.tensor);
  const keyHeads = split(linear.keyHeads, shard.tensor);
  const { keyDim, valueDim, convolution } = linear;
  const chunks = Math.ceil(n / CHUNK);
  const mixed = 2 * keyHeads * keyDim + heads * valueDim;
  return { heads, keyDim, valueDim, convolution, chunks, mixed, padded: chunks * CHUNK };
}

/** Of one layer, between its first norm and its output projection. */
export function savedByDeltaRule(
  model: ModelSpec,
  { batch: B, seq: n }: RunSpec,
  shard: Shard,
  types: ElementBytes,
): readonly SavedTensor[] {
  const { linearAttention: linear, hidden } = model;
  if (linear?.kind !== 'delta') return [];
  const { compute: c, autocast } = types;
  const { heads, keyDim, valueDim, convolution, chunks, mixed, padded } = ruleSizes(
    linear,
    shard,
    n,
  );
  const keys = [B, heads, padded, keyDim];
  const values = [B, heads, padded, valueDim];
  const pairs = [B, heads, padded, CHUNK];
  const gated = [B, n, heads, valueDim];
  /** What decays scale is kept as the multiplications take it (`multiplied`). */
  const copied = autocast || c === 4;
  const projections = findImplementation(model).splitsDelta ? 4 : 2;
  const qkv = savedIn('qkv');
  const rule = savedIn('attention');
  const output = savedIn('output');
  return [
    qkv('input of the projections', [B, n, hidden], c, autocast ? projections : 1),
    qkv('queries, keys and values before the convolution', [B, n, mixed], c),
    qkv('the same after it', [B, n + convolution - 1, mixed], c),
    // Before they are normalized, padded, and queries times their decay; of keys the same and times beta and decay.
    rule('queries', keys, 4, copied ? 2 : 3),
    rule('keys', keys, 4, copied ? 3 : 4),
    rule('values, new ones and their corrections', values, 4, autocast ? 2 : 3),
    rule('keys solved for', keys, 4),
    rule('pairs of a chunk: decay, and products with it', pairs, 4, autocast ? 2 : 3),
    rule('products before their decay', pairs, c < 4 && autocast ? c : 4, 2),
    // What the last chunk makes of the state is not asked for; autocast multiplies copies, and keeps these besides.
    rule('states between chunks', [B, heads, chunks - (autocast ? 1 : 0), keyDim, valueDim], 4),
    rule('decays, betas and lengths', [B, n, heads], 4, 10),
    ...multiplied(ruleSizes(linear, shard, n), B, types),
    output('values and gate in fp32, and the gate’s function', gated, 4, 3),
    output('normalized', gated, c),
    output('scaled', gated, autocast ? 4 : c),
    output('input of the output projection', gated, c),
  ];
}

/**
 * Copies that the multiplications take: halves under autocast; in fp32, which is never cast and so stays transposed, ones laid
 * out in order. Half-precision models have neither. Of the first chunk nothing is kept to read the state with, which is zeros
 * and needs no gradient, and of the last nothing to update it.
 */
function multiplied(
  { heads, keyDim, valueDim, chunks, padded }: RuleSizes,
  B: number,
  { compute: c, autocast }: ElementBytes,
): readonly SavedTensor[] {
  const rule = savedIn('attention');
  const keys = [B, heads, padded, keyDim];
  const some = padded - CHUNK;
  if (autocast)
    return [
      rule('halves of queries and keys', keys, c, 4),
      rule('the same chunk by chunk, and those solved for', [B, heads, some, keyDim], c, 3),
      rule('halves of values', [B, heads, padded, valueDim], c),
      rule('the same to update the state', [B, heads, some, valueDim], c),
      rule('halves of pairs', [B, heads, padded, CHUNK], c),
      rule('halves of states', [B, heads, chunks, keyDim, valueDim], c, 2),
    ];
  if (c < 4) return [];
  return [
    rule('queries and keys in order', keys, c, 4),
    rule('the same chunk by chunk', [B, heads, some, keyDim], c, 2),
  ];
}

/** Gradients of queries, keys, values and their products that backward of the rule holds at once. */
export function deltaBackward(model: ModelSpec, run: RunSpec, shard: Shard): Bytes {
  const { linearAttention: linear } = model;
  if (!linear) return 0;
  const { heads, keyDim, valueDim, padded } = ruleSizes(linear, shard, run.seq);
  return 4 * run.batch * heads * padded * 3 * (keyDim + valueDim);
}

/**
 * Without a tape: what the convolution is given (as a whole where one matrix projects it together with the gate, of which a
 * copy is made) and what it makes, queries and keys for every head, and in fp32 those of the rule, with betas and decays, what
 * is solved for, and the outputs; beside the embeddings, the stream, and the masked normalized input.
 *
 * A single token updates the state at once: the decayed one, what is added to it, and their sum.
 */
export function deltaForward(
  model: ModelSpec,
  { batch: B }: RunSpec,
  shard: Shard,
  { compute: c }: ElementBytes,
  tokens: number,
): TensorSum {
  const { linearAttention: linear, hidden } = model;
  const work = new TensorSum();
  if (linear?.kind !== 'delta') return work;
  const { heads, keyDim, valueDim, mixed, padded } = ruleSizes(linear, shard, tokens);
  const N = B * tokens;
  if (tokens === 1) return work.add(4 * B * heads * keyDim * valueDim, 3);
  if (!findImplementation(model).splitsDelta) work.add(c * N * mixed).add(c * N * heads * valueDim);
  return work
    .add(c * N * hidden, 4)
    .add(c * N * mixed)
    .add(c * N * heads * valueDim)
    .add(c * N * heads * keyDim, 2)
    .add(4 * B * heads * padded * (keyDim + valueDim), 5)
    .add(4 * B * heads * padded * CHUNK, 3);
}

/** What a layer of the rule keeps of the past, however long: its state in fp32, and the taps of its convolution. */
export function deltaState(
  model: ModelSpec,
  run: RunSpec,
  shard: Shard,
  { compute: c }: ElementBytes,
): TensorSum {
  const state = new TensorSum();
  if (model.linearAttention?.kind !== 'delta') return state;
  const { heads, keyDim, valueDim, mixed, convolution } = ruleSizes(
    model.linearAttention,
    shard,
    1,
  );
  return state
    .add(4 * run.batch * heads * keyDim * valueDim)
    .add(c * run.batch * mixed * convolution);
}
