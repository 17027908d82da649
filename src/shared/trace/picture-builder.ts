/**
 * The envelope of a span (see envelope.ts) from samples and runs of samples as they come, in order of time. A run gives
 * its first, lowest, highest and last sample, so the picture holds every extreme with its own time however coarse the
 * runs are.
 */
import type { Micros } from '../base/units';
import type { Envelope } from './envelope';
import type { Groups } from './levels';
import { extremes } from './pyramid';

export class PictureBuilder {
  #times = new Float64Array(1024);
  #values = new Float64Array(1024);
  #n = 0;

  point(t: Micros, value: number): void {
    this.#reserve(1);
    this.#times[this.#n] = t;
    this.#values[this.#n++] = value;
  }

  samples(times: Float64Array, values: Float64Array, from: number, to: number): void {
    this.#reserve(to - from);
    this.#times.set(times.subarray(from, to), this.#n);
    this.#values.set(values.subarray(from, to), this.#n);
    this.#n += to - from;
  }

  groups(groups: Groups, from: number, to: number): void {
    this.#reserve(4 * (to - from));
    const { t0, t1, min, minT, max, maxT, first, last } = groups;
    const [times, values] = [this.#times, this.#values];
    let n = this.#n;
    for (let i = from; i < to; i++) {
      const [begin, end, low, high] = [t0[i]!, t1[i]!, minT[i]!, maxT[i]!];
      times[n] = begin;
      values[n++] = first[i]!;
      const lowFirst = low < high;
      const [a, b] = lowFirst ? [low, high] : [high, low];
      if (a > begin && a < end) {
        times[n] = a;
        values[n++] = lowFirst ? min[i]! : max[i]!;
      }
      if (b > begin && b < end && b !== a) {
        times[n] = b;
        values[n++] = lowFirst ? max[i]! : min[i]!;
      }
      if (end > begin) {
        times[n] = end;
        values[n++] = last[i]!;
      }
    }
    this.#n = n;
  }

  /** At most four points for each of `columns` columns of [t0, t1]. */
  finish(t0: Micros, t1: Micros, columns: number): Envelope {
    const times = this.#times.subarray(0, this.#n);
    const values = this.#values.subarray(0, this.#n);
    return this.#n <= 4 * columns
      ? { times: times.slice(), values: values.slice() }
      : pickColumns(times, values, t0, t1, columns);
  }

  #reserve(more: number): void {
    if (this.#n + more <= this.#times.length) return;
    const room = Math.max(this.#times.length * 2, this.#n + more);
    this.#times = grown(this.#times, room);
    this.#values = grown(this.#values, room);
  }
}

function grown(column: Float64Array, room: number): Float64Array<ArrayBuffer> {
  const larger = new Float64Array(room);
  larger.set(column);
  return larger;
}

/** Of the points in each column the first, the lowest, the highest and the last. */
function pickColumns(
  times: Float64Array,
  values: Float64Array,
  t0: Micros,
  t1: Micros,
  columns: number,
): Envelope {
  const outTimes = new Float64Array(4 * columns);
  const outValues = new Float64Array(4 * columns);
  const scale = columns / (t1 - t0);
  let length = 0;
  let start = 0;
  while (start < times.length) {
    const column = Math.min(columns - 1, Math.floor((times[start]! - t0) * scale));
    const until = column === columns - 1 ? Number.POSITIVE_INFINITY : column + 1;
    let end = start + 1;
    while (end < times.length && (times[end]! - t0) * scale < until) end++;
    const { min, max } = extremes(values, start, end);
    let before = -1;
    for (const index of [start, Math.min(min, max), Math.max(min, max), end - 1]) {
      if (index > before) {
        outTimes[length] = times[index]!;
        outValues[length++] = values[index]!;
      }
      before = index;
    }
    start = end;
  }
  return { times: outTimes.slice(0, length), values: outValues.slice(0, length) };
}
