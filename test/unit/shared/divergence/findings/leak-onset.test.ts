import { describe, expect, it } from 'vitest';
import { median } from '../../../../../src/shared/base/statistics';
import type { Finding } from '../../../../../src/shared/divergence/overlay/types';
import { Random } from '../../../../bench/divergence/random';
import { findingsFor, MB, phase, series, training } from '../../../../support/overlay-scenario';

const STEPS = 40;
/** Begin at the first step, in the second, after five, after twenty, and late. */
const BEGINS = [1, 2, 6, 21, 31];

/** The first and the last step in which it may have begun. */
function rangeOf(leak: Finding | undefined): readonly [number, number] {
  const since = leak?.slope?.since ?? Number.NaN;
  return leak?.slope?.sinceRange ?? [since, since];
}

describe('a leak is told from the step in which it begins', () => {
  it.each(BEGINS)('to the step where bytes are exact: step %i', (begins) => {
    const exact = { ...training(STEPS, 4096, begins), mustMatchExactly: true };
    const [leak, ...rest] = findingsFor(exact);
    expect(rest).toEqual([]);
    expect(leak).toMatchObject({ kind: 'leak', bytes: 4096 * (STEPS - begins + 1) });
    expect(leak?.slope).toEqual({ bytes: 4096, per: 'step', since: begins });
  });

  it.each(BEGINS)('and where nothing is predicted: step %i', (begins) => {
    const [leak] = findingsFor({ ...training(STEPS, 2 * MB, begins), budget: null });
    expect(leak?.slope?.bytes).toBe(2 * MB);
    const [low, high] = rangeOf(leak);
    expect(low).toBeLessThanOrEqual(begins);
    expect(high).toBeGreaterThanOrEqual(begins);
    expect(high - low).toBeLessThanOrEqual(2);
  });

  it('of a sampled line within an interval that holds it in nineteen of twenty', () => {
    const random = new Random(20);
    const markers = Array.from({ length: STEPS }, (_, i) =>
      phase('forward', i + 1, i * 100 + 1, i * 100 + 99),
    ).flat();
    const drawn = BEGINS.flatMap((begins) =>
      Array.from({ length: 40 }, () => {
        const points = Array.from({ length: STEPS }, (_, i) => {
          const leaked = 10 * MB * Math.max(0, i + 2 - begins);
          const level = Math.round(1000 * MB + leaked + 6 * MB * random.normal());
          return Array.from({ length: 10 }, (_, j) => [i * 100 + j * 10, level] as const);
        }).flat();
        const found = findingsFor({ markers, series: [series('gpu0.memory.used', points, 10)] });
        return { begins, leak: found.find(({ kind }) => kind === 'leak') };
      }),
    );
    const told = drawn.filter(({ leak }) => leak !== undefined);
    expect(told.length).toBeGreaterThanOrEqual(0.95 * drawn.length);
    const held = told.filter(({ begins, leak }) => {
      const [low, high] = rangeOf(leak);
      return low <= begins && begins <= high;
    });
    expect(held.length).toBeGreaterThanOrEqual(0.95 * told.length);
    const widths = told.map(({ leak }) => rangeOf(leak)[1] - rangeOf(leak)[0]);
    expect(median(widths)).toBeLessThanOrEqual(4);
  });

  it('between two steps that are told where most are not', () => {
    const all = training(60, 2 * MB, 22);
    const markers = all.markers.filter(({ step }) => step === null || step % 5 === 0);
    const [leak] = findingsFor({ ...all, markers, mustMatchExactly: true });
    expect(leak?.slope).toMatchObject({ per: 'step', sinceRange: [21, 25] });
    expect(Math.abs((leak?.slope?.bytes ?? 0) / (2 * MB) - 1)).toBeLessThan(0.02);
  });
});
