/**
 * From where on a line rises: the level and the straight rise from it that together fit best, by least squares, and how
 * far off that may be. A line that rises all along begins at its first point.
 *
 * The interval holds every point whose fit is not worse than the best by more than chance (a likelihood ratio, widened
 * as `fitDrift` widens, since neighbouring readings are alike).
 */
import { type Point, widening } from './drift';
import { mean } from './statistics';

export interface Onset {
  /** Indices of the last point before the rise: the one that fits best, the earliest and the latest that may be it. */
  readonly at: number;
  readonly earliest: number;
  readonly latest: number;
  /** Of the rise, in y per x. */
  readonly slope: number;
  /** Share of the variance that level and rise explain, 0..1. */
  readonly r2: number;
}

/** χ² of one degree of freedom, 95%. */
const CHI2 = 3.841;
/** What is counted in whole bytes fits no better than this, nor what is summed better than so much of all of it. */
const GRAIN = 0.25;
const ROUNDING = 1e-13;

/**
 * Of points in order of x, at least four; null for fewer, and where they do not rise. `minRise`: points of a rise, the
 * one before it among them; one that is as long as the line needs no more than it has.
 *
 * Each candidate takes a handful of sums over the points behind it, so a line costs what it has points.
 */
export function findOnset(points: readonly Point[], minRise: number): Onset | null {
  const n = points.length;
  if (n < 4) return null;
  const meanY = mean(points.map(({ y }) => y));
  const originX = points[0]!.x;
  const total = points.reduce((sum, { y }) => sum + (y - meanY) ** 2, 0);
  const fits: { readonly slope: number; readonly rest: number }[] = [];
  let [count, sx, sxx, sy, sxy] = [0, 0, 0, 0, 0];
  for (let at = n - 1; at >= 0; at--) {
    const c = points[at]!.x - originX;
    // Of h = max(0, x − c) over all points, centred: what lies before c adds nothing but its number.
    const sh = sx - count * c;
    const shh = sxx - 2 * c * sx + count * c * c - sh ** 2 / n;
    const shy = sxy - c * sy;
    const slope = shh > 0 ? shy / shh : 0;
    fits[at] = { slope, rest: Math.max(0, total - slope * shy) };
    const { x, y } = points[at]!;
    count++;
    sx += x - originX;
    sxx += (x - originX) ** 2;
    sy += y - meanY;
    sxy += (x - originX) * (y - meanY);
  }
  const candidates = fits.slice(0, Math.max(1, n - minRise + 1));
  const at = candidates.reduce(
    (best, { rest }, i) => (rest < candidates[best]!.rest ? i : best),
    0,
  );
  const { slope, rest } = candidates[at]!;
  if (slope <= 0) return null;
  const wide = widening(residuals(points, at, slope));
  const most = rest * (1 + (CHI2 * wide ** 2) / Math.max(1, n - 3)) + n * GRAIN + total * ROUNDING;
  const fitting = candidates.flatMap((one, i) => (one.rest <= most && one.slope > 0 ? [i] : []));
  return {
    at,
    earliest: fitting[0] ?? at,
    latest: fitting.at(-1) ?? at,
    slope,
    r2: total === 0 ? 1 : 1 - rest / total,
  };
}

function residuals(points: readonly Point[], at: number, slope: number): number[] {
  const from = points[at]!.x;
  const over = points.map(({ x, y }) => y - slope * Math.max(0, x - from));
  const level = mean(over);
  return over.map((one) => one - level);
}
