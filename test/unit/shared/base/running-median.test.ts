/** A median that is carried on is the one that sorting everything anew gives. */
import { expect, it } from 'vitest';
import { RunningMedian } from '../../../../src/shared/base/running-median';
import { median } from '../../../../src/shared/base/statistics';
import { randomFrom } from '../../../support/random-runs';

it('is the median of all values at every moment, however many come at once and whatever is counted in beside them', () => {
  const next = randomFrom(5);
  const whole = (most: number) => Math.floor(next() * most);
  for (let round = 0; round < 100; round++) {
    const running = new RunningMedian();
    const all: number[] = [];
    expect(running.median()).toBeNaN();
    for (let look = 0; look < 12; look++) {
      for (let k = whole(round % 2 ? 4 : 90); k > 0; k--) {
        const value = whole(20) - 10 + (next() < 0.1 ? 1e15 : 0);
        running.add(value);
        all.push(value);
      }
      const beside = Array.from({ length: whole(5) }, () => whole(40) - 20);
      expect(running.count).toBe(all.length);
      expect(running.median(beside)).toBe(median([...all, ...beside]));
      expect(running.median()).toBe(median(all));
    }
  }
});
