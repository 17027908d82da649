/** What a serving engine makes of a card: how much is left for the cache, and how far that reaches. */
import type { Bytes } from '../base/units';
import { fullestShard } from '../budget/per-rank';
import { bytesForCache, servingNeeds, servingPeak } from '../budget/serving';
import type { Shard } from '../budget/sharding/shard';
import type { ModelSpec, RunSpec } from '../model/spec';
import { largestThat } from './fits';

export interface ServingPlan {
  /** Of the fullest rank, on its device. */
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
  /** llama.cpp runs some layers on the host: how many of all the card holds with their cache; null where all of them fit. */
  readonly layersOnCard: number | null;
}

export function planServing(model: ModelSpec, run: RunSpec, memory: Bytes): ServingPlan {
  const { shard } = fullestShard(model, run);
  const needs = servingNeeds(model, run, shard);
  const cacheBytes = Math.max(0, bytesForCache(needs, memory));
  const blocks = Math.floor(cacheBytes / needs.blockBytes);
  const cacheTokens = blocks * needs.blockTokens;
  return {
    weightBytes: needs.weights - needs.hostWeights,
    passBytes: needs.passes,
    cacheBytes,
    cacheTokens,
    longestContext: Math.min(Math.max(model.maxPositions, run.seq), cacheTokens),
    sequences: Math.min(
      needs.maxSequences,
      Math.floor(blocks / Math.ceil(run.seq / needs.blockTokens)),
    ),
    layersOnCard: run.engine === 'llama.cpp' ? layersOnCard(model, run, memory) : null,
  };
}

/** The head goes to the card with the last of the layers, as `-ngl` counts them. */
function layersOnCard(model: ModelSpec, run: RunSpec, memory: Bytes): number | null {
  const { shard } = fullestShard(model, run);
  if (servingPeak(model, run, shard) <= memory) return null;
  const ofLayers = (layers: number): Shard => ({ ...shard, layers, embedding: false, head: false });
  return largestThat((layers) => servingPeak(model, run, ofLayers(layers)) <= memory, shard.layers);
}
