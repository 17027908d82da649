/** Which GPUs hold a run, and the largest run one GPU holds. All of it rests on the refined tier at process level. */
import { parameterCount } from '../../model/parameters';
import type { ModelSpec, RunSpec } from '../../model/spec';
import type { Bytes } from '../../units';
import { fullestShard } from '../../budget/sharding/per-rank';
import { tfjsBudget } from '../../budget/tfjs';
import type { Fit } from '../../budget/types';

/** What planning asks of a GPU. */
export interface GpuMemory {
  readonly name: string;
  readonly memoryBytes: Bytes;
}

/** Predicted peak of the fullest rank, in bytes. */
export function peakBytes(model: ModelSpec, run: RunSpec): Bytes {
  return run.framework === 'tfjs' ? tfjsBudget(model, run).total : fullestShard(model, run).peak;
}

/** A bound no catalogue's memory reaches: 2^20 sequences or tokens. */
const MOST = 2 ** 20;

/** Largest whole number from 1 to `most` for which `holds`, given that it holds for all smaller ones; 0 for none. */
export function largestThat(holds: (value: number) => boolean, most: number = MOST): number {
  if (!holds(1)) return 0;
  let low = 1;
  let high = 2;
  while (high <= most && holds(high)) {
    low = high;
    high *= 2;
  }
  high = Math.min(high, most + 1);
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (holds(middle)) low = middle;
    else high = middle;
  }
  return low;
}

/** Largest batch whose peak is within `memory`; 0 where not even one sequence is. */
export function largestBatch(model: ModelSpec, run: RunSpec, memory: Bytes): number {
  return largestThat((batch) => peakBytes(model, { ...run, batch }) <= memory);
}

/**
 * Longest sequence whose peak is within `memory`, up to the model's positions; 0 for none. For generation the prompt
 * grows and the number of new tokens stays.
 */
export function longestContext(model: ModelSpec, run: RunSpec, memory: Bytes): number {
  const generating = run.mode === 'generate';
  const most = model.maxPositions - (generating ? run.tokens : 0);
  if (most < 1) return 0;
  const longest = largestThat((length) => peakBytes(model, generating
    ? { ...run, promptTokens: length, seq: length + run.tokens } : { ...run, seq: length }) <= memory, most);
  return longest === 0 ? 0 : longest + (generating ? run.tokens : 0);
}

/** The run against every GPU, in the catalogue's order. */
export function fitsOn(model: ModelSpec, run: RunSpec, gpus: readonly GpuMemory[]): Fit[] {
  // Context and workspace differ by GPU, so each is asked on its own; equal GPUs share the search.
  const known = new Map<string, { peak: Bytes; maxBatch: number }>();
  return gpus.map(({ name, memoryBytes }) => {
    const own = { ...run, gpu: name };
    const peak = peakBytes(model, own);
    const key = `${memoryBytes} ${peak}`;
    const maxBatch = known.get(key)?.maxBatch ?? (parameterCount(model) > memoryBytes * 4 ? 0 : largestBatch(model, own, memoryBytes));
    known.set(key, { peak, maxBatch });
    return { gpu: name, memoryBytes, fits: peak <= memoryBytes, headroomBytes: memoryBytes - peak, maxBatch };
  });
}
