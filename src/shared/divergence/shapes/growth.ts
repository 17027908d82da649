/**
 * What a line keeps more and more of: a straight rise of its floor that goes on to the end. A climb that levels off is a
 * cache that fills, a single step up a plateau, and neither is growth.
 *
 * The slope is that of least squares over the floor's windows. Its 95% interval has three causes. Neighbouring windows
 * are alike, so it is wider than independent points would give: by √((1 + ρ) / (1 − ρ)), ρ the correlation of neighbouring
 * residuals. A line that bends has no one slope: half of what the slopes of its two halves differ by, added as an
 * independent error. And what grows in blocks is known to one of them: that over all of the rise, added as the bound it is.
 */
import { fitTrend } from '../../base/trend';
import { type Bytes, MiB, type Micros } from '../../base/units';
import { extent, type Floor, middle, type Window } from './floor';

export interface Rise {
  /** Bytes a second, and its 95% interval. */
  readonly perSecond: number;
  readonly low: number;
  readonly high: number;
  readonly from: Micros;
  readonly to: Micros;
  /** Over all of it. */
  readonly bytes: Bytes;
  readonly r2: number;
  readonly windows: number;
  /** Of the time in which something ran, 0..1. */
  readonly share: number;
  /** Whether it is the lowest values of the windows that rise so straight, or the highest. */
  readonly edge: Edge;
}

type Edge = 'low' | 'high';

const MIN_WINDOWS = 8;
/** Less may be anything; a framework that counts each byte moves by less, but for no reason. */
export const MIN_GROWTH = 16 * MiB;
/** Growth goes on for this much of the run. */
const MIN_SHARE = 0.5;

/**
 * The longest straight rise that goes on to the end of the line's floor; null where there is none. A floor that is read
 * too seldom to be sharp hides it, and the tops of the same line may show it: they alone prove nothing, since what is
 * kept is in the mean of the line too, which is the caller's to ask.
 */
export function findRise(floor: Floor): Rise | null {
  return findRiseOf(floor, 'low') ?? findRiseOf(floor, 'high');
}

function findRiseOf({ windows }: Floor, edge: Edge): Rise | null {
  const most = Math.floor(windows.length * (1 - MIN_SHARE));
  const step = Math.max(1, Math.floor(windows.length / 24));
  for (let begin = 0; begin <= most; begin += step) {
    const tail = windows.slice(begin);
    const rise = tail.length < MIN_WINDOWS ? null : fitRise(tail, windows, edge);
    if (rise !== null) return rise;
  }
  return null;
}

function fitRise(tail: readonly Window[], all: readonly Window[], edge: Edge): Rise | null {
  const points = tail.map((window) => ({ x: middle(window) / 1e6, y: window[edge] }));
  const trend = fitTrend(points);
  if (trend === null) return null;
  const [from, to] = extent(tail);
  const bytes = Math.round((trend.slope * (to - from)) / 1e6);
  if (bytes < MIN_GROWTH || trend.r2 < 0.9 || !goesOn(points, bytes, trend.slope)) return null;
  // What a line's halves differ by is no noise about one slope, and belongs to its interval too.
  const [one = trend.slope, other = trend.slope] = halves(points).map(
    (half) => fitTrend(half)?.slope,
  );
  const bend = Math.abs(one - other) / 2;
  const noise = trend.halfWidth * widen(points, trend.slope);
  const halfWidth = Math.hypot(bend, noise) + (1e6 * findGrain(points)) / (to - from);
  if (trend.slope - halfWidth <= 0) return null;
  const [begin, end] = extent(all);
  return {
    perSecond: trend.slope,
    low: trend.slope - halfWidth,
    high: trend.slope + halfWidth,
    from,
    to,
    bytes,
    r2: trend.r2,
    windows: tail.length,
    share: (to - from) / (end - begin),
    edge,
  };
}

type Point = { readonly x: number; readonly y: number };

const halves = (points: readonly Point[]): (readonly Point[])[] => [
  points.slice(0, points.length >> 1),
  points.slice(points.length >> 1),
];

/** It rises in many small steps, as fast in one half as in the other and to the end, and gives little back. */
function goesOn(points: readonly Point[], growth: number, slope: number): boolean {
  const steps = points.slice(1).map(({ y }, i) => y - points[i]!.y);
  if (Math.max(...steps) > 0.34 * growth || Math.min(...steps) < -0.25 * growth) return false;
  if (steps.filter((one) => one > 0.02 * growth).length < 4) return false;
  const third = Math.ceil(points.length / 3);
  const share = (some: readonly Point[]) => (fitTrend(some)?.slope ?? 0) / slope;
  const [begin = 0, end = 0] = halves(points).map(share);
  return (
    Math.min(begin, end) > 0.5 &&
    Math.max(begin, end) < 1.6 &&
    (third < 4 || share(points.slice(-third)) > 0.4)
  );
}

/**
 * What the line rises by at the least: blocks of an allocator, or whole MiB. Windows that keep step with them leave no
 * residual and may be wrong by one over all of the rise. Nothing else tells it than the least by which steps differ.
 */
function findGrain(points: readonly Point[]): Bytes {
  const steps = points.slice(1).map(({ y }, i) => Math.abs(y - points[i]!.y));
  const sorted = [0, ...steps].sort((a, b) => a - b);
  const gaps = sorted.slice(1).map((step, i) => step - sorted[i]!);
  return Math.min(...gaps.filter((gap) => gap > 0));
}

/** By how much residuals that are like their neighbours widen what independent ones would give. */
function widen(points: readonly Point[], slope: number): number {
  const n = points.length;
  const meanX = points.reduce((sum, { x }) => sum + x, 0) / n;
  const meanY = points.reduce((sum, { y }) => sum + y, 0) / n;
  const rest = points.map(({ x, y }) => y - meanY - slope * (x - meanX));
  const all = rest.reduce((sum, one) => sum + one * one, 0);
  if (all === 0) return 1;
  const next = rest.slice(1).reduce((sum, one, i) => sum + one * rest[i]!, 0);
  // Of a few residuals about a fitted line it comes out too small, by (1 + 3ρ)/n in the mean (Kendall 1954).
  const seen = next / all;
  const alike = Math.min(0.95, Math.max(0, seen + (1 + 3 * seen) / n));
  return Math.sqrt((1 + alike) / (1 - alike));
}
