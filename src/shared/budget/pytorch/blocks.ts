/** What theory says of one block of a training run, for what is measured block by block. */
import type { Bytes } from '../../base/units';
import type { ModelSpec, RunSpec } from '../../model/spec';
import { isSharded, wholeShard } from '../sharding/shard';
import { countTraining } from './training-parts';

/**
 * Bytes of blocks that one layer keeps from its forward pass until backward reaches it: of a step on an 80-layer model
 * there are eighty such. Null where layers do not keep alike (two stacks, layers of two kinds, a checkpoint every few
 * layers, frozen ones), where what they keep is not on the device, and where nothing is trained.
 */
export function keptByBlock(model: ModelSpec, run: RunSpec): Bytes | null {
  if (run.framework !== 'pytorch' || run.mode !== 'train' || isSharded(run)) return null;
  const parts = countTraining(model, run, wholeShard(model, run));
  const isAlike = !parts.twoStacks && parts.kinds.length === 1 && parts.group <= 1;
  if (!isAlike || parts.onHost || parts.trainedLayers !== model.layers) return null;
  return (parts.group === 1 ? parts.stream : parts.kept).allocated;
}
