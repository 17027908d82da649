import { describe, expect, it } from 'vitest';
import { maxIn, minIn, seriesStats, stats, valueAt } from '../../../../src/shared/trace/series';
import type { Gap, SampledSeries, SeriesInfo } from '../../../../src/shared/trace/types';

const info: SeriesInfo = {
  id: 'gpu0.memory.used',
  source: 'nvidia-smi',
  metric: 'memory.used',
  unit: 'bytes',
  windowUs: null,
  intervalUs: 100_000,
};

const built = (
  samples: readonly (readonly [number, number])[],
  gaps: readonly Gap[] = [],
): SampledSeries => ({
  info,
  times: Float64Array.from(samples, ([t]) => t),
  values: Float64Array.from(samples, ([, value]) => value),
  gaps,
});

describe('a series', () => {
  const data = built([
    [0, 5],
    [10, 9],
    [20, 1],
    [30, 9],
  ]);

  it('tells its figures, each extreme with the time it was first seen', () => {
    expect(stats(data)).toEqual({ count: 4, min: 1, max: 9, mean: 6, minAt: 20, maxAt: 10 });
    expect(seriesStats(data)).toEqual({ ...info, count: 4, min: 1, max: 9, mean: 6 });
  });

  it('answers null, not 0, where there is no sample', () => {
    const empty = built([]);
    expect(stats(empty)).toEqual({
      count: 0,
      min: null,
      max: null,
      mean: null,
      minAt: null,
      maxAt: null,
    });
    expect(valueAt(empty, 5)).toBeNull();
    expect(valueAt(data, -1)).toBeNull();
    expect(maxIn(data, 11, 19)).toBeNull();
  });

  it('holds the last sample until the next', () => {
    expect([0, 9, 10, 25, 99].map((t) => valueAt(data, t))).toEqual([5, 5, 9, 1, 9]);
  });

  it('has no value inside a gap', () => {
    const broken = built(
      [
        [0, 5],
        [100, 6],
      ],
      [{ t0: 20, t1: 80, reason: 'lost' }],
    );
    expect([0, 20, 50, 80, 100].map((t) => valueAt(broken, t))).toEqual([5, 5, null, 5, 6]);
  });

  it('finds the extremes of a span with their times', () => {
    expect(maxIn(data, 0, 30)).toEqual({ t: 10, value: 9 });
    expect(maxIn(data, 11, 30)).toEqual({ t: 30, value: 9 });
    expect(minIn(data, 0, 19)).toEqual({ t: 0, value: 5 });
  });

  it('keeps the mean exact where a sum of bytes passes 2^53', () => {
    const value = 140_000_000_000_001;
    const many = built(Array.from({ length: 5000 }, (_, i) => [i, value] as const));
    expect(stats(many).mean).toBe(value);
  });
});
