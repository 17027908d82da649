/** Layers with linear attention in place of attention: which they are, and what each kind holds. */
import type { Bytes } from '../../base/units';
import type { ModelSpec, RunSpec } from '../../model/spec';
import type { Shard } from '../sharding/shard';
import { TensorSum } from './allocator';
import { deltaBackward, deltaForward, deltaState, savedByDeltaRule } from './delta-rule';
import {
  lightningBackward,
  lightningBuffers,
  lightningForward,
  lightningState,
  savedByLightning,
} from './lightning';
import type { SavedTensor } from './saved-tensor';
import type { ElementBytes } from './types';

/** How many of the stage's layers are such. */
export function countLinearLayers({ linearAttention }: ModelSpec, shard: Shard): number {
  const last = shard.first + shard.layers;
  return (linearAttention?.layers ?? []).filter((layer) => shard.first <= layer && layer < last)
    .length;
}

/** Saved by one layer between its first norm and its output projection. */
export function savedByLinearAttention(
  model: ModelSpec,
  run: RunSpec,
  shard: Shard,
  types: ElementBytes,
): readonly SavedTensor[] {
  const { linearAttention: linear } = model;
  if (!linear) return [];
  return linear.kind === 'delta'
    ? savedByDeltaRule(model, run, shard, types)
    : savedByLightning(model, linear, run, shard, types);
}

/** Gradients and their products that backward of one layer's linear attention holds at once. */
export function linearBackward(
  model: ModelSpec,
  run: RunSpec,
  shard: Shard,
  types: ElementBytes,
): Bytes {
  const { linearAttention: linear } = model;
  if (!linear) return 0;
  return linear.kind === 'delta'
    ? deltaBackward(model, run, shard)
    : lightningBackward(linear, run, shard, types);
}

/** What one layer holds without a tape while it mixes `tokens` tokens of each sequence. */
export function linearForward(
  model: ModelSpec,
  run: RunSpec,
  shard: Shard,
  types: ElementBytes,
  tokens: number,
): TensorSum {
  const { linearAttention: linear } = model;
  if (!linear) return new TensorSum();
  return linear.kind === 'delta'
    ? deltaForward(model, run, shard, types, tokens)
    : lightningForward(model, linear, run, shard, types, tokens);
}

/** What one layer keeps of the past in place of keys and values. */
export function linearState(
  model: ModelSpec,
  run: RunSpec,
  shard: Shard,
  types: ElementBytes,
): TensorSum {
  const { linearAttention: linear } = model;
  if (!linear) return new TensorSum();
  return linear.kind === 'delta'
    ? deltaState(model, run, shard, types)
    : lightningState(linear, run, shard, types);
}

/** Buffers that one layer registers. */
export function linearBuffers(
  { linearAttention: linear }: ModelSpec,
  shard: Shard,
  types: ElementBytes,
): TensorSum {
  return linear?.kind === 'lightning' ? lightningBuffers(linear, shard, types) : new TensorSum();
}
