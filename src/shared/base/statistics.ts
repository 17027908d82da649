/** Plain statistics of samples that fit in memory; nothing is weighted and nothing left out. */

/** The greatest, of any number of values; -Infinity of none. */
export function greatest(values: Iterable<number>): number {
  let most = Number.NEGATIVE_INFINITY;
  for (const value of values) most = Math.max(most, value);
  return most;
}

/** NaN of none. */
export const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

/** The middle value, of an even number the mean of the two in the middle; NaN of none. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

/** Length of the shortest stretch that holds more than half of the values: how closely most of them lie. */
export function shortestHalf(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const half = sorted.length >> 1;
  let shortest = Number.POSITIVE_INFINITY;
  for (let i = half; i < sorted.length; i++)
    shortest = Math.min(shortest, sorted[i]! - sorted[i - half]!);
  return shortest;
}
