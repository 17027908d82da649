/**
 * What one rank of a sharded run holds. The rank shown is the fullest of those that can be: the first stage of the
 * pipeline, with the embeddings and the most micro-batches in flight, or the last, with the head and its logits.
 *
 * Sharding as PyTorch does it: ZeRO-1 (ZeroRedundancyOptimizer) splits optimizer states over the data-parallel ranks,
 * ZeRO-2 gradients too, ZeRO-3 (FSDP) parameters too, which are then gathered two layers at a time.
 */

import type { Bytes } from '../base/units';
import type { ModelSpec, RunSpec } from '../model/spec';
import { pytorchBudget, pytorchPeak } from './pytorch';
import {
  isSharded,
  listShards,
  listStages,
  rankCount,
  runOnRank,
  type Shard,
  wholeShard,
} from './sharding/shard';
import { textbookBudget } from './textbook';
import type { RankBudget } from './types';

/** The fullest rank and its peak at process level; the whole model where the run is not sharded. */
export function fullestShard(model: ModelSpec, run: RunSpec): { shard: Shard; peak: Bytes } {
  const shards = isSharded(run) ? listShards(model, run) : [wholeShard(model, run)];
  return shards
    .map((shard) => ({ shard, peak: pytorchPeak(model, runOnRank(run, shard), shard) }))
    .reduce((fullest, rank) => (rank.peak > fullest.peak ? rank : fullest));
}

/** The fullest rank of a run that is sharded, and every stage of its pipeline; null for one device. */
export function rankBudget(model: ModelSpec, run: RunSpec): RankBudget | null {
  if (!isSharded(run)) return null;
  const { shard } = fullestShard(model, run);
  const part = runOnRank(run, shard);
  return {
    ranks: rankCount(run),
    stage: shard.stage,
    layers: shard.layers,
    textbook: textbookBudget(model, part, shard),
    refined: pytorchBudget(model, part, shard),
    stages: listStages(model, run).map((each) => {
      const { stage, layers, embedding, head, inFlight } = each;
      return {
        stage,
        layers,
        embedding,
        head,
        inFlight,
        peak: {
          textbook: textbookBudget(model, part, each).total,
          refined: pytorchPeak(model, part, each),
        },
      };
    }),
  };
}
