/**
 * A min/max pyramid over a column of values: where the lowest and the highest of any range are, in logarithmic time.
 *
 *     level 1   where the min and the max of each run of 256 values are
 *     level 0   where the min and the max of each run of 16 values are
 *     values    v v v v v v v v v v v v v v v v …
 *
 * Positions are kept, not values, so that an extreme always comes with its own time; of equal values the first counts,
 * exactly as in a plain scan. Costs half a byte per sample.
 */
import type { SampleIndex } from '../base/units';

const FAN_OUT = 16;
/** A range of at least this many samples is worth building a pyramid for; below, a plain scan is as quick. */
export const PYRAMID_FROM = 200_000;

/** Positions of the first lowest and first highest value of a range. */
export interface Extremes {
  readonly min: SampleIndex;
  readonly max: SampleIndex;
}

/** By plain scan over [from, to), which must not be empty. */
export function extremes(values: Float64Array, from: SampleIndex, to: SampleIndex): Extremes {
  let min = from;
  let max = from;
  let lowest = values[from]!;
  let highest = lowest;
  for (let i = from + 1; i < to; i++) {
    const value = values[i]!;
    if (value < lowest) {
      lowest = value;
      min = i;
    } else if (value > highest) {
      highest = value;
      max = i;
    }
  }
  return { min, max };
}

interface Level {
  readonly min: Uint32Array;
  readonly max: Uint32Array;
}

export class MinMaxPyramid {
  readonly #levels: Level[] = [];
  readonly values: Float64Array;

  constructor(values: Float64Array) {
    this.values = values;
    let below: Level | null = null;
    for (let count = values.length; count > FAN_OUT; count = Math.ceil(count / FAN_OUT)) {
      below = below === null ? this.#ground(count) : this.#raise(below, count);
      this.#levels.push(below);
    }
  }

  /** Over [from, to), which must not be empty. */
  extremes(from: SampleIndex, to: SampleIndex): Extremes {
    const best = { min: from, max: from };
    let low = from;
    let high = to;
    for (let depth = 0; low < high; depth++) {
      const level = depth === 0 ? null : this.#levels[depth - 1]!;
      const top = depth === this.#levels.length;
      // Values at the two ends that fill no run are compared here; whole runs are left to the level above.
      while (low < high && (top || low % FAN_OUT !== 0)) this.#consider(best, level, low++);
      while (low < high && high % FAN_OUT !== 0) this.#consider(best, level, --high);
      low /= FAN_OUT;
      high /= FAN_OUT;
    }
    return best;
  }

  #consider(best: { min: number; max: number }, level: Level | null, at: number): void {
    const min = level === null ? at : level.min[at]!;
    const max = level === null ? at : level.max[at]!;
    const lower = this.values[min]! - this.values[best.min]!;
    if (lower < 0 || (lower === 0 && min < best.min)) best.min = min;
    const higher = this.values[max]! - this.values[best.max]!;
    if (higher > 0 || (higher === 0 && max < best.max)) best.max = max;
  }

  /** The lowest level, straight from the values: nearly all of the work. */
  #ground(count: number): Level {
    const values = this.values;
    const runs = Math.ceil(count / FAN_OUT);
    const level: Level = { min: new Uint32Array(runs), max: new Uint32Array(runs) };
    for (let run = 0, at = 0; run < runs; run++) {
      const end = Math.min(count, at + FAN_OUT);
      let min = at;
      let max = at;
      let lowest = values[at]!;
      let highest = lowest;
      for (at++; at < end; at++) {
        const value = values[at]!;
        if (value < lowest) {
          lowest = value;
          min = at;
        } else if (value > highest) {
          highest = value;
          max = at;
        }
      }
      level.min[run] = min;
      level.max[run] = max;
    }
    return level;
  }

  #raise(below: Level, count: number): Level {
    const values = this.values;
    const runs = Math.ceil(count / FAN_OUT);
    const level: Level = { min: new Uint32Array(runs), max: new Uint32Array(runs) };
    for (let run = 0; run < runs; run++) {
      const end = Math.min(count, (run + 1) * FAN_OUT);
      let min = below.min[run * FAN_OUT]!;
      let max = below.max[run * FAN_OUT]!;
      for (let i = run * FAN_OUT + 1; i < end; i++) {
        const low = below.min[i]!;
        const high = below.max[i]!;
        if (values[low]! < values[min]!) min = low;
        if (values[high]! > values[max]!) max = high;
      }
      level.min[run] = min;
      level.max[run] = max;
    }
    return level;
  }
}

const pyramids = new WeakMap<Float64Array, MinMaxPyramid>();

/** Over [from, to): by a pyramid where the range is worth one or one is there already. */
export function findExtremes(values: Float64Array, from: SampleIndex, to: SampleIndex): Extremes {
  const count = to - from;
  const pyramid = count >= PYRAMID_FROM ? buildPyramid(values) : pyramids.get(values);
  return count >= FAN_OUT * FAN_OUT && pyramid
    ? pyramid.extremes(from, to)
    : extremes(values, from, to);
}

/** The pyramid of a column, built once for as long as the column lives. The column must not change afterwards. */
export function buildPyramid(values: Float64Array): MinMaxPyramid {
  let pyramid = pyramids.get(values);
  if (pyramid === undefined) {
    pyramid = new MinMaxPyramid(values);
    pyramids.set(values, pyramid);
  }
  return pyramid;
}
