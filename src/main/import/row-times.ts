/** Times of rows that have none of their own, in a file in which others have one. */
import type { NumberColumn } from './number-column';

/**
 * Fills in place every time below zero: between two rows that have a time in even steps, before the first and after the
 * last at theirs. The order of the file is kept, and nothing lies outside what the file tells. `otherwise`: where no row of
 * these has a time.
 */
export function placeBetween(times: NumberColumn, otherwise: number): void {
  let before = Number.NaN;
  for (let i = 0; i < times.length; i++) {
    const time = times.get(i);
    if (time >= 0) {
      before = time;
      continue;
    }
    let end = i;
    while (end < times.length && times.get(end) < 0) end++;
    const after = end < times.length ? times.get(end) : before;
    const to = Number.isNaN(after) ? otherwise : after;
    const from = Number.isNaN(before) ? to : before;
    const step = (to - from) / (end - i + 1);
    for (let k = i; k < end; k++) times.set(k, from + step * (k - i + 1));
    before = times.get(end - 1);
    i = end - 1;
  }
}
