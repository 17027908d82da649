/**
 * What is known of a stretch of samples without reading them again: its extremes with their times, its ends, and the
 * area under it. Summaries of neighbours merge into that of both, exactly as if it had been made from all samples; of
 * equal values the first counts.
 *
 * The area takes each sample as held until the next one. What lies in a gap is not taken out here: gaps may be told
 * after the samples around them.
 */
import type { Summary } from './sample-source';
import type { SeriesFigures } from './types';

export type { Summary } from './sample-source';

/** Over [from, to), which must not be empty. */
export function summarize(
  times: Float64Array,
  values: Float64Array,
  from: number,
  to: number,
): Summary {
  let min = from;
  let max = from;
  let lowest = values[from]!;
  let highest = lowest;
  let sum = lowest;
  let integral = 0;
  for (let i = from + 1; i < to; i++) {
    const value = values[i]!;
    integral += values[i - 1]! * (times[i]! - times[i - 1]!);
    sum += value;
    if (value < lowest) {
      lowest = value;
      min = i;
    } else if (value > highest) {
      highest = value;
      max = i;
    }
  }
  return {
    count: to - from,
    min: lowest,
    minT: times[min]!,
    max: highest,
    maxT: times[max]!,
    first: values[from]!,
    t0: times[from]!,
    last: values[to - 1]!,
    t1: times[to - 1]!,
    sum,
    integral,
  };
}

/** Of both; `after` begins later than `before` ends. */
export function mergeSummaries(before: Summary, after: Summary): Summary {
  const lower = after.min < before.min ? after : before;
  const higher = after.max > before.max ? after : before;
  return {
    count: before.count + after.count,
    min: lower.min,
    minT: lower.minT,
    max: higher.max,
    maxT: higher.maxT,
    first: before.first,
    t0: before.t0,
    last: after.last,
    t1: after.t1,
    sum: before.sum + after.sum,
    integral: before.integral + before.last * (after.t0 - before.t1) + after.integral,
  };
}

/** Null stands for no sample at all. */
export const figuresFrom = (all: Summary | null): SeriesFigures => ({
  count: all?.count ?? 0,
  min: all?.min ?? null,
  max: all?.max ?? null,
  mean: all && all.sum / all.count,
  minAt: all?.minT ?? null,
  maxAt: all?.maxT ?? null,
});
