import { describe, expect, it } from 'vitest';
import { differences, type Range } from '../../../../src/renderer/views/compare/difference';
import { random } from '../../../support/fixture-sessions';

const flat = (...values: readonly number[]): Range[] =>
  values.map((value) => ({ low: value, high: value }));

describe('the difference of two lines', () => {
  it('is what one holds more, however the line runs', () => {
    const next = random(7);
    for (let run = 0; run < 200; run++) {
      const line = Array.from({ length: 60 }, () => {
        const low = next() * 1000;
        return { low, high: low + next() * 300 };
      });
      const more = Math.round(next() * 400 - 200);
      const moved = line.map(({ low, high }) => ({ low: low + more, high: high + more }));
      for (const change of differences(moved, line)) expect(change).toBeCloseTo(more, 9);
    }
  });
  it('passes over a step that both take, a column apart', () => {
    const own = flat(100, 100, 100, 30, 30, 30);
    const other = flat(90, 90, 20, 20, 20, 20);
    // The column in which one line has fallen and the other has not spans the step in the one that falls.
    const falls = other.with(2, { low: 20, high: 90 });
    expect(differences(own, falls)).toEqual([10, 10, 10, 10, 10, 10]);
    expect(differences(falls, own)).toEqual([-10, -10, -10, -10, -10, -10]);
    const early = [...flat(100, 100), { low: 20, high: 100 }, ...flat(20, 20, 20)];
    const late = [...flat(100, 100, 100), { low: 20, high: 100 }, ...flat(20, 20)];
    expect(differences(late, early)).toEqual([0, 0, 0, 0, 0, 0]);
  });
  it('keeps a peak of one column that only one of them has', () => {
    const level = flat(50, 50, 50, 50, 50);
    const peak = level.with(2, { low: 50, high: 400 });
    expect(differences(peak, level)[2]).toBe(350);
    expect(differences(level, peak)[2]).toBe(-350);
  });
  it('is not known where either line is not', () => {
    expect(differences([null, ...flat(5, 5)], [...flat(1, 1), null])).toEqual([null, 4, null]);
  });
});
