/**
 * What a trace says of each kind of moment, robustly: one observation per phase, first step or later ones, at its
 * highest and at its end. This is what a budget is held against when it is asked whether another run would fit better.
 */
import { median } from '../../base/statistics';
import type { Bytes } from '../../base/units';
import type { Phase } from '../../base/vocabulary';
import { asBudgetCounts, stepOffset } from '../overlay/step-numbers';
import type { Overlay, OverlayPhase } from '../overlay/types';

export interface Observation {
  readonly phase: Phase;
  /** 1 and 2 for the first steps, 3 for any later one, null outside steps. */
  readonly step: number | null;
  readonly at: 'peak' | 'end';
  /** Of the occurrence chosen; a leak known of is already taken off. */
  readonly bytes: Bytes;
  /** What a leak may have added within this very step: 0 or this. */
  readonly slack: Bytes;
  readonly count: number;
  /** The phase was found in the trace: where it is cut a little off, so is its height. */
  readonly inferred: boolean;
}

/** Growth already explained: bytes added by each step or token. */
export interface Growth {
  readonly bytes: Bytes;
  readonly per: 'step' | 'token';
  readonly count: number;
  /** The first of them that adds. */
  readonly since: number;
}

/** Observations of the first rank. Of many occurrences the median stands; of an exact line the last. */
export function observe(overlay: Overlay, isExact: boolean, growth: Growth | null): Observation[] {
  const rank = overlay.phases[0]?.rank;
  const offset = stepOffset(overlay.phases);
  const rows = overlay.phases
    .filter(
      (row) => row.rank === rank && row.measured !== null && row.phase !== 'idle' && !row.isOpen,
    )
    .map((row) => asBudgetCounts(row, offset));
  const groups = Map.groupBy(rows, ({ phase, step }) => `${phase}:${kindOfStep(step)}`);
  return [...groups.values()].flatMap((group) => observeGroup(group, isExact, growth));
}

/** The first two steps differ from all others: optimizer states arrive, and an allocator warms up. */
const kindOfStep = (step: number | null) => (step === null ? null : Math.min(step, 3));

/** `rows`: the occurrences of one phase in steps of one kind. */
function observeGroup(
  rows: readonly OverlayPhase[],
  isExact: boolean,
  growth: Growth | null,
): Observation[] {
  const last = rows.at(-1);
  if (last === undefined) return [];
  const make = (at: Observation['at'], pick: (row: OverlayPhase) => Bytes | null) => {
    const values = rows.flatMap((row) => {
      const bytes = pick(row);
      return bytes === null ? [] : [bytes - grownBefore(row, growth)];
    });
    const bytes = isExact ? values.at(-1) : median(values);
    if (values.length === 0 || bytes === undefined) return [];
    return [
      {
        phase: last.phase,
        step: kindOfStep(last.step),
        at,
        slack: growth?.bytes ?? 0,
        count: values.length,
        inferred: last.inferred === true,
        bytes,
      },
    ];
  };
  return [...make('peak', ({ measured }) => measured), ...make('end', ({ end }) => end)];
}

/** What a leak had added before the phase began, or of one that grows by tokens, by the end of decoding. */
function grownBefore({ phase, step }: OverlayPhase, growth: Growth | null): Bytes {
  if (growth === null) return 0;
  if (growth.per === 'step') return growth.bytes * Math.max(0, (step ?? 0) - growth.since);
  return phase === 'decode' ? growth.bytes * growth.count : 0;
}
