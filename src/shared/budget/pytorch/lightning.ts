/**
 * Lightning attention as transformers runs it (models/minimax/modeling_minimax.py, MiniMaxLightningAttention): the sequence in
 * blocks of 256 tokens, each attending to itself by scores without softmax and to all before it by one sum of keys times values.
 * What multiplications take is laid out in order for each block, and kept.
 */
import type { Bytes } from '../../base/units';
import type { LinearAttention } from '../../model/model-spec';
import type { ModelSpec, RunSpec } from '../../model/spec';
import type { Shard } from '../sharding/shard';
import { split } from '../weights';
import { TensorSum } from './allocator';
import { type SavedTensor, savedIn } from './saved-tensor';
import type { ElementBytes } from './types';

const BLOCK = 256;

/** Of one layer, between its first norm and its output projection. */
export function savedByLightning(
  { hidden }: ModelSpec,
  linear: LinearAttention,
  { batch: B, seq: n }: RunSpec,
  shard: Shard,
  { compute: c, autocast }: ElementBytes,
): readonly SavedTensor[] {
  const heads = split(linear.valueHeads, shard.tensor);
  const k = linear.valueDim;
  const width = heads * k;
  const blocks = Math.ceil(n / BLOCK);
  const rows = Math.min(n, BLOCK);
  const block = [B, heads, rows, k];
  const qkv = savedIn('qkv');
  const within = savedIn('attention');
  const output = savedIn('output');
  return [
    qkv('input of the projections and of the gate', [B, n, hidden], c, autocast ? 2 : 1),
    qkv('queries, keys and values before their activation', [B, n, 3 * width], c),
    // The first block meets a sum of nothing, which needs no gradient, and nothing comes after the last one's sum.
    within('queries and values of the blocks, and queries that decay', block, c, 3 * blocks - 1),
    within('keys of the blocks', block, c, blocks),
    within('values and decayed keys that are added to the sum', block, c, 2 * (blocks - 1)),
    within('scores of the blocks', [B, heads, rows, rows], c, blocks),
    within('sums of keys times values', [B, heads, k, k], c, blocks),
    output('attention’s output in fp32', [B, n, width], 4),
    output('reciprocal root mean square', [B, n], 4),
    output('normalized', [B, n, width], c),
    output('scaled', [B, n, width], autocast ? 4 : c),
    output('gate after its sigmoid', [B, n, width], c),
    output('input of the output projection', [B, n, width], c),
  ];
}

/** Gradients of queries, keys and values that backward adds up block by block, and of what they were laid out from. */
export function lightningBackward(
  linear: LinearAttention,
  { batch, seq }: RunSpec,
  shard: Shard,
  { compute: c }: ElementBytes,
): Bytes {
  return c * batch * seq * split(linear.valueHeads, shard.tensor) * linear.valueDim * 7;
}

/** Without a tape: the projection, its activation, the outputs of all blocks, and a block's own tensors. */
export function lightningForward(
  { hidden }: ModelSpec,
  linear: LinearAttention,
  { batch: B }: RunSpec,
  shard: Shard,
  { compute: c }: ElementBytes,
  tokens: number,
): TensorSum {
  const heads = split(linear.valueHeads, shard.tensor);
  const width = heads * linear.valueDim;
  const rows = Math.min(tokens, BLOCK);
  return new TensorSum()
    .add(c * B * tokens * hidden, 2)
    .add(c * B * tokens * 3 * width, 2)
    .add(c * B * tokens * width)
    .add(c * B * heads * rows * (rows + linear.valueDim), 2);
}

/** The sum that a layer keeps of the past, however long. */
export function lightningState(
  linear: LinearAttention,
  { batch }: RunSpec,
  shard: Shard,
  { compute: c }: ElementBytes,
): TensorSum {
  const heads = split(linear.valueHeads, shard.tensor);
  return new TensorSum().add(c * batch * heads * linear.valueDim ** 2);
}

/** How scores of a block, its queries and its keys decay, and how fast: buffers of each layer, as wide as its weights. */
export function lightningBuffers(
  linear: LinearAttention,
  shard: Shard,
  { weight }: ElementBytes,
): TensorSum {
  const heads = split(linear.valueHeads, shard.tensor);
  return new TensorSum()
    .add(weight * heads * BLOCK ** 2)
    .add(weight * heads * BLOCK, 2)
    .add(weight * heads);
}
