/** Spans that the analysis finds in a line whose workload announced nothing, and what they are called. */
import { formatInteger } from '../base/format';
import type { Bytes, Micros } from '../base/units';

interface FoundSpan {
  readonly span: readonly [Micros, Micros];
  /** What it rests on: of a period its lowest value. */
  readonly rest: Bytes;
  readonly peak: Bytes;
}

/** A stretch in which what is held at the least stays what it is. */
export type FoundLevel = FoundSpan;

export interface FoundPeriod extends FoundSpan {
  /** Counted from 1, in order of time. */
  readonly index: number;
  /** How many in a row this is: more than one where the line repeats too often to tell each. */
  readonly count: number;
}

export interface FoundSpans {
  readonly levels: readonly FoundLevel[];
  readonly periods: readonly FoundPeriod[];
}

/** "level 1", for the first. */
export const nameLevel = (index: number): string => `level ${formatInteger(index + 1)}`;

/** How often a line repeats that has these periods. */
export function countPeriods(periods: readonly FoundPeriod[]): number {
  const last = periods.at(-1);
  return last === undefined ? 0 : last.index + last.count - 1;
}

/** "period 17", "periods 17–20". */
export const namePeriod = ({ index, count }: FoundPeriod): string =>
  count === 1
    ? `period ${formatInteger(index)}`
    : `periods ${formatInteger(index)}–${formatInteger(index + count - 1)}`;

/** "period 17 of 240". */
export const namePeriodOf = (one: FoundPeriod, periods: readonly FoundPeriod[]): string =>
  `${namePeriod(one)} of ${formatInteger(countPeriods(periods))}`;
