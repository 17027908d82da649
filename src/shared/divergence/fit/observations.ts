/**
 * What a trace says of each kind of moment, robustly: one observation per phase, first step or later ones, at its
 * highest and at its end. This is what a budget is held against when it is asked whether another run would fit better.
 */
import { median } from '../../base/statistics';
import type { Bytes } from '../../base/units';
import type { Phase } from '../../base/vocabulary';
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
}

/** Observations of the first rank. Of many occurrences the median stands; where lines are exact, the last. */
export function observe(overlay: Overlay, isExact: boolean, growth: Growth | null): Observation[] {
  const rank = overlay.phases[0]?.rank;
  const groups = new Map<string, OverlayPhase[]>();
  for (const row of overlay.phases) {
    if (row.rank !== rank || row.measured === null || row.phase === 'idle' || row.isOpen) continue;
    const step = row.step === null ? null : Math.min(row.step, 3);
    const key = `${row.phase}:${step}`;
    const list = groups.get(key);
    if (list) list.push(row);
    else groups.set(key, [row]);
  }
  return [...groups.values()].flatMap((rows) => {
    const last = rows.at(-1)!;
    const grown = (row: OverlayPhase) =>
      growth === null
        ? 0
        : growth.per === 'step'
          ? growth.bytes * ((row.step ?? 1) - 1)
          : row.phase === 'decode'
            ? growth.bytes * growth.count
            : 0;
    const slack = growth === null ? 0 : growth.bytes;
    const step = last.step === null ? null : Math.min(last.step, 3);
    const make = (at: 'peak' | 'end', values: number[]): Observation[] =>
      values.length === 0
        ? []
        : [
            {
              phase: last.phase,
              step,
              at,
              slack,
              count: values.length,
              inferred: last.inferred === true,
              bytes: isExact ? values.at(-1)! : median(values),
            },
          ];
    return [
      ...make(
        'peak',
        rows.map((row) => row.measured! - grown(row)),
      ),
      ...make(
        'end',
        rows.flatMap((row) => (row.end === null ? [] : [row.end - grown(row)])),
      ),
    ];
  });
}
