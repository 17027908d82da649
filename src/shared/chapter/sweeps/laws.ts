/**
 * The power laws of a sweep: by which exponent of each swept number a figure grows, with its 95% confidence interval,
 * beside the exponent of the prediction over the same points and the one that the chapter states.
 *
 * Least squares through the logarithms of the medians, over all numbers at once. Where words are swept as well (with a
 * cache and without), each of their combinations is a series with laws of its own.
 */
import { fitPlane } from '../../base/trend';
import type { FigureName } from './figures';
import type { SweepPoint, SweepReading } from './reading';
import { type Axis, describePoint, type Point, pointsFor } from './sweep';

/** `figure` grows as the numbers of `axis` to the power of `exponent`. */
export interface Law {
  readonly figure: FigureName;
  readonly axis: string;
  /** What those numbers count: the axis, or the bits of a precision. */
  readonly counted: string;
  /** The words that it holds for; empty where no words are swept. */
  readonly series: Point;
  readonly exponent: number;
  /** Half the width of the 95% confidence interval. */
  readonly halfWidth: number;
  readonly r2: number;
  /** The exponent of what theory predicts at the same points; null where it predicts nothing. */
  readonly predicted: number | null;
  /** What the chapter states, from and to; null where it states nothing. */
  readonly stated: readonly [from: number, to: number] | null;
  /** Whether the measured interval meets what is stated; null where nothing is, or the interval is too wide to tell. */
  readonly holds: boolean | null;
}

/** Exponents this close are the same: an interval of bytes counted exactly has no width at all. */
const SAME = 0.05;
/** An interval wider than this to either side tells a proportion from neither a constant nor a square. */
const UNSURE = 0.5;

export function findLaws(
  reading: SweepReading,
  axes: readonly Axis[],
  points: readonly SweepPoint[],
): readonly Law[] {
  const numbers = axes.filter((axis) => isNumeric(reading, axis));
  return pointsFor(axes.filter((axis) => !numbers.includes(axis))).flatMap((series) => {
    const rows = points.filter(({ point }) => isWithin(point, series));
    return reading.figures.flatMap((figure) => {
      const exponents = fitPowers(reading, numbers, rows, figure, 'measured');
      const predicted = fitPowers(reading, numbers, rows, figure, 'predicted');
      if (exponents === null) return [];
      return exponents.slopes.map(({ slope, halfWidth }, i): Law => {
        const { name } = numbers[i]!;
        const stated = reading.stated(figure, name, series);
        const slack = Math.max(halfWidth, SAME);
        return {
          figure,
          axis: name,
          counted: reading.counted ?? name,
          series,
          exponent: slope,
          halfWidth,
          r2: exponents.r2,
          predicted: predicted?.slopes[i]?.slope ?? null,
          stated,
          holds:
            halfWidth > UNSURE
              ? null
              : stated && slope + slack >= stated[0] && slope - slack <= stated[1],
        };
      });
    });
  });
}

/** Whether an axis is one of numbers that a law can be about. */
export const isNumeric = (reading: SweepReading, { name, values }: Axis): boolean =>
  values.every((value) => reading.number(name, value) > 0);

const isWithin = (point: Point, series: Point): boolean =>
  Object.entries(series).every(([name, value]) => point[name] === value);

function fitPowers(
  reading: SweepReading,
  axes: readonly Axis[],
  rows: readonly SweepPoint[],
  figure: FigureName,
  side: 'measured' | 'predicted',
) {
  return fitPlane(
    rows.flatMap(({ point, figures }) => {
      const y = figures[figure][side];
      const xs = axes.map(({ name }) => Math.log(reading.number(name, point[name] ?? '')));
      return y === null || y <= 0 ? [] : [{ xs, y: Math.log(y) }];
    }),
  );
}

/** For which words a law holds: "kvCache=on"; empty where it holds for all. */
export const describeSeries = ({ series }: Pick<Law, 'series'>): string => describePoint(series);
