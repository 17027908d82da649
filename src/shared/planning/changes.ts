/**
 * What to change so that a run fits: every combination of a few known changes is tried, and the cheapest that fit are
 * returned. What each costs in time is the roofline's answer; what it costs otherwise is in candidates.ts.
 */

import { Failure } from '../base/failure';
import type { Bytes } from '../base/units';
import { peakBytes } from '../budget/peak';
import { runSeconds } from '../compute/run-time';
import type { Gpu } from '../hardware/gpus';
import type { ModelSpec, RunSpec } from '../model/spec';
import { checkRun } from '../model/validate';
import { type Candidate, GRADED, listCandidates } from './candidates';

export interface Change {
  /** What to do, as the options that do it. */
  readonly options: readonly string[];
  /** What it costs besides memory. */
  readonly costs: readonly string[];
  readonly cost: number;
  readonly peakBytes: Bytes;
  readonly savedBytes: Bytes;
  /** Least time of the changed run, and against that of the run given; null where the device is not known well enough. */
  readonly seconds: number | null;
  readonly timeRatio: number | null;
  /** It may take longer, by a bus or paging of which the roofline knows nothing. */
  readonly timeIsLeast: boolean;
  readonly run: RunSpec;
}

/** More changes at once nobody follows. */
const MAX_CHANGES_AT_ONCE = 4;
const MAX_ANSWERS = 5;

type ChangeSet = readonly Candidate[];

/**
 * The cheapest sets of changes after which the run is within `memory` bytes, cheapest first, none of them containing
 * another; empty where it fits already or nothing helps. `largest` is the largest batch that fits as it is. The framework is PyTorch's: the bundled workload has no such
 * settings.
 */
export function changesThatFit(
  model: ModelSpec,
  run: RunSpec,
  memory: Bytes,
  gpu: Gpu | null = null,
  largest = 0,
): Change[] {
  if (run.framework !== 'pytorch') return [];
  const now = peakBytes(model, run);
  if (now <= memory) return [];
  const before = gpu && runSeconds(model, run, gpu);
  const chosen: ChangeSet[] = [];
  const changes: Change[] = [];
  for (const set of combine(listCandidates(model, run, largest))) {
    if (changes.length === MAX_ANSWERS) break;
    if (chosen.some((smaller) => covers(smaller, set))) continue;
    const changed: RunSpec = Object.assign({}, run, ...set.map(({ settings }) => settings));
    const peak = peakBytes(model, changed);
    if (peak > memory || !isPossible(model, changed)) continue;
    chosen.push(set);
    const seconds = gpu && runSeconds(model, changed, gpu);
    changes.push({
      options: set.map(({ option }) => option),
      costs: set.map(({ costs }) => costs),
      cost: totalCost(set),
      peakBytes: peak,
      savedBytes: now - peak,
      seconds,
      timeRatio:
        seconds !== null && before !== null
          ? (seconds * sequencesPerStep(run)) / (before * sequencesPerStep(changed))
          : null,
      timeIsLeast: set.some(({ untimed }) => untimed),
      run: changed,
    });
  }
  return changes;
}

/** Whether `set` makes every change of `smaller`, or a greater one of its kind. */
function covers(smaller: ChangeSet, set: ChangeSet): boolean {
  return smaller.every(
    (candidate) =>
      set.includes(candidate) ||
      (GRADED.has(candidate.kind) &&
        set.some(({ kind, cost }) => kind === candidate.kind && cost > candidate.cost)),
  );
}

/** Whether the changes agree with each other and with what the run keeps. */
function isPossible(model: ModelSpec, run: RunSpec): boolean {
  try {
    checkRun(model, run);
    return true;
  } catch (error) {
    if (error instanceof Failure) return false;
    throw error;
  }
}

/** Every combination with at most one change of each kind, cheapest first, of equal costs the smaller. */
function combine(candidates: readonly Candidate[]): readonly ChangeSet[] {
  let sets: ChangeSet[] = [[]];
  for (const kind of new Set(candidates.map((candidate) => candidate.kind))) {
    const alternatives = candidates.filter((candidate) => candidate.kind === kind);
    sets = sets
      .flatMap((set) => [set, ...alternatives.map((candidate) => [...set, candidate])])
      .filter((set) => set.length <= MAX_CHANGES_AT_ONCE);
  }
  return sets
    .filter((set) => set.length > 0)
    .sort((a, b) => totalCost(a) - totalCost(b) || a.length - b.length);
}

function totalCost(set: ChangeSet): number {
  return set.reduce((sum, { cost }) => sum + cost, 0);
}

/** Sequences of a step or a generation: batches of unlike size are compared by the time of one sequence. */
function sequencesPerStep({ batch, gradAccum, dp = 1 }: RunSpec): number {
  return batch * gradAccum * dp;
}
