/** The slope of what was read one after the other, on lines whose slope is known. */
import { describe, expect, it } from 'vitest';
import { fitDrift } from '../../../../src/shared/base/drift';

const noise = (i: number): number => ((i * 7919) % 101) - 50;

describe('the slope of a line', () => {
  it('lies in its interval, of noise that is independent and of noise that is not', () => {
    const wander = (i: number) => 400 * Math.sin(i / 40);
    for (const wave of [noise, wander]) {
      const points = Array.from({ length: 400 }, (_, x) => ({ x, y: 3 * x + wave(x) }));
      const drift = fitDrift(points)!;
      expect(Math.abs(drift.slope - 3)).toBeLessThanOrEqual(drift.halfWidth);
      expect(drift.halfWidth).toBeLessThan(4);
    }
  });

  it('is known to one block over all of the rise, where it grows in blocks', () => {
    const points = Array.from({ length: 50 }, (_, x) => ({ x, y: 1024 * Math.floor(x / 10) }));
    expect(fitDrift(points)!.halfWidth).toBeGreaterThanOrEqual(1024 / 49);
  });

  it('is told of as many points as a long session has steps', () => {
    const points = Array.from({ length: 300_000 }, (_, x) => ({ x, y: 2 * x + Math.sin(x * x) }));
    expect(fitDrift(points)!.slope).toBeCloseTo(2, 2);
  });

  it('is none of fewer than three points, or of one moment', () => {
    expect(fitDrift([])).toBeNull();
    expect(
      fitDrift([
        { x: 0, y: 1 },
        { x: 1, y: 2 },
      ]),
    ).toBeNull();
    expect(fitDrift(Array.from({ length: 9 }, (_, y) => ({ x: 1, y })))).toBeNull();
  });
});
