/**
 * Which GPUs hold a run, and the largest run one GPU holds. All of it rests on one figure: the peak of the whole process as
 * the refined tier predicts it.
 */

import type { Bytes } from '../base/units';
import { peakBytes } from '../budget/peak';
import type { GpuFit } from '../budget/types';
import type { ModelSpec, RunSpec } from '../model/spec';

/** What planning asks of a GPU. */
export interface GpuMemory {
  readonly name: string;
  readonly memoryBytes: Bytes;
}

/** More sequences or tokens than any catalogue's memory holds. */
const MAX_SEARCHED = 2 ** 20;

/** Largest whole number from 1 to `max` for which `holds`, given that it holds for all smaller ones; 0 for none. */
export function largestThat(holds: (value: number) => boolean, max: number = MAX_SEARCHED): number {
  if (!holds(1)) return 0;
  let low = 1;
  let high = 2;
  while (high <= max && holds(high)) {
    low = high;
    high *= 2;
  }
  high = Math.min(high, max + 1);
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
 * Longest sequence whose peak is within `memory`, up to the model's positions or what is asked for; 0 for none. For generation
 * the prompt grows and the number of new tokens stays; where not even they fit, it is smaller.
 */
export function longestContext(model: ModelSpec, run: RunSpec, memory: Bytes): number {
  const isGenerating = run.mode === 'generate';
  const asked = isGenerating ? run.promptTokens + run.tokens : run.seq;
  const holds = (length: number) =>
    peakBytes(model, isGenerating ? generation(run, length) : { ...run, seq: length }) <= memory;
  const longest = largestThat(holds, Math.max(model.maxPositions, asked));
  return longest === 0 ? 0 : Math.max(longest, isGenerating ? SHORTEST_GENERATION : 1);
}

/** A token of a prompt, and one that follows it. */
const SHORTEST_GENERATION = 2;

/** The run at another length of prompt and new tokens together, of these no more than it asks for. */
function generation(run: RunSpec, length: number): RunSpec {
  const tokens = Math.max(1, Math.min(run.tokens, length - 1));
  const promptTokens = Math.max(1, length - tokens);
  return { ...run, promptTokens, tokens, seq: promptTokens + tokens };
}

/** The run against every GPU, in the order given. */
export function fitsOn(model: ModelSpec, run: RunSpec, gpus: readonly GpuMemory[]): GpuFit[] {
  // The bundled workload's tensors are the same everywhere, so that one set of peaks serves all.
  const shared = run.framework === 'tfjs' ? peaksByBatch(model, run) : undefined;
  return gpus.map((gpu) => fitOn(model, run, gpu, shared));
}

/** The run against one GPU: in PyTorch, context and workspace differ from GPU to GPU. */
export function fitOn(
  model: ModelSpec,
  run: RunSpec,
  { name, memoryBytes }: GpuMemory,
  peakAt = peaksByBatch(model, run.framework === 'tfjs' ? run : { ...run, gpu: name }),
): GpuFit {
  return {
    ...holdOn({ name, memoryBytes }, peakAt(run.batch)),
    maxBatch: largestBatch(model, run, memoryBytes, peakAt),
  };
}

/** Whether a GPU holds a run, without the largest batch that it holds. */
export type GpuHold = Omit<GpuFit, 'maxBatch'>;

/** The run against every GPU, in the order given: a budget or two, where the largest batch takes dozens. */
export function holdsOn(model: ModelSpec, run: RunSpec, gpus: readonly GpuMemory[]): GpuHold[] {
  const shared = run.framework === 'tfjs' ? peakBytes(model, run) : undefined;
  return gpus.map((gpu) => holdOn(gpu, shared ?? peakBytes(model, { ...run, gpu: gpu.name })));
}

/** A peak against a card. */
export const holdOn = ({ name, memoryBytes }: GpuMemory, peak: Bytes): GpuHold => ({
  gpu: name,
  memoryBytes,
  fits: peak <= memoryBytes,
  headroomBytes: memoryBytes - peak,
});

/** Peaks by batch, each worked out once. */
export function peaksByBatch(model: ModelSpec, run: RunSpec): (batch: number) => Bytes {
  const known = new Map<number, Bytes>();
  return (batch) => {
    const found = known.get(batch) ?? peakBytes(model, { ...run, batch });
    known.set(batch, found);
    return found;
  };
}
