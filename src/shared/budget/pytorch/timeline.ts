/**
 * From moments to phases. Every moment is a set of holdings; what the process takes from the device never shrinks,
 * since the allocator keeps the segments it has. Hence the levels:
 *
 *     requested   bytes of live tensors
 *     allocated   with each block rounded up to 512 B (torch.cuda.memory_allocated)
 *     reserved    segments taken so far (torch.cuda.memory_reserved)
 *     process     with the CUDA context (nvidia-smi)
 *
 * The components of a phase are requested bytes; `reserve` is all that is reserved beyond them and `context` the
 * context, so that a phase's total is at process level.
 */

import type { Bytes } from '../../base/units';
import type { Phase } from '../../base/vocabulary';
import { buildTier, occurrence } from '../tier';
import type { ComponentBytes, MemoryLevels, TierBudget, TimelinePhase } from '../types';
import { TensorSum } from './allocator';
import { type Holding, NOTHING } from './holding';

/** A moment that may be the highest of its phase, and what is there beside what stands throughout. */
export interface Moment {
  /** What is going on, for people who read a timeline. */
  readonly name: string;
  readonly holdings: readonly Holding[];
}

export interface PhaseMoments {
  readonly phase: Phase;
  readonly step: number | null;
  readonly lastStep: number | null;
  /** What stands in all of its moments. */
  readonly standing?: readonly Holding[];
  readonly moments: readonly Moment[];
  readonly end: readonly Holding[];
}

function addHoldings(holdings: readonly Holding[], onto?: TensorSum): TensorSum {
  const sum = new TensorSum();
  if (onto) sum.addAll(onto);
  for (const { sum: part, times } of holdings)
    if (times !== 0 && part.requested !== 0) sum.addAll(part, times);
  return sum;
}

/** Peak at process level, without the rows: what a search over configurations needs. */
export function findPeak(phases: readonly PhaseMoments[], context: Bytes): Bytes {
  let most = 0;
  for (const { standing, moments } of phases) {
    const onto = addHoldings(standing ?? NOTHING);
    for (const moment of moments)
      most = Math.max(most, addHoldings(moment.holdings, onto).reserved);
  }
  return Math.round(most + context);
}

export function tierFrom(
  phases: readonly PhaseMoments[],
  context: Bytes,
  abandoned: Bytes,
): TierBudget {
  let reserved = 0;
  const peaks = { requested: 0, allocated: 0 };
  const rows: TimelinePhase[] = phases.map(
    ({ phase, step, lastStep, standing = NOTHING, moments, end }) => {
      const onto = addHoldings(standing);
      let highest = moments[0]!;
      let most = -1;
      for (const moment of moments) {
        const sum = addHoldings(moment.holdings, onto);
        reserved = Math.max(reserved, Math.round(sum.reserved));
        peaks.requested = Math.max(peaks.requested, Math.round(sum.requested));
        peaks.allocated = Math.max(peaks.allocated, Math.round(sum.allocated));
        if (sum.requested > most) {
          most = sum.requested;
          highest = moment;
        }
      }
      return occurrence(
        phase,
        step,
        lastStep,
        splitByComponent([...standing, ...highest.holdings], reserved, context),
        splitByComponent(end, reserved, context),
      );
    },
  );
  const levels: MemoryLevels = {
    ...peaks,
    reserved,
    process: reserved + context,
    outgrown: abandoned,
  };
  // Reserved memory is never given back, so later phases equal the peak: it belongs to the one that reached it first.
  const first = rows.reduce((best, row) => (row.total > best.total ? row : best));
  return {
    ...buildTier(rows),
    components: first.components,
    total: first.total,
    peak: { bytes: first.total, phase: first.phase },
    levels,
  };
}

function splitByComponent(
  holdings: readonly Holding[],
  reserved: Bytes,
  context: Bytes,
): ComponentBytes {
  const sums: { -readonly [K in keyof ComponentBytes]: ComponentBytes[K] } = {};
  for (const { component, sum, times } of holdings)
    sums[component] = (sums[component] ?? 0) + sum.requested * times;
  let live = 0;
  for (const component in sums) {
    const bytes = Math.round(sums[component as keyof ComponentBytes]!);
    sums[component as keyof ComponentBytes] = bytes;
    live += bytes;
  }
  sums.reserve = Math.max(0, reserved - live);
  sums.context = context;
  return sums;
}
