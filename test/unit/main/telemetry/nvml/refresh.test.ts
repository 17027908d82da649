/** When a slow counter was renewed, told from readings alone, against counters whose period is known. */
import { describe, expect, test } from 'vitest';
import { Refresh } from '../../../../../src/main/telemetry/nvml/refresh';

/** Reads, with some unevenness, a counter that is renewed every `periodUs`; returns the readings that were kept. */
function watch(
  periodUs: number,
  renewedTo: (renewal: number) => number,
  readUs = 50_000,
  seconds = 60,
) {
  const refresh = new Refresh(readUs, 100_000);
  const kept: { t: number; value: number }[] = [];
  let state = 3;
  for (let read = 0; read * readUs < seconds * 1e6; read++) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    const t = read * readUs + Math.floor((state / 2 ** 32) * 2000) + 7000;
    const value = renewedTo(Math.floor(t / periodUs));
    if (refresh.offer(t, value)) kept.push({ t, value });
  }
  return { refresh, kept };
}

describe('a counter that is renewed more slowly than it is read', () => {
  test.each([100_000, 167_000, 216_000, 1_012_000])('its period of %i µs is found', (periodUs) => {
    const { refresh } = watch(periodUs, (renewal) => renewal % 97);
    expect(refresh.periodUs! / periodUs).toBeCloseTo(1, 1);
  });

  test('its period is found where it often repeats a value, too', () => {
    const { refresh } = watch(
      167_000,
      (renewal) => (renewal % 5 < 2 ? 0 : renewal % 41),
      50_000,
      120,
    );
    expect(refresh.periodUs! / 167_000).toBeGreaterThan(0.9);
    expect(refresh.periodUs! / 167_000).toBeLessThan(1.15);
  });

  test('one reading is kept of each renewal, within a read of its time, and none is invented', () => {
    const { kept } = watch(1_000_000, (renewal) => renewal);
    expect(kept.length).toBeGreaterThanOrEqual(60);
    const steady = kept.filter(({ t }) => t > 20e6);
    expect(steady.length).toBeLessThanOrEqual(42);
    for (const { t, value } of steady) expect(t - value * 1_000_000).toBeLessThan(1_000_000);
    expect(new Set(steady.map(({ value }) => value)).size).toBe(40);
  });

  test('a value that stays is kept once a period, so that means stay means over time', () => {
    const { kept } = watch(100_000, () => 42);
    expect(kept.length).toBeGreaterThan(550);
    expect(kept.length).toBeLessThan(620);
  });

  test('every reading is kept where each brings a new value, and no period is claimed', () => {
    const { kept, refresh } = watch(20_000, (renewal) => renewal);
    expect(kept.length).toBe(1200);
    expect(refresh.periodUs).toBeNull();
  });

  test('after a gap the first reading is kept, and the time of the gap is no period', () => {
    const refresh = new Refresh(50_000, 100_000);
    for (let i = 0; i < 200; i++) refresh.offer(i * 50_000, Math.floor(i / 4));
    const before = refresh.periodUs!;
    refresh.forget();
    expect(refresh.offer(90e6, 49)).toBe(true);
    for (let i = 1; i < 200; i++) refresh.offer(90e6 + i * 50_000, 49 + Math.floor(i / 4));
    expect([before, refresh.periodUs]).toEqual([200_000, 200_000]);
  });
});
