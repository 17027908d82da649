/** Binary search: in a column of times, which must rise strictly, so that every answer is exact, ties included; and in any list. */
import type { Micros } from './units';

/** Index of the first time in [from, to) that is >= t; `to` when there is none. Times rise strictly. */
export function lowerBound(
  times: ArrayLike<number>,
  t: Micros,
  from = 0,
  to = times.length,
): number {
  let low = from;
  let high = to;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (times[middle]! < t) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Index of the first time in [from, to) that is > t; `to` when there is none. */
export function upperBound(
  times: ArrayLike<number>,
  t: Micros,
  from = 0,
  to = times.length,
): number {
  const at = lowerBound(times, t, from, to);
  return at < to && times[at] === t ? at + 1 : at;
}

/** How many of the first of `list` hold; none after the first that does not. */
export function countWhile<T>(list: readonly T[], holds: (one: T) => boolean): number {
  let low = 0;
  let high = list.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (holds(list[middle]!)) low = middle + 1;
    else high = middle;
  }
  return low;
}
