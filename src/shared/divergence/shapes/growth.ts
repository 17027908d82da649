/**
 * What a line keeps more and more of: a straight rise of its floor that goes on to the end. A climb that levels off is a
 * cache that fills, a single step up a plateau, and neither is growth.
 *
 * The slope is that of least squares over the floor's windows; `fitDrift` says how its interval is made.
 */
import { fitDrift, halves, type Point } from '../../base/drift';
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
const MIN_GROWTH = 16 * MiB;
/** Growth goes on for this much of the run. */
const MIN_SHARE = 0.5;
/** What grows stays on no level for longer than this much of it. */
const MAX_REST = 0.2;
/** Nor on its last for as long as this: it would have levelled off. */
const MAX_FINAL_REST = 0.12;

/**
 * The longest straight rise that goes on to the end of the line's floor; null where there is none. A floor that is read
 * too seldom to be sharp hides it, and the tops of the same line may show it: they alone prove nothing, since what is
 * kept is in the mean of the line too, which is the caller's to ask.
 *
 * `floors`: from fine to coarse; the first that shows a rise tells it, and the finest whether it went on to the end.
 */
export function findRise(floors: readonly Floor[]): Rise | null {
  for (const floor of floors) {
    const rise = findRiseOf(floor, 'low') ?? findRiseOf(floor, 'high');
    if (rise !== null) return levelsOff(floors[0] ?? floor, rise) ? null : rise;
  }
  return null;
}

/** Whether the last of it is a rest: too short for a coarse floor to show, it still is where the climb came to its end. */
function levelsOff({ windows }: Floor, { from, edge, bytes }: Rise): boolean {
  const inside = windows.filter(({ t0 }) => t0 >= from).map((window) => window[edge]);
  return finalRest(inside, 0.06 * bytes) > Math.max(3, MAX_FINAL_REST * inside.length);
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
  const drift = fitDrift(points);
  if (drift === null) return null;
  const { slope, halfWidth, r2 } = drift;
  const [from, to] = extent(tail);
  const bytes = Math.round((slope * (to - from)) / 1e6);
  if (bytes < MIN_GROWTH || r2 < 0.9 || !goesOn(points, bytes, slope)) return null;
  if (isComeback(all.slice(0, -tail.length), tail, edge)) return null;
  if (slope - halfWidth <= 0) return null;
  const [begin, end] = extent(all);
  return {
    perSecond: slope,
    low: slope - halfWidth,
    high: slope + halfWidth,
    from,
    to,
    bytes,
    r2,
    windows: tail.length,
    share: (to - from) / (end - begin),
    edge,
  };
}

/**
 * It rises in many small steps, as fast in one half as in the other and to the end, gives little back and rests nowhere:
 * a run that loads, allocates and works climbs over a few levels, and stays on each.
 */
function goesOn(points: readonly Point[], growth: number, slope: number): boolean {
  const steps = points.slice(1).map(({ y }, i) => y - points[i]!.y);
  if (Math.max(...steps) > 0.34 * growth || Math.min(...steps) < -0.25 * growth) return false;
  if (steps.filter((one) => one > 0.02 * growth).length < 4) return false;
  if (
    longestRest(
      points.map(({ y }) => y),
      0.06 * growth,
    ) > Math.max(2, MAX_REST * points.length)
  )
    return false;
  const third = Math.ceil(points.length / 3);
  const share = (some: readonly Point[]) => (fitTrend(some)?.slope ?? 0) / slope;
  const [begin = 0, end = 0] = halves(points).map(share);
  return (
    Math.min(begin, end) > 0.5 &&
    Math.max(begin, end) < 1.6 &&
    (third < 4 || share(points.slice(-third)) > 0.4)
  );
}

/** Most values in a row of which none lies further from another than `give`. */
export function longestRest(values: readonly Bytes[], give: Bytes): number {
  let longest = 0;
  for (let from = 0; from + longest < values.length; from++) {
    let [low, high] = [values[from]!, values[from]!];
    let to = from + 1;
    for (; to < values.length; to++) {
      low = Math.min(low, values[to]!);
      high = Math.max(high, values[to]!);
      if (high - low > give) break;
    }
    longest = Math.max(longest, to - from);
  }
  return longest;
}

/** How many of the last values lie no further from each other than `give`. */
function finalRest(values: readonly Bytes[], give: Bytes): number {
  let [low, high, count] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0];
  for (const value of values.toReversed()) {
    low = Math.min(low, value);
    high = Math.max(high, value);
    if (high - low > give) break;
    count++;
  }
  return count;
}

/**
 * Whether the line had been as high before it fell to where the rise begins: nothing is kept that was not held already.
 * Steps that are read at nearly the same moment of each sink and rise so, over many of them.
 */
function isComeback(before: readonly Window[], tail: readonly Window[], edge: Edge): boolean {
  const values = tail.map((window) => window[edge]);
  const [lowest, highest] = [Math.min(...values), Math.max(...values)];
  const most = Math.max(...before.map((window) => window[edge]));
  return most >= highest - 0.25 * (highest - lowest);
}
