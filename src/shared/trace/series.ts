/**
 * Figures and look-ups of a series, and the growing form of a series while it is recorded. Every extreme comes with its
 * time. Where there is no sample the answer is null, never 0.
 */

import { lowerBound, upperBound } from '../base/search';
import type { Micros, SampleIndex } from '../base/units';
import { extremes, findExtremes } from './pyramid';
import type { Gap, SeriesData, SeriesFigures, SeriesInfo, SeriesStats } from './types';

export type { SeriesFigures } from './types';

/** A sample with its place in the series. */
export interface Sample {
  readonly t: Micros;
  readonly value: number;
  readonly index: SampleIndex;
}

/** Figures over all samples. The mean is of samples, each counting alike; it is not weighted by time. */
export function stats(data: SeriesData): SeriesFigures {
  return data.figures ?? summarizeColumn(data.times, data.values);
}

/** How many samples there are, without reading them where that is known. */
export const sampleCount = (data: SeriesData | undefined): number =>
  data?.figures?.count ?? data?.times.length ?? 0;

function summarizeColumn(times: Float64Array, values: Float64Array): SeriesFigures {
  const count = values.length;
  if (count === 0) return { count: 0, min: null, max: null, mean: null, minAt: null, maxAt: null };
  let mean = 0;
  // The running mean stays exact where a plain sum of bytes over a long session would pass 2^53.
  for (let i = 0; i < count; i++) mean += (values[i]! - mean) / (i + 1);
  const { min, max } = extremes(values, 0, count);
  return {
    count,
    min: values[min]!,
    max: values[max]!,
    mean,
    minAt: times[min]!,
    maxAt: times[max]!,
  };
}

/** What a session document says of a series. */
export function seriesStats(data: SeriesData): SeriesStats {
  const { count, min, max, mean } = stats(data);
  return { ...data.info, count, min, max, mean };
}

/** Whether a counter's window covers less than half of the time between its samples, so that it misses the rest. */
export const seesLittle = ({
  windowUs,
  intervalUs,
}: Pick<SeriesInfo, 'windowUs' | 'intervalUs'>): boolean =>
  windowUs !== null && intervalUs !== null && 2 * windowUs < intervalUs;

/** The last sample at or before t; null before the first sample and inside a gap. */
export function sampleAt(data: SeriesData, t: Micros): Sample | null {
  const index = upperBound(data.times, t) - 1;
  if (index < 0) return null;
  const at = data.times[index]!;
  if (data.gaps.some((gap) => gap.t0 >= at && gap.t0 < t && t < gap.t1)) return null;
  return { t: at, value: data.values[index]!, index };
}

/** Value of the last sample at or before t; null before the first sample and inside a gap. */
export function valueAt(data: SeriesData, t: Micros): number | null {
  return sampleAt(data, t)?.value ?? null;
}

/** The first highest sample with t0 <= t <= t1; null where the span holds none. */
export function maxIn(data: SeriesData, t0: Micros, t1: Micros): Sample | null {
  return extremeIn(data, t0, t1, 'max');
}

/** The first lowest sample with t0 <= t <= t1; null where the span holds none. */
export function minIn(data: SeriesData, t0: Micros, t1: Micros): Sample | null {
  return extremeIn(data, t0, t1, 'min');
}

/** The first highest sample of all; null where there is none. */
export function highestSample(data: SeriesData): Sample | null {
  return maxIn(data, Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY);
}

/** The first lowest sample of all; null where there is none. */
export function lowestSample(data: SeriesData): Sample | null {
  return minIn(data, Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY);
}

function extremeIn(data: SeriesData, t0: Micros, t1: Micros, which: 'min' | 'max'): Sample | null {
  const from = lowerBound(data.times, t0);
  const to = upperBound(data.times, t1);
  if (from >= to) return null;
  const found = findExtremes(data.values, from, to);
  const index = found[which];
  return { t: data.times[index]!, value: data.values[index]!, index };
}

/** A series while it grows. Samples live in typed arrays that double; `data()` is a view, not a copy. */
export class SeriesBuilder {
  readonly info: SeriesInfo;
  #times = new Float64Array(256);
  #values = new Float64Array(256);
  #count = 0;
  #gaps: Gap[] = [];
  #view: SeriesData | null = null;

  constructor(info: SeriesInfo) {
    this.info = info;
  }

  get count(): number {
    return this.#count;
  }

  /**
   * Adds a sample and returns the time it is kept at. Times rise strictly: a sample that comes at or before the last
   * one is kept one microsecond after it, since no reading may be lost to the jitter of a clock.
   */
  append(t: Micros, value: number): Micros {
    if (!Number.isFinite(t) || !Number.isFinite(value)) {
      throw new RangeError(`series ${this.info.id}: a sample must be finite, got ${value} at ${t}`);
    }
    if (this.#count === this.#times.length) {
      this.#times = doubled(this.#times);
      this.#values = doubled(this.#values);
    }
    const at = risingTime(t, this.#count === 0 ? null : this.#times[this.#count - 1]!);
    this.#times[this.#count] = at;
    this.#values[this.#count++] = value;
    this.#view = null;
    return at;
  }

  /** Adds a gap; one that starts where a known gap starts replaces it, so that a gap that lasts can be reported as it grows. */
  gap(gap: Gap): void {
    this.#gaps = [...this.#gaps.filter((known) => known.t0 !== gap.t0), gap].sort(
      (a, b) => a.t0 - b.t0,
    );
    this.#view = null;
  }

  /** The series so far. What it returned earlier stays as it was. */
  data(): SeriesData {
    this.#view ??= {
      info: this.info,
      times: this.#times.subarray(0, this.#count),
      values: this.#values.subarray(0, this.#count),
      gaps: this.#gaps,
    };
    return this.#view;
  }
}

/** The whole microsecond a sample is kept at, strictly after `last`. */
export function risingTime(t: Micros, last: Micros | null): Micros {
  const whole = Math.round(t);
  return last === null || whole > last ? whole : last + 1;
}

function doubled(column: Float64Array): Float64Array<ArrayBuffer> {
  const bigger = new Float64Array(column.length * 2);
  bigger.set(column);
  return bigger;
}
