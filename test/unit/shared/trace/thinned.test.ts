/** The live view's series against a plain one that keeps every sample. */
import { describe, expect, test } from 'vitest';
import { envelope } from '../../../../src/shared/trace/envelope';
import { SeriesBuilder, stats } from '../../../../src/shared/trace/series';
import { ThinnedSeries } from '../../../../src/shared/trace/thinned';
import type { SeriesInfo } from '../../../../src/shared/trace/types';

const info: SeriesInfo = {
  id: 'gpu0.memory.used',
  source: 'nvml',
  metric: 'memory.used',
  unit: 'bytes',
  windowUs: null,
  intervalUs: 100_000,
};

/** Noise on a slow wave, with a peak one sample wide now and then. */
function grown(count: number) {
  const [thinned, whole] = [new ThinnedSeries(info), new SeriesBuilder(info)];
  let state = 7;
  for (let i = 0; i < count; i++) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    const value =
      Math.round(1e9 * Math.sin(i / 5000)) +
      (state % 1_000_000) +
      (state % 40_009 === 0 ? 5e9 + i : 0);
    thinned.append(i * 100_000, value);
    whole.append(i * 100_000, value);
  }
  return { thinned, live: thinned.data(), all: whole.data() };
}

describe('a series in bounded memory', () => {
  test('is the whole series while it is short', () => {
    const { live, all, thinned } = grown(16_000);
    expect([live.times, live.values]).toEqual([all.times, all.values]);
    expect(thinned.completeFrom).toBeNull();
  });

  test('holds no more samples after a week than after an hour', () => {
    for (const count of [36_000, 200_000, 1_000_000])
      expect(grown(count).live.times.length).toBeLessThanOrEqual(16_384);
  });

  test('has the figures of all samples, extremes with their times included', () => {
    const { live, all } = grown(300_000);
    const exact = stats(all);
    expect({ ...stats(live), mean: null }).toEqual({ ...exact, mean: null });
    expect(stats(live).mean! / exact.mean!).toBeCloseTo(1, 9);
  });

  test('shows no sample that was not there, in order, and the newest ones all', () => {
    const { live, all, thinned } = grown(123_456);
    const known = new Map(Array.from(all.times, (t, i) => [t, all.values[i]]));
    expect(
      Array.from(live.times).every(
        (t, i) => known.get(t) === live.values[i] && (i === 0 || t > live.times[i - 1]!),
      ),
    ).toBe(true);
    const from = all.times.indexOf(thinned.completeFrom!);
    expect(all.times.length - from).toBeGreaterThanOrEqual(4096);
    expect(live.times.subarray(-4096)).toEqual(all.times.subarray(-4096));
  });

  test('draws every part of the whole, and no peak is lost from the picture', () => {
    const { live, all } = grown(500_000);
    const end = all.times.at(-1)!;
    const columns = 250;
    const [shown, exact] = [envelope(live, 0, end, columns), envelope(all, 0, end, columns)];
    expect(Math.max(...shown.values)).toBe(Math.max(...exact.values));
    expect(Math.min(...shown.values)).toBe(Math.min(...exact.values));
    const used = new Set(Array.from(shown.times, (t) => Math.floor((t / end) * columns)));
    expect(used.size).toBeGreaterThanOrEqual(columns);
  });

  test('what it gave out stays as it was', () => {
    const { thinned, live } = grown(16_000);
    const before = [live.times.slice(), live.values.slice()];
    for (let i = 0; i < 20_000; i++) thinned.append(2e9 + i, 1);
    expect([live.times, live.values]).toEqual(before);
  });
});
