import { describe, expect, it } from 'vitest';
import { TimedLists } from '../../../../src/shared/trace/timed-lists';
import { random } from '../../../support/fixture-sessions';

describe('lists in order of time', () => {
  it('answer as looking through everything would, ties and keys that are not there included', () => {
    const next = random(5);
    for (let round = 0; round < 200; round++) {
      const all = Array.from({ length: Math.floor(next() * 12) }, (_, n) => ({
        t: Math.floor(next() * 8),
        key: next() < 0.5 ? 'a' : 'b',
        n,
      }));
      const lists = new TimedLists(all, ({ key }) => key);
      const [t0, t1] = [Math.floor(next() * 9), Math.floor(next() * 9)];
      for (const key of ['a', 'b', 'c']) {
        const own = all.filter((one) => one.key === key).toSorted((a, b) => a.t - b.t || a.n - b.n);
        expect(lists.within(key, t0, t1)).toEqual(own.filter(({ t }) => t0 <= t && t <= t1));
        expect(lists.lastBy(key, t0)).toEqual(own.findLast(({ t }) => t <= t0) ?? null);
      }
    }
  });
});
