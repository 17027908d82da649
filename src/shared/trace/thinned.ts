/**
 * A growing series in bounded memory, for the live view: its newest samples as they are, older ones thinned.
 *
 *     | first min max last | first min max last | …  v v v v v v v v v v
 *       one run of samples    one run of samples        the newest ones
 *
 * Of every run of older samples the first, the lowest, the highest and the last are kept with their own times, and
 * runs grow as the series does: so every extreme is exact however long it lasts, and a picture of the whole has some
 * thousand runs to be drawn from. The figures of all samples are kept as they come.
 */
import type { Micros } from '../base/units';
import { extremes } from './pyramid';
import { risingTime, type SeriesFigures } from './series';
import type { Gap, SeriesData, SeriesInfo } from './types';

/** Samples held at most. */
const MAX_HELD = 16_384;
/** Beyond about so many thinned samples, runs become twice as long. */
const THINNED = MAX_HELD / 2;
/** Newest samples left as they are, at least. */
const NEWEST = MAX_HELD / 4;
/** Kept of a run. */
const KEPT = 4;

export class ThinnedSeries {
  info: SeriesInfo;
  #times = new Float64Array(256);
  #values = new Float64Array(256);
  #held = 0;
  #viewed = false;
  /** How many of the held are what is left of runs. */
  #thinned = 0;
  /** Samples of a run for each one that is kept of it. */
  #factor = 2;
  #count = 0;
  #mean = 0;
  /** Time and value of the first lowest and the first highest sample. */
  readonly #lowest = { t: 0, value: Number.POSITIVE_INFINITY };
  readonly #highest = { t: 0, value: Number.NEGATIVE_INFINITY };
  #gaps: Gap[] = [];

  constructor(info: SeriesInfo) {
    this.info = info;
  }

  /** The time from which on nothing is left out; null while nothing is. */
  get completeFrom(): Micros | null {
    return this.#thinned === 0 ? null : this.#times[this.#thinned]!;
  }

  /** As SeriesBuilder does: times rise strictly. */
  append(t: Micros, value: number): void {
    if (this.#held === this.#times.length) this.#makeRoom();
    const at = risingTime(t, this.#held === 0 ? null : this.#times[this.#held - 1]!);
    this.#times[this.#held] = at;
    this.#values[this.#held++] = value;
    this.#count++;
    this.#mean += (value - this.#mean) / this.#count;
    if (value < this.#lowest.value) {
      this.#lowest.t = at;
      this.#lowest.value = value;
    }
    if (value > this.#highest.value) {
      this.#highest.t = at;
      this.#highest.value = value;
    }
  }

  appendRun(times: Float64Array, values: Float64Array): void {
    for (let i = 0; i < times.length; i++) this.append(times[i]!, values[i]!);
  }

  /** Adds a gap; one that starts where the last one starts replaces it, so that a gap that lasts can be reported as it grows. */
  gap(gap: Gap): void {
    if (this.#gaps.at(-1)?.t0 === gap.t0) this.#gaps = [...this.#gaps.slice(0, -1), gap];
    else this.#gaps.push(gap);
  }

  /** The series so far. What it returned earlier stays as it was. */
  data(): SeriesData & { readonly figures: SeriesFigures } {
    this.#viewed = true;
    return {
      info: this.info,
      times: this.#times.subarray(0, this.#held),
      values: this.#values.subarray(0, this.#held),
      gaps: [...this.#gaps],
      figures: this.#figures(),
    };
  }

  #figures(): SeriesFigures {
    const [count, { t: minAt, value: min }, { t: maxAt, value: max }] = [
      this.#count,
      this.#lowest,
      this.#highest,
    ];
    return count === 0
      ? { count, min: null, max: null, mean: null, minAt: null, maxAt: null }
      : { count, min, max, mean: this.#mean, minAt, maxAt };
  }

  /** Works in place, unless a view of the columns was given out: then new ones are made, and the view stays as it was. */
  #makeRoom(): void {
    const [times, values] = [this.#times, this.#values];
    if (this.#held < MAX_HELD) {
      this.#times = new Float64Array(this.#held * 2);
      this.#values = new Float64Array(this.#held * 2);
      this.#times.set(times);
      this.#values.set(values);
      this.#viewed = false;
      return;
    }
    const [thinned, held] = [this.#thinned, this.#held];
    if (this.#viewed) {
      this.#times = new Float64Array(MAX_HELD);
      this.#values = new Float64Array(MAX_HELD);
      this.#viewed = false;
    }
    this.#held = 0;
    // What is kept is written nearer to the front than it is read, so that nothing is overwritten before it was read.
    const keep = (at: number) => {
      this.#times[this.#held] = times[at]!;
      this.#values[this.#held++] = values[at]!;
    };
    let run = 1;
    if (thinned > THINNED) {
      this.#factor *= 2;
      run = KEPT * 2;
    }
    thin(values, 0, thinned, run, keep);
    thin(values, thinned, held - NEWEST, KEPT * this.#factor, keep);
    this.#thinned = this.#held;
    for (let at = held - NEWEST; at < held; at++) keep(at);
  }
}

function thin(
  values: Float64Array,
  from: number,
  to: number,
  run: number,
  keep: (at: number) => void,
): void {
  for (let start = from; start < to; start += run) {
    const end = Math.min(to, start + run);
    const { min, max } = extremes(values, start, end);
    let last = -1;
    for (const at of [start, Math.min(min, max), Math.max(min, max), end - 1]) {
      if (at > last) keep(at);
      last = at;
    }
  }
}
