/**
 * What a command that announces nothing shows of itself: levels on which its line rests, and the periods in which it
 * repeats. Neither is a phase, since a line does not tell what ran; each can be looked at, and findings name them.
 *
 * Both are read from the line's levels, a few thousand runs at most, and are bounded in number: of a line that repeats
 * more often, several periods in a row are told as one span.
 */
import { lowerBound } from '../../base/search';
import { median } from '../../base/statistics';
import type { Bytes, Micros } from '../../base/units';
import type { FoundLevel, FoundPeriod } from '../../trace/found-spans';
import type { SampleRun } from '../../trace/sample-source';
import { sampleRunsIn } from '../../trace/series';
import type { SeriesData } from '../../trace/types';
import { extent, type Floor, type Window } from './floor';
import type { Period } from './period';

const MOST_SPANS = 256;
const MOST_RUNS = 8192;
/** Windows in which a line must rest for it to be a level; a line has about a hundred. */
const LEVEL_WINDOWS = 4;

/** Stretches in which what is held at the least stays what it is; a floor that drifts is none. */
export function listLevels({ windows, rest, highest }: Floor): FoundLevel[] {
  const least = Math.max(1, 0.03 * (highest - rest));
  const levels: Window[][] = [];
  let sum = 0;
  for (const window of windows) {
    const level = levels.at(-1);
    if (level !== undefined && Math.abs(window.low - sum / level.length) <= least) {
      level.push(window);
      sum += window.low;
    } else {
      levels.push([window]);
      sum = window.low;
    }
  }
  return levels
    .filter((level) => level.length >= LEVEL_WINDOWS && !drifts(level, least))
    .map((level) => ({
      span: extent(level),
      rest: median(level.map(({ low }) => low)),
      peak: Math.max(...level.map(({ high }) => high)),
    }));
}

function drifts(level: readonly Window[], least: Bytes): boolean {
  const half = level.length >> 1;
  const [early, late] = [level.slice(0, half), level.slice(-half)].map((some) =>
    median(some.map(({ low }) => low)),
  );
  return Math.abs(late! - early!) > 0.5 * least;
}

/**
 * The periods of a line one by one: each begins where the line leaves its lowest level, looked for where the one before
 * lets it expect it, so that steps of unequal length are told as long as they were. Stretches that do not come back to
 * where they began (loading, the end, a pause) are no periods.
 */
export function listPeriods(line: SeriesData, { us, swing, span }: Period): FoundPeriod[] {
  const runs = sampleRunsIn(line, ...span, MOST_RUNS);
  const count = Math.ceil((span[1] - span[0]) / us / MOST_SPANS);
  const turns = findTurns(runs, { us, swing, stride: count * us });
  const found: FoundPeriod[] = [];
  let index = 1;
  for (let i = 1; i < turns.length; i++) {
    const [from, to] = [turns[i - 1]!, turns[i]!];
    const inside = runs.slice(from, to + 1);
    const ends = [runs[from]!.low, runs[to]!.low];
    const peak = Math.max(...inside.map(({ high }) => high));
    if (peak - Math.max(...ends) < 0.4 * swing) continue;
    if (Math.abs(ends[0]! - ends[1]!) > 0.4 * swing) continue;
    const t = [runs[from]!.t0, runs[to]!.t0] as const;
    const many = count === 1 ? 1 : Math.max(1, Math.round((t[1] - t[0]) / us));
    const rest = Math.min(...inside.map(({ low }) => low));
    found.push({ index, count: many, span: t, rest, peak });
    index += many;
  }
  return found;
}

/** Indices of the runs with which periods begin, `stride` apart, found from the middle of the line outwards. */
function findTurns(
  runs: readonly SampleRun[],
  { us, swing, stride }: { readonly us: Micros; readonly swing: Bytes; readonly stride: Micros },
): number[] {
  const [begin, end] = extent(runs);
  const times = Float64Array.from(runs, ({ t0 }) => t0);
  const near = (t: Micros, within: Micros, least: Bytes) => {
    const from = lowerBound(times, t - within);
    const to = lowerBound(times, t + within, from);
    return lastLowest(runs.slice(from, to), least, 0.05 * swing, from);
  };
  const middle = near((begin + end) / 2, us / 2, Number.NEGATIVE_INFINITY);
  if (middle === null) return [];
  const walk = (direction: 1 | -1): number[] => {
    const turns: number[] = [];
    let last = middle;
    for (let t = runs[middle]!.t0 + direction * stride; t >= begin && t <= end; ) {
      // Where a process ends, or is not yet loaded, lies lower than where a period does.
      const least = runs[last]!.low - 0.5 * swing;
      const next = near(t, 0.3 * us, least) ?? near(t, 0.3 * us, Number.NEGATIVE_INFINITY);
      if (next !== null && (next - last) * direction > 0) {
        turns.push(next);
        last = next;
        t = runs[next]!.t0;
      }
      t += direction * stride;
    }
    return turns;
  };
  return [...walk(-1).reverse(), middle, ...walk(1)];
}

/** The last of the runs that lie lowest, give or take, of those no lower than `least`: there the line begins to rise. */
function lastLowest(
  runs: readonly SampleRun[],
  least: Bytes,
  give: Bytes,
  offset: number,
): number | null {
  const lowest = Math.min(...runs.map(({ low }) => low).filter((low) => low >= least));
  const at = runs.findLastIndex(({ low }) => low >= least && low <= lowest + give);
  return at < 0 ? null : at + offset;
}
