/** The picture of a sweep: every point and its prediction within the frame, in the order of the values. */
import { expect, it } from 'vitest';
import { pictureSweep } from '../../../../src/renderer/views/experiments/sweep-picture';
import type { FIGURE_NAMES } from '../../../../src/shared/chapter/sweeps/figures';
import { describeSweep } from '../../../../src/shared/chapter/sweeps/outcome';
import { PLAIN_READING } from '../../../../src/shared/chapter/sweeps/reading';
import { describePoint, parseAxis, pointsFor } from '../../../../src/shared/chapter/sweeps/sweep';

const picture = (texts: readonly string[], peak: (n: number) => number) => {
  const axes = texts.map(parseAxis);
  const points = pointsFor(axes);
  const runs = points.map((point) => {
    const bytes = peak(Number(point.n));
    const none = { measured: null, predicted: null };
    return {
      point,
      id: describePoint(point),
      bytes: {
        peak: { measured: bytes, predicted: 2 * bytes },
        weights: none,
        layerWeights: none,
        activations: none,
      },
      time: 5,
      work: null,
      isCrowded: false,
    };
  });
  const outcome = describeSweep(PLAIN_READING, axes, points, runs, []);
  return (figure: (typeof FIGURE_NAMES)[number]) => pictureSweep(PLAIN_READING, outcome, figure);
};

it('draws a power law as a straight line, within the frame, a series for each word', () => {
  const drawn = picture(['cache=on,off', 'n=1,2,4,8'], (n) => 1000 * n ** 3)('peak');
  expect(drawn?.series.map(({ name }) => name)).toEqual(['cache=on', 'cache=off']);
  for (const { points } of drawn?.series ?? []) {
    const heights = points.flatMap(({ measured, predicted }) => [
      measured ?? NaN,
      predicted ?? NaN,
    ]);
    expect(Math.min(...heights)).toBeGreaterThanOrEqual(0);
    expect(Math.max(...heights)).toBeLessThanOrEqual(1);
    const rises = points
      .slice(1)
      .map((point, i) => (point.measured ?? 0) - (points[i]?.measured ?? 0));
    for (const rise of rises) expect(rise).toBeCloseTo(rises[0] ?? NaN, 9);
  }
});

it('marks bytes at powers of two, never more lines than can be read', () => {
  const ticks = picture(['n=1,4,1024'], (n) => 3e6 * n)('peak')?.ys ?? [];
  expect(ticks.length).toBeGreaterThan(2);
  expect(ticks.length).toBeLessThanOrEqual(6);
  for (const { value } of ticks) expect(Number.isInteger(Math.log2(value))).toBe(true);
});

it('stands words side by side, and is none where nothing was measured', () => {
  const draw = picture(['precision=fp32,int8'], () => 5);
  expect(draw('peak')?.series[0]?.points.map(({ x }) => x < 0.5)).toEqual([true, false]);
  expect(draw('weights')).toBeNull();
});

it('draws the confidence band of a law: none where the points lie on it, widest at the ends where they scatter', () => {
  const exact = picture(['n=1,2,4,8'], (n) => 1000 * n ** 2)('peak')?.series[0];
  for (const { low, high } of exact?.band ?? []) expect(high - low).toBeLessThan(0.02);
  const scattered = picture(['n=1,2,4,8,16'], (n) => 1000 * n * (n === 4 ? 1.5 : 1))('peak');
  const band = scattered?.series[0]?.band ?? [];
  const widths = band.map(({ low, high }) => high - low);
  expect(widths[0]).toBeGreaterThan(0.01);
  expect(widths.at(-1)).toBeGreaterThan(0.01);
  // Textbook case, by hand: ln n = 0, .693, 1.386, 2.079, 2.773, one point ln 1.5 above the line. The fit is .0811 higher,
  // s² = (.4055² − .4055²/5)/3, t = 3.182: in the middle ± .2978 of ln, at the ends √3 times that; the frame, with the prediction of twice
  // as much in it, is ln 64 high.
  const frame = Math.log(64);
  expect(widths[12]).toBeCloseTo((2 * 0.29797) / frame, 3);
  expect(widths[0]).toBeCloseTo((2 * 0.29797 * Math.sqrt(3)) / frame, 3);
  for (const { low, high } of band) {
    expect(low).toBeGreaterThanOrEqual(0);
    expect(high).toBeLessThanOrEqual(1);
  }
  expect(picture(['precision=fp32,int8'], () => 5)('peak')?.series[0]?.band).toEqual([]);
});
