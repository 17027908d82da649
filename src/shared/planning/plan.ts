/** The plan: will it fit, on what, how large may it be, and what would make it fit. */

import type { Bytes } from '../base/units';
import type { GpuFit } from '../budget/types';
import { runSeconds } from '../compute/run-time';
import type { Gpu } from '../hardware/gpus';
import { parameterCount } from '../model/parameters';
import type { ModelSpec, RunSpec } from '../model/spec';
import { checkModel, checkRun } from '../model/validate';
import { type Change, changesThatFit } from './changes';
import { fitOn, fitsOn, type GpuMemory, longestContext, peaksByBatch } from './fits';
import { fewestGpus, type GpuLayout } from './gpu-layouts';
import { planServing, type ServingPlan } from './serving';

export interface GpuPlan extends GpuFit {
  /** Longest sequence at the batch given; 0 where none fits. */
  readonly maxContext: number;
  /** Fewest of these GPUs that hold the run; null where no layout tried does. */
  readonly fewest: GpuLayout | null;
  /** Least time of a training step, a generation or a pass, by the roofline; null where the device lacks the arithmetic. */
  readonly seconds: number | null;
  /** Cheapest changes after which one of them holds it; empty where it fits. */
  readonly changes: readonly Change[];
  /** Of a run that serves. */
  readonly serving: ServingPlan | null;
}

export interface Plan {
  readonly model: { readonly name: string; readonly parameters: number };
  /** Longest sequence the model was published for. */
  readonly maxPositions: number;
  readonly run: RunSpec;
  readonly fits: readonly GpuFit[];
  /** Smallest memory of the catalogue that holds the run; null where none does. */
  readonly smallest: string | null;
  /** The GPU the run names, in full. */
  readonly gpu: GpuPlan | null;
}

/** `card` is a GPU of the catalogue, one known by its memory alone, or null for the catalogue. `bad_input` where model or run cannot be. */
export function buildPlan(
  model: ModelSpec,
  run: RunSpec,
  gpus: readonly GpuMemory[],
  card: Gpu | GpuMemory | null,
): Plan {
  checkModel(model);
  checkRun(model, run);
  const fits = fitsOn(model, run, gpus);
  const holding = fits.filter((fit) => fit.fits).sort((a, b) => a.memoryBytes - b.memoryBytes);
  return {
    model: { name: model.name, parameters: parameterCount(model) },
    maxPositions: model.maxPositions,
    run,
    fits,
    smallest: holding[0]?.gpu ?? null,
    gpu: card === null ? null : gpuPlan(model, run, card),
  };
}

function gpuPlan(model: ModelSpec, given: RunSpec, card: Gpu | GpuMemory): GpuPlan {
  const memory: Bytes = card.memoryBytes;
  const gpu = 'peak' in card ? card : null;
  const run: RunSpec = gpu ? { ...given, gpu: gpu.name } : given;
  const fit = fitOn(model, run, card, peaksByBatch(model, run));
  return {
    ...fit,
    maxContext: longestContext(model, run, memory),
    fewest: fewestGpus(model, run, memory),
    seconds: gpu && runSeconds(model, run, gpu),
    changes: changesThatFit(model, run, memory, gpu, fit.maxBatch),
    serving: run.mode === 'serve' ? planServing(model, run, memory) : null,
  };
}
