/** Which GPUs hold a run, and the largest run one GPU holds. All of it rests on the refined tier at process level. */

import type { Bytes } from '../base/units';
import { peakBytes } from '../budget/peak';
import type { Fit } from '../budget/types';
import type { ModelSpec, RunSpec } from '../model/spec';

/** What planning asks of a GPU. */
export interface GpuMemory {
  readonly name: string;
  readonly memoryBytes: Bytes;
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
export function largestBatch(
  model: ModelSpec,
  run: RunSpec,
  memory: Bytes,
  peakAt = (batch: number) => peakBytes(model, { ...run, batch }),
): number {
  return largestThat((batch) => peakAt(batch) <= memory);
}

/**
 * Longest sequence whose peak is within `memory`, up to the model's positions; 0 for none. For generation the prompt
 * grows and the number of new tokens stays.
 */
export function longestContext(model: ModelSpec, run: RunSpec, memory: Bytes): number {
  const generating = run.mode === 'generate';
  const most = model.maxPositions - (generating ? run.tokens : 0);
  if (most < 1) return 0;
  const longest = largestThat(
    (length) =>
      peakBytes(
        model,
        generating
          ? { ...run, promptTokens: length, seq: length + run.tokens }
          : { ...run, seq: length },
      ) <= memory,
    most,
  );
  return longest === 0 ? 0 : longest + (generating ? run.tokens : 0);
}

/** The run against every GPU, in the catalogue's order. */
export function fitsOn(model: ModelSpec, run: RunSpec, gpus: readonly GpuMemory[]): Fit[] {
  const shared = peaksByBatch(model, run);
  return gpus.map(({ name, memoryBytes }) => {
    // In PyTorch context and workspace differ by GPU; the bundled workload's tensors are the same everywhere.
    const peakAt = run.framework === 'tfjs' ? shared : peaksByBatch(model, { ...run, gpu: name });
    const peak = peakAt(run.batch);
    return {
      gpu: name,
      memoryBytes,
      fits: peak <= memoryBytes,
      headroomBytes: memoryBytes - peak,
      maxBatch: largestBatch(model, run, memoryBytes, peakAt),
    };
  });
}

/** Peaks by batch, each worked out once. */
function peaksByBatch(model: ModelSpec, run: RunSpec): (batch: number) => Bytes {
  const known = new Map<number, Bytes>();
  return (batch) => {
    const found = known.get(batch) ?? peakBytes(model, { ...run, batch });
    known.set(batch, found);
    return found;
  };
}
