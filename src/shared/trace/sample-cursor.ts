/**
 * Goes through a series forward: questions in order of time cost one pass over it, or one look-up each where they lie
 * far apart, however many samples there are.
 */
import type { Micros } from '../base/units';
import type { SamplePage, TimedSample } from './sample-source';
import { EVER, isAbsent, sampleAfter, sampleBefore } from './series';
import type { SeriesData } from './types';

/** Samples read at once. */
const PAGE = 4096;

export class SampleCursor {
  readonly #data: SeriesData;
  #page: SamplePage | null = null;
  #at = 0;

  constructor(data: SeriesData) {
    this.#data = data;
  }

  /** The last sample at or before t; null before the first and inside a gap. `t` must not be less than the last one. */
  moveTo(t: Micros): TimedSample | null {
    const page = this.#reach(t);
    if (page === null) return null;
    const { times, values } = page;
    while (this.#at + 1 < times.length && times[this.#at + 1]! <= t) this.#at++;
    const found = { t: times[this.#at]!, value: values[this.#at]! };
    return isAbsent(this.#data.gaps, found.t, t) ? null : found;
  }

  /** The sample after the one that was last found. */
  next(): TimedSample | null {
    if (this.#page === null) return null;
    const { times, values } = this.#page;
    const next = this.#at + 1;
    return next < times.length
      ? { t: times[next]!, value: values[next]! }
      : sampleAfter(this.#data, times[this.#at]!);
  }

  #reach(t: Micros): SamplePage | null {
    if (this.#data.source === undefined) {
      this.#page ??= this.#data;
      return this.#page.times.length > 0 && this.#page.times[0]! <= t ? this.#page : null;
    }
    const end = this.#page?.times.at(-1);
    if (end !== undefined && t < end) return this.#page;
    const found = sampleBefore(this.#data, t);
    if (found === null) return null;
    this.#page = this.#data.source.samples(found.t, EVER.t1, PAGE);
    this.#at = 0;
    return this.#page.times.length > 0 ? this.#page : null;
  }
}
