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
import type { Summary } from './sample-source';

/** Where the points of the column at hand lie, its first ahead of them: behind those of the columns before it. */
const LOWEST = 1;
const HIGHEST = 2;
const LAST = 3;

export class PictureBuilder {
  readonly #t0: Micros;
  readonly #columns: number;
  /** Columns a microsecond. */
  readonly #scale: number;
  #times: Float64Array<ArrayBuffer>;
  #values: Float64Array<ArrayBuffer>;
  /** Points so far; the first place is that of the neighbour before the span. */
  #n = 1;
  #isPicking = false;
  /** Where in columns the one at hand ends; lower than any where there is none. */
  #end = Number.NEGATIVE_INFINITY;

  /** Of the span [t0, t1], which is finite. */
  constructor(t0: Micros, t1: Micros, columns: number) {
    this.#t0 = t0;
    this.#columns = columns;
    this.#scale = columns / (t1 - t0);
    [this.#times, this.#values] = [takeRoom(columns), takeRoom(columns)];
  }

  samples(times: Float64Array, values: Float64Array, from: number, to: number): void {
    if (!this.#isPicking && this.#n - 1 + to - from <= 4 * this.#columns) {
      this.#times.set(times.subarray(from, to), this.#n);
      this.#values.set(values.subarray(from, to), this.#n);
      this.#n += to - from;
      return;
    }
    if (!this.#isPicking) this.#startPicking();
    this.#pickSamples(times, values, from, to);
  }

  groups(groups: Groups, from: number, to: number): void {
    if (!this.#isPicking) this.#startPicking();
    const { t0, t1, min, minT, max, maxT, first, last } = groups;
    const [start, scale] = [this.#t0, this.#scale];
    for (let i = from; i < to; i++) {
      // A run that ends in the column at hand adds its extremes; only where columns meet are its parts told apart.
      if ((t1[i]! - start) * scale < this.#end) {
        this.#lower(minT[i]!, min[i]!);
        this.#raise(maxT[i]!, max[i]!);
        this.#endAt(t1[i]!, last[i]!);
        continue;
      }
      this.#pick(t0[i]!, first[i]!);
      this.#pickExtremes(t0[i]!, t1[i]!, min[i]!, minT[i]!, max[i]!, maxT[i]!);
      if (t1[i]! > t0[i]!) this.#pick(t1[i]!, last[i]!);
    }
  }

  /**
   * A run as its summary tells it. False, and nothing is taken, where that would show less than the picture can: the run
   * is longer than a column, or all samples have been kept so far.
   */
  run({ t0, t1, min, minT, max, maxT, first, last }: Summary): boolean {
    if (!this.#isPicking || (t1 - t0) * this.#scale > 1) return false;
    this.#pick(t0, first);
    this.#pickExtremes(t0, t1, min, minT, max, maxT);
    if (t1 > t0) this.#pick(t1, last);
    return true;
  }

  /** With the neighbours just before and just after the span, where there are any. To be called once. */
  finish(
    before: { readonly t: Micros; readonly value: number } | null,
    after: { readonly t: Micros; readonly value: number } | null,
  ): Envelope {
    this.#endColumn();
    if (after !== null) {
      this.#times[this.#n] = after.t;
      this.#values[this.#n++] = after.value;
    }
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
    const [times, values, end] = [this.#times, this.#values, this.#n];
    [this.#times, this.#values] = [takeRoom(this.#columns), takeRoom(this.#columns)];
    this.#n = 1;
    this.#pickSamples(times, values, 1, end);
    free.push(times, values);
  }

  #pickSamples(times: Float64Array, values: Float64Array, from: number, to: number): void {
    const [start, scale] = [this.#t0, this.#scale];
    for (let i = from; i < to; ) {
      this.#pick(times[i]!, values[i]!);
      const end = this.#end;
      let [low, high] = [i, i];
      let min = this.#values[this.#n + LOWEST]!;
      let max = this.#values[this.#n + HIGHEST]!;
      for (i++; i < to && (times[i]! - start) * scale < end; i++) {
        const value = values[i]!;
        if (value < min) {
          min = value;
          low = i;
        } else if (value > max) {
          max = value;
          high = i;
        }
      }
      this.#lower(times[low]!, values[low]!);
      this.#raise(times[high]!, values[high]!);
      this.#endAt(times[i - 1]!, values[i - 1]!);
    }
  }

  /** Those of a run that are not its first or last sample. */
  #pickExtremes(
    t0: Micros,
    t1: Micros,
    min: number,
    minT: Micros,
    max: number,
    maxT: Micros,
  ): void {
    if (minT < maxT) {
      if (minT > t0) this.#pick(minT, min);
      if (maxT < t1) this.#pick(maxT, max);
    } else {
      if (maxT > t0) this.#pick(maxT, max);
      if (minT < t1 && minT > maxT) this.#pick(minT, min);
    }
  }

  #pick(t: Micros, value: number): void {
    const at = (t - this.#t0) * this.#scale;
    if (at >= this.#end) {
      this.#startColumn(Math.floor(at), t, value);
    } else {
      this.#lower(t, value);
      this.#raise(t, value);
      this.#endAt(t, value);
    }
  }

  #lower(t: Micros, value: number): void {
    const at = this.#n + LOWEST;
    if (!(value < this.#values[at]!)) return;
    this.#times[at] = t;
    this.#values[at] = value;
  }

  #raise(t: Micros, value: number): void {
    const at = this.#n + HIGHEST;
    if (!(value > this.#values[at]!)) return;
    this.#times[at] = t;
    this.#values[at] = value;
  }

  #endAt(t: Micros, value: number): void {
    this.#times[this.#n + LAST] = t;
    this.#values[this.#n + LAST] = value;
  }

  #startColumn(column: number, t: Micros, value: number): void {
    this.#endColumn();
    this.#end = column >= this.#columns - 1 ? Number.POSITIVE_INFINITY : column + 1;
    for (let i = this.#n; i <= this.#n + LAST; i++) {
      this.#times[i] = t;
      this.#values[i] = value;
    }
  }

  /** Its points in order of time, each once. */
  #endColumn(): void {
    if (this.#end === Number.NEGATIVE_INFINITY) return;
    const [times, values] = [this.#times, this.#values];
    const from = this.#n;
    if (times[from + LOWEST]! > times[from + HIGHEST]!) {
      swap(times, from + LOWEST, from + HIGHEST);
      swap(values, from + LOWEST, from + HIGHEST);
    }
    let to = from;
    for (let i = from + 1; i <= from + LAST; i++) {
      if (times[i]! <= times[to]!) continue;
      to++;
      times[to] = times[i]!;
      values[to] = values[i]!;
    }
    this.#n = to + 1;
  }
}

function swap(column: Float64Array, a: number, b: number): void {
  const held = column[a]!;
  column[a] = column[b]!;
  column[b] = held;
}

/** Room of pictures that are finished: a view makes two dozen, one after the other. */
const free: Float64Array<ArrayBuffer>[] = [];
const MOST_FREE = 8;

/** Four points for each column, one to either side, and the column at hand. What it held is still in it. */
function takeRoom(columns: number): Float64Array<ArrayBuffer> {
  const length = 4 * columns + 6;
  const room = free.pop();
  while (free.length > MOST_FREE) free.pop();
  return room !== undefined && room.length === length ? room : new Float64Array(length);
}
