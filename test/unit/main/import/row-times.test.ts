/** Rows without a time among rows that have one. */
import { expect, test } from 'vitest';
import { ColumnRoom, NumberColumn } from '../../../../src/main/import/number-column';
import { placeBetween } from '../../../../src/main/import/row-times';

const NONE = -1;

function placed(times: readonly number[], otherwise = 7): number[] {
  const column = new NumberColumn(new ColumnRoom(65_536));
  for (const time of times) column.push(time);
  placeBetween(column, otherwise);
  return times.map((_, i) => column.get(i));
}

test.each([
  ['between two others in even steps', [10, NONE, NONE, 40], [10, 20, 30, 40]],
  ['at the first, before it', [NONE, NONE, 5, 9], [5, 5, 5, 9]],
  ['at the first, also where that is at 0', [NONE, 0, 9], [0, 0, 9]],
  ['between others of which one is at 0', [0, NONE, 8], [0, 4, 8]],
  ['at the last, behind it', [3, NONE, NONE], [3, 3, 3]],
  ['each stretch by itself', [0, NONE, 4, NONE, 6], [0, 2, 4, 5, 6]],
  ['where it is said, when none has a time', [NONE, NONE], [7, 7]],
])('are placed %s', (_where, times, expected) => {
  expect(placed(times)).toEqual(expected);
});
