/** Columns that share little memory, against arrays that hold everything: whatever is asked, the same comes out. */
import { expect, test } from 'vitest';
import { ColumnRoom, NumberColumn, sortByTime } from '../../../../src/main/import/number-column';
import { createChance } from '../../../fuzz/mutate';

/** Two blocks: nearly everything lies in the file. */
const room = new ColumnRoom(131_072);

test('what was put into columns far larger than memory comes out, in any order, changed or not', () => {
  const chance = createChance(7);
  const columns = Array.from({ length: 3 }, () => new NumberColumn(room));
  const truth: number[][] = columns.map(() => []);
  for (let i = 0; i < 90_000; i++) {
    const which = chance.whole(3);
    const value = chance.whole(2 ** 31) - 2 ** 30;
    columns[which]!.push(value);
    truth[which]!.push(value);
    const at = chance.whole(truth[which]!.length);
    if (i % 7 === 0) {
      columns[which]!.set(at, i);
      truth[which]![at] = i;
    }
    if (i % 11 === 0) expect(columns[which]!.get(at)).toBe(truth[which]![at]);
  }
  expect(room.isOverfull).toBe(true);
  for (const [which, column] of columns.entries()) {
    const all = truth[which]!;
    expect(column.length).toBe(all.length);
    expect(Array.from({ length: column.length }, (_, i) => column.get(i))).toEqual(all);
    expect([column.min(0), column.max(0)]).toEqual([Math.min(0, ...all), Math.max(0, ...all)]);
    const order = all.map((_, i) => i).sort((a, b) => all[a]! - all[b]! || a - b);
    expect([...sortByTime(column)]).toEqual(order);
  }
  room.close();
});
