/** Levels and periods that the analysis found in a line whose workload announced nothing, as a table. */
import { ABSENT, formatBytes, formatDuration, formatInteger } from '../base/format';
import type { Overlay } from '../divergence/overlay/types';
import { countPeriods, type FoundPeriod, nameLevel, namePeriod } from '../trace/found-spans';
import type { WordTable } from './word-table';

export const FOUND_TITLE = 'Found in the trace';

/** Null where phases were announced, or the line shows nothing of itself. */
export function foundTable({ found, period }: Overlay): WordTable | null {
  if (found === undefined) return null;
  const levels = found.levels.map((level, i) => [
    nameLevel(i),
    ...level.span.map(formatDuration),
    ABSENT,
    formatBytes(level.rest),
    formatBytes(level.peak),
  ]);
  return {
    head: ['', 'from', 'to', 'times', 'rests at', 'at most'],
    rows: [...levels, ...describePeriods(found.periods, period?.us)],
    words: 1,
    notes: [
      'Nothing announced them: a level is held at the least throughout, a period is what the line repeats.',
    ],
  };
}

function describePeriods(periods: readonly FoundPeriod[], us: number | undefined): string[][] {
  const [first, last] = [periods[0], periods.at(-1)];
  if (first === undefined || last === undefined) return [];
  const highest = periods.reduce((most, one) => (one.peak > most.peak ? one : most));
  return [
    [
      us === undefined ? 'periods' : `period of ${formatDuration(us)}`,
      formatDuration(first.span[0]),
      formatDuration(last.span[1]),
      formatInteger(countPeriods(periods)),
      formatBytes(Math.min(...periods.map(({ rest }) => rest))),
      formatBytes(highest.peak),
    ],
    [
      `highest, ${namePeriod(highest)}`,
      ...highest.span.map(formatDuration),
      ABSENT,
      formatBytes(highest.rest),
      formatBytes(highest.peak),
    ],
  ];
}
