/**
 * Series of a file that are no counter of a GPU's row: what a framework counts, event by event. They are kept as columns
 * that grow, so that millions of events fit in memory.
 */
import type { Micros } from '../../shared/base/units';
import { risingTime } from '../../shared/trace/series';
import type { Gap, SeriesInfo } from '../../shared/trace/types';
import { ImportedSeries } from './imported-series';
import { type ColumnRoom, NumberColumn, sortByTime } from './number-column';

interface Columns {
  readonly info: SeriesInfo;
  readonly times: NumberColumn;
  readonly values: NumberColumn;
  readonly gaps: Gap[];
  latest: number;
  isSorted: boolean;
  /** What is added to every value. */
  raisedBy: number;
}

export class LooseSeries {
  readonly #room: ColumnRoom;
  readonly #known = new Map<string, Columns>();
  #count = 0;

  constructor(room: ColumnRoom) {
    this.#room = room;
  }

  /** Values told so far. */
  get count(): number {
    return this.#count;
  }

  push(info: SeriesInfo, us: number, value: number): void {
    const columns = this.#columns(info);
    if (us < columns.latest) columns.isSorted = false;
    columns.latest = us;
    columns.times.push(us);
    columns.values.push(value);
    this.#count++;
  }

  /** A span without a reading; `us` like those of the values. */
  gap(info: SeriesInfo, gap: Gap): void {
    this.#columns(info).gaps.push(gap);
  }

  /** Adds `by` to every value of a series: what was there before the first event. */
  raise(id: string, by: number): void {
    const found = this.#known.get(id);
    if (found) found.raisedBy += by;
  }

  earliest(seed: number): number {
    return this.#all().reduce(
      (lowest, { times, gaps }) =>
        gaps.reduce((least, { t0 }) => Math.min(least, t0), times.min(lowest)),
      seed,
    );
  }

  latest(seed: number): number {
    return this.#all().reduce(
      (highest, { times, gaps }) =>
        gaps.reduce((most, { t1 }) => Math.max(most, t1), times.max(highest)),
      seed,
    );
  }

  /** In order of time from `start`, at integer microseconds that rise. No count is below zero. */
  build(start: Micros): ImportedSeries[] {
    return this.#all().map((columns) => {
      const { info, times, values, raisedBy, isSorted, gaps } = columns;
      const lowest = info.unit === 'millicelsius' ? Number.NEGATIVE_INFINITY : 0;
      const order = isSorted ? null : sortByTime(times);
      return new ImportedSeries(info, placeGaps(gaps, start), (take) => {
        let last: Micros | null = null;
        for (let i = 0; i < times.length; i++) {
          const row = order === null ? i : order[i]!;
          last = risingTime(Math.round(times.get(row) - start), last);
          take(last, Math.max(lowest, values.get(row) + raisedBy));
        }
      });
    });
  }

  #columns(info: SeriesInfo): Columns {
    const known = this.#known.get(info.id);
    if (known) return known;
    const [times, values] = [new NumberColumn(this.#room), new NumberColumn(this.#room)];
    const latest = Number.NEGATIVE_INFINITY;
    const columns = { info, times, values, gaps: [], latest, isSorted: true, raisedBy: 0 };
    this.#known.set(info.id, columns);
    return columns;
  }

  #all(): readonly Columns[] {
    return [...this.#known.values()];
  }
}

/** In order of their beginning, each at its own: the store knows them by it. */
function placeGaps(gaps: readonly Gap[], start: Micros): Gap[] {
  const placed: Gap[] = [];
  for (const { t0, t1, reason } of gaps.toSorted((a, b) => a.t0 - b.t0)) {
    const begin = risingTime(Math.round(t0 - start), placed.at(-1)?.t0 ?? null);
    placed.push({ t0: begin, t1: Math.max(begin, Math.round(t1 - start)), reason });
  }
  return placed;
}
