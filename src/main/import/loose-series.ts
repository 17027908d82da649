/**
 * Series of a file that are no counter of a GPU's row: what a framework counts, event by event. They are kept as columns
 * that grow, so that millions of events fit in memory.
 */
import type { Micros } from '../../shared/base/units';
import { risingTime } from '../../shared/trace/series';
import type { Gap, SampledSeries, SeriesInfo } from '../../shared/trace/types';
import { findMax, findMin } from './gpu-columns';

class Columns {
  times = new Float64Array(256);
  values = new Float64Array(256);
  n = 0;
  isSorted = true;
  readonly gaps: Gap[] = [];

  push(us: number, value: number): void {
    if (this.n === this.times.length) {
      this.times = doubled(this.times);
      this.values = doubled(this.values);
    }
    if (this.n > 0 && us < this.times[this.n - 1]!) this.isSorted = false;
    this.times[this.n] = us;
    this.values[this.n++] = value;
  }
}

function doubled(column: Float64Array): Float64Array<ArrayBuffer> {
  const bigger = new Float64Array(column.length * 2);
  bigger.set(column);
  return bigger;
}

export class LooseSeries {
  readonly #known = new Map<string, { readonly info: SeriesInfo; readonly columns: Columns }>();
  #count = 0;

  /** Values told so far. */
  get count(): number {
    return this.#count;
  }

  push(info: SeriesInfo, us: number, value: number): void {
    const found = this.#known.get(info.id) ?? { info, columns: new Columns() };
    this.#known.set(info.id, found);
    found.columns.push(us, value);
    this.#count++;
  }

  /** A span without a reading; `us` like those of the values. */
  gap(info: SeriesInfo, gap: Gap): void {
    const found = this.#known.get(info.id) ?? { info, columns: new Columns() };
    this.#known.set(info.id, found);
    found.columns.gaps.push(gap);
  }

  /** Adds `by` to every value of a series: what was there before the first event. */
  raise(id: string, by: number): void {
    const found = this.#known.get(id);
    if (found) for (let i = 0; i < found.columns.n; i++) found.columns.values[i]! += by;
  }

  earliest(seed: number): number {
    return this.#all().reduce(
      (lowest, { times, n, gaps }) =>
        gaps.reduce((least, { t0 }) => Math.min(least, t0), findMin(times, n, lowest)),
      seed,
    );
  }

  latest(seed: number): number {
    return this.#all().reduce(
      (highest, { times, n, gaps }) =>
        gaps.reduce((most, { t1 }) => Math.max(most, t1), findMax(times, n, highest)),
      seed,
    );
  }

  /** In order of time from `start`, at integer microseconds that rise. No count is below zero. */
  build(start: Micros): SampledSeries[] {
    return [...this.#known.values()].map(({ info, columns }) => {
      const { times, values, n, isSorted, gaps } = columns;
      const lowest = info.unit === 'millicelsius' ? Number.NEGATIVE_INFINITY : 0;
      const order = Uint32Array.from({ length: n }, (_, i) => i);
      if (!isSorted) order.sort((a, b) => times[a]! - times[b]! || a - b);
      const at = new Float64Array(n);
      for (let i = 0; i < n; i++)
        at[i] = risingTime(Math.round(times[order[i]!]! - start), i === 0 ? null : at[i - 1]!);
      return {
        info,
        times: at,
        values: Float64Array.from(order, (i) => Math.max(lowest, values[i]!)),
        gaps: placeGaps(gaps, start),
      };
    });
  }

  #all(): readonly Columns[] {
    return [...this.#known.values()].map(({ columns }) => columns);
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
