/**
 * Straight lines and planes through points: least-squares slopes with their 95% intervals. Nothing is concluded from
 * points that leave no degree of freedom (three are the fewest for a line), nor where they all have the same x.
 */
import { factorize } from './cholesky';
import { mean } from './statistics';

interface Trend {
  /** What the line says of x = 0. */
  readonly intercept: number;
  readonly slope: number;
  /** Half the width of the slope's 95% confidence interval (Student's t, n − 2 degrees of freedom). */
  readonly halfWidth: number;
  /** Share of the variance the line explains, 0..1. */
  readonly r2: number;
}

/** Two-sided 95% points of Student's t for 1 to 10 degrees of freedom; beyond, 1.96 + 2.5/df is within 1%. */
const T95 = [12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228];

/** The line through at least three points of distinct x; null for fewer. */
export function fitTrend(
  points: readonly { readonly x: number; readonly y: number }[],
): Trend | null {
  const n = points.length;
  if (n < 3) return null;
  const meanX = points.reduce((sum, { x }) => sum + x, 0) / n;
  const meanY = points.reduce((sum, { y }) => sum + y, 0) / n;
  let sxx = 0;
  let sxy = 0;
  let syy = 0;
  for (const { x, y } of points) {
    sxx += (x - meanX) ** 2;
    sxy += (x - meanX) * (y - meanY);
    syy += (y - meanY) ** 2;
  }
  if (sxx === 0) return null;
  const slope = sxy / sxx;
  const rest = Math.max(0, syy - slope * sxy);
  const df = n - 2;
  return {
    intercept: meanY - slope * meanX,
    slope,
    halfWidth: studentT(df) * Math.sqrt(rest / df / sxx),
    r2: syy === 0 ? 1 : 1 - rest / syy,
  };
}

const studentT = (df: number): number => T95[df - 1] ?? 1.96 + 2.5 / df;

interface Plane {
  /** One for each x, in their order. */
  readonly slopes: readonly { readonly slope: number; readonly halfWidth: number }[];
  readonly r2: number;
}

/**
 * The plane y = a + Σ slope·x through points of several x each, by the normal equations of the centred values. Null
 * where there are too few points, or where the x do not vary by themselves.
 */
export function fitPlane(
  points: readonly { readonly xs: readonly number[]; readonly y: number }[],
): Plane | null {
  const k = points[0]?.xs.length ?? 0;
  const df = points.length - k - 1;
  if (k === 0 || df < 1) return null;
  const meanY = mean(points.map(({ y }) => y));
  const means = Array.from({ length: k }, (_, i) => mean(points.map(({ xs }) => xs[i]!)));
  const centred = points.map(({ xs, y }) => ({
    xs: xs.map((x, i) => x - means[i]!),
    y: y - meanY,
  }));
  const matrix = new Float64Array(k * k);
  const moments = new Float64Array(k);
  for (const { xs, y } of centred)
    for (let i = 0; i < k; i++) {
      moments[i]! += xs[i]! * y;
      for (let j = 0; j < k; j++) matrix[i * k + j]! += xs[i]! * xs[j]!;
    }
  const { solve, logDeterminant } = factorize(matrix, k);
  const slopes = [...solve(moments)];
  if (!Number.isFinite(logDeterminant) || slopes.some((slope) => !Number.isFinite(slope)))
    return null;
  const all = centred.reduce((sum, { y }) => sum + y * y, 0);
  const rest = centred.reduce(
    (sum, { xs, y }) => sum + (y - xs.reduce((fit, x, i) => fit + slopes[i]! * x, 0)) ** 2,
    0,
  );
  return {
    slopes: slopes.map((slope, i) => {
      const unit = new Float64Array(k);
      unit[i] = 1;
      const variance = (rest / df) * solve(unit)[i]!;
      return { slope, halfWidth: studentT(df) * Math.sqrt(Math.max(0, variance)) };
    }),
    r2: all === 0 ? 1 : 1 - rest / all,
  };
}
