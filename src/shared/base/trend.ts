/**
 * Straight lines through points: the least-squares slope with its 95% interval. Nothing is concluded from fewer than three
 * points, nor from points that all have the same x.
 */

interface Trend {
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
  const t = T95[df - 1] ?? 1.96 + 2.5 / df;
  return { slope, halfWidth: t * Math.sqrt(rest / df / sxx), r2: syy === 0 ? 1 : 1 - rest / syy };
}
