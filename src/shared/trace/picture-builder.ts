/**
 * The envelope of a span (see envelope.ts) from samples and runs of samples as they come, in order of time. A run gives
 * its first, lowest, highest and last sample, so the picture holds every extreme with its own time however coarse the
 * runs are.
 *
 * While no more points come than four for each column, all are kept; from then on, of each column the first, the lowest,
 * the highest and the last. Room is taken for the picture alone, however many samples come.
 */
import type { Micros } from '../base/units';
import type { Envelope } from './envelope';
import type { Groups } from './levels';

export class PictureBuilder {
  readonly #t0: Micros;
  readonly #columns: number;
  /** Columns a microsecond. */
  readonly #scale: number;
  readonly #times: Float64Array<ArrayBuffer>;
  readonly #values: Float64Array<ArrayBuffer>;
  /** The first place is that of the neighbour before the span. */
  #n = 1;
  #isPicking = false;
  /** Where in columns the present one ends. */
  #until = Number.NEGATIVE_INFINITY;
  #firstT = 0;
  #first = 0;
  #minT = 0;
  #min = 0;
  #maxT = 0;
  #max = 0;
  #lastT = 0;
  #last = 0;

  /** Of the span [t0, t1], which is finite. */
  constructor(t0: Micros, t1: Micros, columns: number) {
    this.#t0 = t0;
    this.#columns = columns;
    this.#scale = columns / (t1 - t0);
    // Four for each column, and one to either side.
    [this.#times, this.#values] = [takeRoom(4 * columns + 2), takeRoom(4 * columns + 2)];
  }

  samples(times: Float64Array, values: Float64Array, from: number, to: number): void {
    if (!this.#isPicking && this.#n - 1 + to - from <= 4 * this.#columns) {
      this.#times.set(times.subarray(from, to), this.#n);
      this.#values.set(values.subarray(from, to), this.#n);
      this.#n += to - from;
      return;
    }
    if (!this.#isPicking) this.#startPicking();
    for (let i = from; i < to; i++) this.#pick(times[i]!, values[i]!);
  }

  groups(groups: Groups, from: number, to: number): void {
    if (!this.#isPicking) this.#startPicking();
    const { t0, t1, min, minT, max, maxT, first, last } = groups;
    for (let i = from; i < to; i++) {
      this.#pick(t0[i]!, first[i]!);
      const [low, high] = [minT[i]!, maxT[i]!];
      if (low < high) {
        if (low > t0[i]!) this.#pick(low, min[i]!);
        if (high < t1[i]!) this.#pick(high, max[i]!);
      } else {
        if (high > t0[i]!) this.#pick(high, max[i]!);
        if (low < t1[i]! && low > high) this.#pick(low, min[i]!);
      }
      if (t1[i]! > t0[i]!) this.#pick(t1[i]!, last[i]!);
    }
  }

  /** With the neighbours just before and just after the span, where there are any. To be called once. */
  finish(
    before: { readonly t: Micros; readonly value: number } | null,
    after: { readonly t: Micros; readonly value: number } | null,
  ): Envelope {
    if (this.#isPicking) this.#putColumn();
    if (after !== null) this.#put(after.t, after.value);
    if (before !== null) {
      this.#times[0] = before.t;
      this.#values[0] = before.value;
    }
    const from = before === null ? 1 : 0;
    const times = this.#times.slice(from, this.#n);
    const values = this.#values.slice(from, this.#n);
    free.push(this.#times, this.#values);
    return { times, values };
  }

  /** What was kept so far is picked from as if it came now. */
  #startPicking(): void {
    this.#isPicking = true;
    const times = this.#times.slice(1, this.#n);
    const values = this.#values.slice(1, this.#n);
    this.#n = 1;
    for (let i = 0; i < times.length; i++) this.#pick(times[i]!, values[i]!);
  }

  #pick(t: Micros, value: number): void {
    const at = (t - this.#t0) * this.#scale;
    if (at >= this.#until) {
      if (this.#until > 0) this.#putColumn();
      const column = Math.floor(at);
      this.#until = column >= this.#columns - 1 ? Number.POSITIVE_INFINITY : column + 1;
      this.#firstT = this.#minT = this.#maxT = t;
      this.#first = this.#min = this.#max = value;
    } else if (value < this.#min) {
      this.#min = value;
      this.#minT = t;
    } else if (value > this.#max) {
      this.#max = value;
      this.#maxT = t;
    }
    this.#lastT = t;
    this.#last = value;
  }

  #putColumn(): void {
    if (this.#until === Number.NEGATIVE_INFINITY) return;
    this.#put(this.#firstT, this.#first);
    const lowFirst = this.#minT < this.#maxT;
    const [a, b] = lowFirst ? [this.#minT, this.#maxT] : [this.#maxT, this.#minT];
    if (a > this.#firstT) this.#put(a, lowFirst ? this.#min : this.#max);
    if (b > a) this.#put(b, lowFirst ? this.#max : this.#min);
    if (this.#lastT > b) this.#put(this.#lastT, this.#last);
  }

  #put(t: Micros, value: number): void {
    this.#times[this.#n] = t;
    this.#values[this.#n++] = value;
  }
}

/** Room of pictures that are finished: a view makes two dozen, one after the other. */
const free: Float64Array<ArrayBuffer>[] = [];
const MOST_FREE = 8;

/** What it held is still in it. */
function takeRoom(length: number): Float64Array<ArrayBuffer> {
  const room = free.pop();
  while (free.length > MOST_FREE) free.pop();
  return room !== undefined && room.length === length ? room : new Float64Array(length);
}
