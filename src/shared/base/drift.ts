/**
 * The slope of what was read one after the other, with a 95% interval that holds. Least squares alone take readings for
 * independent, and find an interval that is too narrow for three reasons:
 *
 * - Neighbours are alike, so noise is wider by √((1 + ρ) / (1 − ρ)), ρ the correlation of neighbouring residuals.
 * - A line that bends has no one slope: half of what the slopes of its two halves differ by, added as an independent error.
 * - What grows in blocks, or is read in whole MiB, is known to one of them: that over all of the rise, added as the bound
 *   it is.
 */
import { fitTrend } from './trend';

export interface Point {
  readonly x: number;
  readonly y: number;
}

interface Drift {
  readonly slope: number;
  /** Half the width of the slope's 95% interval. */
  readonly halfWidth: number;
  /** Share of the variance the line explains, 0..1. */
  readonly r2: number;
}

/**
 * Of at least three points in order of x; null for fewer. `grain`: in what steps y is counted, where that is known; else
 * the least by which its rises differ.
 */
export function fitDrift(points: readonly Point[], grain = findGrain(points)): Drift | null {
  const trend = fitTrend(points);
  const [first, last] = [points[0], points.at(-1)];
  if (trend === null || first === undefined || last === undefined) return null;
  const { intercept, slope, r2 } = trend;
  const [early = slope, late = slope] = halves(points).map((half) => fitTrend(half)?.slope);
  const noise = trend.halfWidth * widening(points.map(({ x, y }) => y - intercept - slope * x));
  const halfWidth = Math.hypot((early - late) / 2, noise) + grain / (last.x - first.x);
  return { slope, halfWidth, r2 };
}

export const halves = <T>(points: readonly T[]): readonly (readonly T[])[] => [
  points.slice(0, points.length >> 1),
  points.slice(points.length >> 1),
];

/** Points that keep step with blocks leave no residual, so only the rises themselves tell the blocks. */
function findGrain(points: readonly Point[]): number {
  const rises = points.slice(1).map(({ y }, i) => Math.abs(y - points[i]!.y));
  const sorted = [0, ...rises].sort((a, b) => a - b);
  const gaps = sorted.slice(1).map((rise, i) => rise - sorted[i]!);
  const least = gaps.reduce(
    (smallest, gap) => (gap > 0 && gap < smallest ? gap : smallest),
    Infinity,
  );
  return least === Infinity ? 0 : least;
}

/** About a fitted line: how much of a residual the next one repeats, as a factor of the width of what is fitted. */
export function widening(rest: readonly number[]): number {
  const n = rest.length;
  const all = rest.reduce((sum, one) => sum + one * one, 0);
  if (all === 0) return 1;
  const next = rest.slice(1).reduce((sum, one, i) => sum + one * rest[i]!, 0);
  // Of a few residuals about a fitted line it comes out too small, by (1 + 3ρ)/n in the mean (Kendall 1954).
  const seen = next / all;
  const alike = Math.min(0.95, Math.max(0, seen + (1 + 3 * seen) / n));
  return Math.sqrt((1 + alike) / (1 - alike));
}
