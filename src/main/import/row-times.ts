/** Times of rows that have none of their own, in a file in which others have one. Pure. */

/**
 * Fills in place every time below zero: between two rows that have a time in even steps, before the first and after the
 * last at theirs. The order of the file is kept, and nothing lies outside what the file tells. `otherwise`: where no row of
 * these has a time.
 */
export function placeBetween(times: Float64Array, otherwise: number): void {
  let before = Number.NaN;
  for (let i = 0; i < times.length; i++) {
    if (times[i]! >= 0) {
      before = times[i]!;
      continue;
    }
    let end = i;
    while (end < times.length && times[end]! < 0) end++;
    const after = end < times.length ? times[end]! : before;
    const to = Number.isNaN(after) ? otherwise : after;
    const from = Number.isNaN(before) ? to : before;
    const step = (to - from) / (end - i + 1);
    for (let k = i; k < end; k++) times[k] = from + step * (k - i + 1);
    before = times[end - 1]!;
    i = end - 1;
  }
}
