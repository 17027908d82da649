import { describe, expect, it } from 'vitest';
import { envelope } from '../../../../src/shared/trace/envelope';
import { extremes, MinMaxPyramid, PYRAMID_FROM } from '../../../../src/shared/trace/pyramid';
import type { Gap, SampledSeries } from '../../../../src/shared/trace/types';

const info = {
  id: 's',
  source: 't',
  metric: 'm',
  unit: 'bytes',
  windowUs: null,
  intervalUs: null,
} as const;

/** A seeded generator (mulberry32), so that a failure can be run again. */
function random(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

function series(
  samples: readonly (readonly [number, number])[],
  gaps: readonly Gap[] = [],
): SampledSeries {
  return {
    info,
    times: Float64Array.from(samples, ([t]) => t),
    values: Float64Array.from(samples, ([, v]) => v),
    gaps,
  };
}

/** Irregular times, plateaus, single spikes, and gaps between some neighbours. */
function randomSeries(next: () => number): SampledSeries {
  const count = Math.floor(next() * 2000);
  const gapRate = next() < 0.3 ? 0.5 : next() * 0.05;
  const plateau = 1 + Math.floor(next() * 40);
  const samples: [number, number][] = [];
  const gaps: Gap[] = [];
  let t = Math.floor(next() * 1000) - 500;
  for (let i = 0; i < count; i++) {
    const step = 1 + Math.floor(next() ** 4 * 5000);
    if (i > 0 && step > 2 && next() < gapRate) {
      const t0 = next() < 0.5 ? t : t + 1;
      const t1 = next() < 0.5 ? t + step : t0;
      if (t1 > t || t0 > t) gaps.push({ t0, t1, reason: 'lost' });
    }
    t += step;
    samples.push([
      t,
      next() < 0.01 ? Math.floor((next() - 0.5) * 1e13) : Math.floor(next() * plateau),
    ]);
  }
  return series(samples, next() < 0.2 ? gaps.reverse() : gaps);
}

/** Independent of the implementation: plain filters over all samples. */
function inView(
  times: Float64Array,
  values: Float64Array,
  t0: number,
  t1: number,
): { t: number; value: number }[] {
  return Array.from(times, (t, i) => ({ t, value: values[i]! })).filter(
    ({ t, value }) => t >= t0 && t <= t1 && !Number.isNaN(value),
  );
}
function firstExtreme(points: { t: number; value: number }[], sign: 1 | -1) {
  return points.reduce<{ t: number; value: number } | null>(
    (best, point) => (best === null || sign * point.value > sign * best.value ? point : best),
    null,
  );
}

describe('the envelope', () => {
  it('holds the highest and lowest sample in view with their times, for any series, span, width and gap pattern', () => {
    for (let seed = 1; seed <= 1500; seed++) {
      const next = random(seed);
      const data = randomSeries(next);
      const end = data.times.at(-1) ?? 0;
      const whole = next() < 0.3;
      const a = whole ? (data.times[0] ?? 0) : Math.floor(next() * end);
      const t0 = a;
      const t1 = whole ? end : a + Math.floor(next() * (end - a));
      const columns = 1 + Math.floor(next() * 300);
      const drawn = envelope(data, t0, t1, columns);
      const raw = inView(data.times, data.values, t0, t1);
      const shown = inView(drawn.times, drawn.values, t0, t1);
      const context = `seed ${seed}`;
      expect(firstExtreme(shown, 1), context).toEqual(firstExtreme(raw, 1));
      expect(firstExtreme(shown, -1), context).toEqual(firstExtreme(raw, -1));
      expect(drawn.times.length, context).toBeLessThanOrEqual(4 * columns + data.gaps.length + 2);
      const known = new Map(Array.from(data.times, (t, i) => [t, data.values[i]]));
      let last = Number.NEGATIVE_INFINITY;
      let broken = true;
      for (const [i, t] of drawn.times.entries()) {
        const value = drawn.values[i]!;
        const wrong: string | false =
          t <= last
            ? 'times do not rise'
            : Number.isNaN(value)
              ? broken && 'a break without a sample before it'
              : known.get(t) !== value && 'a point that is no sample';
        if (wrong) expect.fail(`${context}: ${wrong} at ${t}`);
        last = t;
        broken = Number.isNaN(value);
      }
      expect(broken && drawn.times.length > 0, `${context}: no break at the end`).toBe(false);
    }
  });

  it('breaks the line wherever a gap lies between two points, and nowhere else', () => {
    for (let seed = 1; seed <= 500; seed++) {
      const next = random(seed * 7919);
      const data = randomSeries(next);
      const drawn = envelope(
        data,
        data.times[0] ?? 0,
        data.times.at(-1) ?? 0,
        1 + Math.floor(next() * 100),
      );
      const points = Array.from(drawn.times, (t, i) => ({
        t,
        nan: Number.isNaN(drawn.values[i]!),
      }));
      const real = points.filter(({ nan }) => !nan);
      const breaks = points.filter(({ nan }) => nan).map(({ t }) => t);
      for (let i = 1; i < real.length; i++) {
        const [from, to] = [real[i - 1]!.t, real[i]!.t];
        const gap = data.gaps.some((one) => one.t0 < to && one.t1 > from);
        expect(
          breaks.filter((t) => t > from && t < to).length,
          `seed ${seed}, between ${from} and ${to}`,
        ).toBe(gap ? 1 : 0);
      }
    }
  });

  it('keeps a one-sample spike right beside a gap', () => {
    const samples = Array.from(
      { length: 200_000 },
      (_, i) => [i * 10, i === 100_050 ? 79 : 40] as const,
    );
    for (const at of [100_000, 100_040, 100_049, 100_050]) {
      const data = series(samples, [{ t0: at * 10, t1: at * 10 + 10, reason: 'not_read' }]);
      const drawn = envelope(data, 0, 2_000_000, 1000);
      expect(drawn.times[drawn.values.indexOf(79)]).toBe(1_000_500);
    }
  });

  it('takes the neighbours outside the span along, at their own times, so that the line reaches both edges', () => {
    const data = series([
      [0, 9],
      [100, 1],
      [200, 2],
      [300, 9],
    ]);
    expect([...envelope(data, 50, 250, 10).times]).toEqual([0, 100, 200, 300]);
    expect([...envelope(data, 110, 120, 10).times]).toEqual([100, 200]);
    expect([...envelope(data, 400, 500, 10).times]).toEqual([300]);
  });

  it('keeps every sample where there are no more than four for each column, however they crowd', () => {
    const crowded = [0, 1, 2, 3, 4, 5, 6, 100].map((t) => [t, t % 2] as const);
    expect([...envelope(series(crowded), 0, 100, 2).times]).toEqual(crowded.map(([t]) => t));
    const more = [...crowded, [101, 0]] as const;
    expect(envelope(series(more), 0, 101, 2).times.length).toBeLessThan(more.length);
  });

  it('draws nothing for an empty series', () => {
    expect(envelope(series([]), 0, 100, 10).times.length).toBe(0);
  });

  it('is the same through the pyramid as by plain scan', () => {
    const next = random(42);
    const count = PYRAMID_FROM + 12_345;
    let t = 0;
    const samples = Array.from({ length: count }, () => {
      t += 1 + Math.floor(next() * 9);
      return [t, Math.floor(next() ** 6 * 1000)] as const;
    });
    const data = series(samples);
    const drawn = envelope(data, 0, t, 700);
    const expected: number[] = [];
    for (let column = 0, i = 0; column < 700; column++) {
      const end = (t * (column + 1)) / 700;
      const own: { t: number; value: number }[] = [];
      for (; i < count && (samples[i]![0] < end || column === 699); i++)
        own.push({ t: samples[i]![0], value: samples[i]![1] });
      if (own.length === 0) continue;
      const four = [own[0]!.t, firstExtreme(own, 1)!.t, firstExtreme(own, -1)!.t, own.at(-1)!.t];
      expected.push(...[...new Set(four)].sort((a, b) => a - b));
    }
    expect([...drawn.times]).toEqual(expected);
  });
});

describe('the min/max pyramid', () => {
  it('finds the same positions as a plain scan, for any length and range, ties included', () => {
    for (let seed = 1; seed <= 400; seed++) {
      const next = random(seed * 104_729);
      const levels = 2 + Math.floor(next() * 50);
      const values = Float64Array.from({ length: 1 + Math.floor(next() ** 3 * 10_000) }, () =>
        Math.floor(next() * levels),
      );
      const pyramid = new MinMaxPyramid(values);
      for (let query = 0; query < 30; query++) {
        const from = Math.floor(next() * values.length);
        const to = from + 1 + Math.floor(next() * (values.length - from));
        const part = [...values.subarray(from, to)];
        const expected = {
          min: from + part.indexOf(Math.min(...part)),
          max: from + part.indexOf(Math.max(...part)),
        };
        expect(pyramid.extremes(from, to), `seed ${seed}, ${from} to ${to}`).toEqual(expected);
        expect(extremes(values, from, to)).toEqual(expected);
      }
    }
  });
});
