/**
 * The refined tier for PyTorch: every tensor that autograd saves, logits and loss, casts, gradients, optimizer states
 * and temporaries, cuBLAS workspaces, and what the caching allocator and the CUDA context add. Totals are at process
 * level, what nvidia-smi shows; `levels` has the peaks of the levels beneath.
 *
 * Assumed: models as in Hugging Face transformers (weights loaded on the host, then moved), use_cache off in training,
 * gradients set to none after each step, no compilation, no fragmentation beyond whole segments.
 */

import type { Bytes } from '../../base/units';
import type { ModelSpec, RunSpec } from '../../model/spec';
import { servingBudget, servingPeak } from '../serving';
import { type Shard, wholeShard } from '../sharding/shard';
import type { TierBudget } from '../types';
import { abandonedSegments } from './abandoned-segments';
import { contextBytes } from './device';
import { inferenceMoments } from './inference';
import { findPeak, type PhaseMoments, tierFrom } from './timeline';
import { trainingMoments } from './training';

function listMoments(
  model: ModelSpec,
  run: RunSpec,
  shard: Shard,
  peaksOnly = false,
): PhaseMoments[] {
  return run.mode === 'train'
    ? trainingMoments(model, run, shard, peaksOnly)
    : inferenceMoments(model, run, shard);
}

/** The whole timeline, of the whole model or of one rank. */
export function pytorchBudget(
  model: ModelSpec,
  run: RunSpec,
  shard: Shard = wholeShard(model, run),
): TierBudget {
  if (run.mode === 'serve') return servingBudget(model, run, shard);
  return tierFrom(
    listMoments(model, run, shard),
    contextBytes(run.gpu),
    abandonedSegments(model, run, shard),
  );
}

/** The peak at process level alone; equal to `pytorchBudget(…).total`. */
export function pytorchPeak(
  model: ModelSpec,
  run: RunSpec,
  shard: Shard = wholeShard(model, run),
): Bytes {
  if (run.mode === 'serve') return servingPeak(model, run, shard);
  return findPeak(listMoments(model, run, shard, true), contextBytes(run.gpu));
}
