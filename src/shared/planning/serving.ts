/** What a serving engine makes of a card: how much is left for the cache, and how far that reaches. */
import type { Bytes } from '../base/units';
import { fullestShard } from '../budget/per-rank';
import { bytesForCache, servingNeeds } from '../budget/serving';
import type { ModelSpec, RunSpec } from '../model/spec';

export interface ServingPlan {
  /** Of the fullest rank. */
  readonly weightBytes: Bytes;
  readonly passBytes: Bytes;
  /** 0 where not even weights and passes fit. */
  readonly cacheBytes: Bytes;
  /** In whole blocks, over all sequences. */
  readonly cacheTokens: number;
  /** Of one sequence alone: as long as the cache, and as the model takes. */
  readonly longestContext: number;
  /** Sequences of the run's length at once, at most as many as the engine runs. */
  readonly sequences: number;
}

export function planServing(model: ModelSpec, run: RunSpec, memory: Bytes): ServingPlan {
  const { shard } = fullestShard(model, run);
  const needs = servingNeeds(model, run, shard);
  const cacheBytes = Math.max(0, bytesForCache(needs, memory));
  const blocks = Math.floor(cacheBytes / needs.blockBytes);
  const cacheTokens = blocks * needs.blockTokens;
  return {
    weightBytes: needs.weights,
    passBytes: needs.passes,
    cacheBytes,
    cacheTokens,
    longestContext: Math.min(model.maxPositions, cacheTokens),
    sequences: Math.min(
      needs.maxSequences,
      Math.floor(blocks / Math.ceil(run.seq / needs.blockTokens)),
    ),
  };
}
