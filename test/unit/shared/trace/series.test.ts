import { describe, expect, it } from 'vitest';
import {
  maxIn,
  minIn,
  SeriesBuilder,
  seriesStats,
  stats,
  valueAt,
} from '../../../../src/shared/trace/series';
import type { SeriesInfo } from '../../../../src/shared/trace/types';

const info: SeriesInfo = {
  id: 'gpu0.memory.used',
  source: 'nvidia-smi',
  metric: 'memory.used',
  unit: 'bytes',
  windowUs: null,
  intervalUs: 100_000,
};

function built(samples: readonly (readonly [number, number])[]): SeriesBuilder {
  const builder = new SeriesBuilder(info);
  for (const [t, value] of samples) builder.append(t, value);
  return builder;
}

describe('a series', () => {
  const data = built([
    [0, 5],
    [10, 9],
    [20, 1],
    [30, 9],
  ]).data();

  it('tells its figures, each extreme with the time it was first seen', () => {
    expect(stats(data)).toEqual({ count: 4, min: 1, max: 9, mean: 6, minAt: 20, maxAt: 10 });
    expect(seriesStats(data)).toEqual({ ...info, count: 4, min: 1, max: 9, mean: 6 });
  });

  it('answers null, not 0, where there is no sample', () => {
    const empty = new SeriesBuilder(info).data();
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
    const builder = built([
      [0, 5],
      [100, 6],
    ]);
    builder.gap({ t0: 20, t1: 80, reason: 'lost' });
    expect([0, 20, 50, 80, 100].map((t) => valueAt(builder.data(), t))).toEqual([5, 5, null, 5, 6]);
  });

  it('finds the extremes of a span with their times', () => {
    expect(maxIn(data, 0, 30)).toEqual({ t: 10, value: 9 });
    expect(maxIn(data, 11, 30)).toEqual({ t: 30, value: 9 });
    expect(minIn(data, 0, 19)).toEqual({ t: 0, value: 5 });
  });

  it('keeps the mean exact where a sum of bytes passes 2^53', () => {
    const value = 140_000_000_000_001;
    const many = built(Array.from({ length: 5000 }, (_, i) => [i, value] as const)).data();
    expect(stats(many).mean).toBe(value);
  });
});

describe('the series builder', () => {
  it('leaves a view it gave out as it was while more samples arrive', () => {
    const builder = built([
      [0, 1],
      [1, 2],
    ]);
    const early = builder.data();
    for (let i = 2; i < 5000; i++) builder.append(i, i);
    expect([...early.values]).toEqual([1, 2]);
    expect(builder.data().values.length).toBe(5000);
    expect(builder.data().times[4999]).toBe(4999);
  });

  it('loses no sample to a clock that stands still or steps back', () => {
    const builder = built([[10, 1]]);
    expect([builder.append(10, 2), builder.append(4, 3), builder.append(20, 4)]).toEqual([
      11, 12, 20,
    ]);
    expect([...builder.data().values]).toEqual([1, 2, 3, 4]);
  });

  it('refuses what is no number', () => {
    expect(() => built([[0, Number.NaN]])).toThrow(RangeError);
    expect(() => built([[Number.POSITIVE_INFINITY, 0]])).toThrow(RangeError);
  });

  it('lets a gap grow', () => {
    const builder = built([[0, 1]]);
    builder.gap({ t0: 5, t1: 10, reason: 'lost' });
    builder.gap({ t0: 5, t1: 50, reason: 'lost' });
    expect(builder.data().gaps).toEqual([{ t0: 5, t1: 50, reason: 'lost' }]);
  });
});
