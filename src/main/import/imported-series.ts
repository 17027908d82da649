/**
 * A series of a file that was read: its figures, its gaps, and its samples for whoever walks through them. The samples are
 * not held here, so that a series may be longer than memory is large.
 */
import type { Micros } from '../../shared/base/units';
import type { Gap, SeriesFigures, SeriesInfo } from '../../shared/trace/types';

/** Hands on every sample in order of time. */
export type Walk = (take: (t: Micros, value: number) => void) => void;

export class ImportedSeries {
  readonly info: SeriesInfo;
  readonly gaps: readonly Gap[];
  readonly figures: SeriesFigures;
  /** Null where there is no sample. */
  readonly first: number | null;
  readonly last: Micros | null;
  readonly walk: Walk;
  #columns: { readonly times: Float64Array; readonly values: Float64Array } | null = null;

  constructor(info: SeriesInfo, gaps: readonly Gap[], walk: Walk) {
    this.info = info;
    this.gaps = gaps;
    this.walk = walk;
    let [count, sum, mean] = [0, 0, 0];
    let [first, last, min, max, minAt, maxAt] = [0, 0, 0, 0, 0, 0];
    walk((t, value) => {
      if (count === 0) [first, min, max, minAt, maxAt] = [value, value, value, t, t];
      else if (value < min) [min, minAt] = [value, t];
      else if (value > max) [max, maxAt] = [value, t];
      count++;
      sum += value;
      mean += (value - mean) / count;
      last = t;
    });
    const isEmpty = count === 0;
    // The running mean stays exact where the sum of bytes passes 2^53.
    const exact = Math.abs(sum) <= Number.MAX_SAFE_INTEGER ? sum / count : mean;
    this.figures = {
      count,
      min: isEmpty ? null : min,
      max: isEmpty ? null : max,
      mean: isEmpty ? null : exact,
      minAt: isEmpty ? null : minAt,
      maxAt: isEmpty ? null : maxAt,
    };
    this.first = isEmpty ? null : first;
    this.last = isEmpty ? null : last;
  }

  /** All at once: of a series that is known to be short. */
  get times(): Float64Array {
    return this.#all().times;
  }

  get values(): Float64Array {
    return this.#all().values;
  }

  #all(): { readonly times: Float64Array; readonly values: Float64Array } {
    if (this.#columns) return this.#columns;
    const { count } = this.figures;
    const [times, values] = [new Float64Array(count), new Float64Array(count)];
    let at = 0;
    this.walk((t, value) => {
      times[at] = t;
      values[at++] = value;
    });
    this.#columns = { times, values };
    return this.#columns;
  }
}
