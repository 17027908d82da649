/**
 * Segments that a growing cache leaves behind. A tensor of 10 MiB or more has a segment of its own, rounded up to 2 MiB;
 * once a token more no longer fits, its successor needs a larger one, and none of the old size serves any tensor of the
 * cache again. The allocator keeps them, nvidia-smi shows them, and they go back to the device before memory runs out:
 * so they stand beside the peak and count in no answer to whether a run fits. Over tensors that grow alike from size a to size b,
 *
 *     Σ R for R = a, a + 2 MiB, …, b − 2 MiB, sizes rounded up to 2 MiB, times the segments of a size
 *
 * which are one more than the tensors where these are appended to one by one, and twice as many where the whole cache
 * is rebuilt for each token. Expandable segments leave none, nor does a static cache.
 */

import { type Bytes, MiB } from '../../base/units';
import { latentKvWidth } from '../../model/kv';
import { bytesPerElement } from '../../model/precision';
import type { ModelSpec, RunSpec } from '../../model/spec';
import type { Shard } from '../sharding/shard';
import { cachedHeads } from './layer-shape';

const STEP = 2 * MiB;
/** From this size on a tensor has a segment to itself. */
const MIN_SEGMENT = 10 * MiB;

export function abandonedSegments(model: ModelSpec, run: RunSpec, shard: Shard): Bytes {
  if (run.mode !== 'generate' || !run.kvCache || run.cacheGrowth === 'static' || run.tokens < 2)
    return 0;
  const decoder = shard.decoderLayers > 0;
  const width = model.latentAttention
    ? latentKvWidth(model)
    : cachedHeads(model, shard) * model.headDim;
  const tensors = (decoder ? shard.decoderLayers : shard.layers) * (model.latentAttention ? 1 : 2);
  const segments = run.cacheGrowth === 'rebuild' ? 2 * tensors : tensors + 1;
  const window = model.slidingWindow ?? Number.POSITIVE_INFINITY;
  const segment = (length: number) =>
    Math.ceil(
      (run.batch * Math.min(length, window) * width * bytesPerElement(run.kvPrecision)) / STEP,
    ) * STEP;
  const first = Math.max(MIN_SEGMENT, segment(decoder ? 1 : run.promptTokens));
  const last = segment(decoder ? run.tokens : run.promptTokens + run.tokens - 1);
  const sizes = Math.max(0, (last - first) / STEP);
  return (segments * sizes * (first + last - STEP)) / 2;
}
