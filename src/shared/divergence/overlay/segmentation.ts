/**
 * Phases found in the trace itself, for a workload that announces none: loading, the first step and the steady steps of
 * training or of repeated passes; loading, prefill and decoding of generation. It goes by the shape of the line alone,
 * never by what was predicted, so that a wrong prediction still shows.
 *
 * A line is thinned to a few hundred cells (the highest of each, so no peak is lost), cut into levels where a cell leaves
 * the mean of its level by more than `least`, and the levels are read in order. A training run, with its baseline at 0:
 *
 *     GiB
 *     8.0 |                         ___________           level  samples  height  taken for
 *         |                        |           |          0      2        0.0     before launch, left out
 *     5.0 |                  ______|           |          1      2        0.5     the context, on the way up
 *         |                 |                  |          2      6        3.0     load: the first level that lasts
 *     3.0 |         ________|                  |          3      5        5.0     first-step
 *     0.5 |     ___|                           |          4      10       8.0     steady: from the highest level on
 *     0.0 |____|                               |___       5      3        0.0     after the end, left out
 *
 * `least` is here 0.12 GiB, 1.5% of the rise, so jitter below that makes no level. Levels 1 and 2 become the stage `load`,
 * since what climbs to the plateau of the weights belongs to loading; level 3 is `first-step`, because a later level is
 * higher: optimizer states arrive with the first update; what follows the first of the highest levels is `steady`.
 * Each stage is as sure as its samples are many and its step is high above the noise.
 *
 * A trace that starts late (its first cell is half as high as its peak) has no load, one that ends early no end; a line
 * with fewer than two stages has no phases at all, and that is the answer.
 */

import { median, shortestHalf } from '../../base/statistics';
import { type Bytes, MiB, type Micros } from '../../base/units';
import type { Confidence } from '../../base/vocabulary';
import type { Mode } from '../../model/spec';
import type { SampleRun } from '../../trace/sample-source';
import { sampleCount, sampleRuns } from '../../trace/series';
import type { SeriesData } from '../../trace/types';
import type { Stage, Stairs } from './types';

/** A stretch of the line that is taken for a stage of the run. */
export interface StageSpan {
  readonly stage: Stage;
  readonly t0: Micros;
  readonly t1: Micros;
  readonly confidence: Confidence;
  readonly samples: number;
}

/** Shape of a line: its levels while the workload lived, and what sets them apart. */
export interface Shape {
  readonly baseline: Bytes;
  readonly cells: readonly SampleRun[];
  readonly alive: readonly Level[];
  readonly noise: Bytes;
  readonly least: Bytes;
  readonly rise: Bytes;
  /** The trace begins when much is held already. */
  readonly isLate: boolean;
}

/** A run of cells on one level. */
interface Level {
  readonly from: number;
  readonly to: number;
  readonly height: Bytes;
}

const MAX_CELLS = 400;
/** A level is held by this many samples at least. */
const MIN_SAMPLES = 3;
/**
 * Of the shortest stretch with half of a level's cells, as a share of `least`: of a climb it is about 1, since a level
 * takes in `least` on either side, and of what is but noise a quarter.
 */
const MAX_SPREAD = 0.5;

/** `baseline` is what the line held before launch. Null where nothing rises above the noise. */
export function findShape(line: SeriesData, baseline: Bytes): Shape | null {
  if (sampleCount(line) < 2 * MIN_SAMPLES) return null;
  const cells = sampleRuns(line, MAX_CELLS);
  const top = cells.reduce((most, { high }) => Math.max(most, high), Number.NEGATIVE_INFINITY);
  const rise = top - baseline;
  const noise = estimateNoise(cells);
  const least = Math.max(8 * MiB, 0.015 * rise, 6 * noise);
  if (rise < 2 * least) return null;
  const levels = joinIntoLevels(cells, least);
  // Before launch and after the end the line lies at its baseline.
  const idle = baseline + Math.max(least, 0.02 * rise);
  let begin = 0;
  while (begin < levels.length && levels[begin]!.height <= idle) begin++;
  let end = levels.length;
  while (end > begin && levels[end - 1]!.height <= idle) end--;
  return {
    baseline,
    cells,
    alive: levels.slice(begin, end),
    noise,
    least,
    rise,
    isLate: begin === 0 && cells[0]!.high > baseline + 0.5 * rise,
  };
}

/**
 * Heights above the baseline on which the line rests on its way up, the last one its highest; null where the line has
 * no such shape. A level must last, three samples and two cells, and lie at rest: a climb that is read a hundred times
 * is cut into levels too, and none of them is one that the run held.
 */
export function findStairs({ baseline, cells, alive, least }: Shape): Stairs | null {
  const heights: Bytes[] = [];
  const top = alive.reduce((most, level) => Math.max(most, level.height), Number.NEGATIVE_INFINITY);
  for (const { from, to, height } of alive) {
    const samples = countSamples(cells, from, to);
    // What climbs away from a level belongs to its cells too, hence the middle one; the top is the peak itself.
    const inside = cells.slice(from, to).map(({ high }) => high);
    const middle = median(inside);
    const above = (height === top ? height : middle) - baseline;
    if (to - from < 2 || samples < MIN_SAMPLES || above <= (heights.at(-1) ?? least)) continue;
    if (height !== top && shortestHalf(inside) > MAX_SPREAD * least) continue;
    if (above - (heights.at(-1) ?? Number.NEGATIVE_INFINITY) <= least) heights.pop();
    heights.push(above);
  }
  return heights.length === 0 ? null : { heights, least };
}

/** Empty where the trace shows nothing of its phases. */
export function splitIntoStages(
  { cells, alive, noise, least, rise, isLate }: Shape,
  mode: Mode,
): StageSpan[] {
  if (alive.length < 2) return [];
  const make = (stage: Stage, first: Level, last: Level, contrast: Bytes): StageSpan[] => {
    const [t0, t1] = [cells[first.from]!.t0, cells[last.to - 1]!.t1];
    const samples = countSamples(cells, first.from, last.to);
    if (samples < MIN_SAMPLES) return [];
    const confidence = rateConfidence(samples, contrast / Math.max(noise, MiB));
    return [{ stage, t0, t1, samples, confidence }];
  };
  const highest = alive.reduce((best, one) => (one.height > best.height ? one : best));
  if (mode === 'generate') return splitGeneration(alive, isLate, least, make);
  // What climbs to the weights' plateau belongs to loading.
  const load = isLate
    ? -1
    : plateauBefore(
        alive,
        alive.findIndex((level) => level.height >= highest.height - least),
      );
  const loaded =
    load < 0 ? [] : make('load', alive[0]!, alive[load]!, highest.height - alive[load]!.height);
  const rest = alive.slice(load + 1);
  const last = rest.at(-1);
  if (last === undefined) return loaded;
  const steadyFrom = rest.findIndex((level) => level.height >= highest.height - least);
  const first =
    steadyFrom > 0
      ? make(
          'first-step',
          rest[0]!,
          rest[steadyFrom - 1]!,
          highest.height - rest[steadyFrom - 1]!.height,
        )
      : [];
  const steady = make(
    'steady',
    rest[Math.max(0, steadyFrom)]!,
    last,
    load < 0 ? rise : highest.height - alive[load]!.height,
  );
  const found = [...loaded, ...first, ...steady];
  return found.length < 2 ? [] : found;
}

function rateConfidence(samples: number, contrast: number): Confidence {
  if (samples >= 10 && contrast > 20) return 'high';
  return samples >= 5 && contrast > 6 ? 'medium' : 'low';
}

function splitGeneration(
  alive: readonly Level[],
  isLate: boolean,
  least: Bytes,
  make: (stage: Stage, first: Level, last: Level, contrast: Bytes) => StageSpan[],
): StageSpan[] {
  // Decoding is what climbs without a jump to the end.
  let first = alive.length - 1;
  while (
    first > 0 &&
    alive[first]!.height >= alive[first - 1]!.height &&
    alive[first]!.height - alive[first - 1]!.height <= 2.5 * least
  )
    first--;
  const longest = plateauBefore(alive, first);
  const load = isLate || longest < 0 ? -1 : longest;
  const rest = alive.slice(load + 1);
  const last = rest.at(-1);
  if (last === undefined) return [];
  const base = load < 0 ? 0 : alive[load]!.height;
  // Prefill shows where its moment stands above what decoding begins with.
  const hasPrefill = rest.length > 1 && rest[0]!.height > rest[1]!.height;
  const found = [
    ...(load < 0 ? [] : make('load', alive[0]!, alive[load]!, rest[0]!.height - base)),
    ...(hasPrefill ? make('prefill', rest[0]!, rest[0]!, rest[0]!.height - rest[1]!.height) : []),
    ...make('decode', rest[hasPrefill ? 1 : 0]!, last, last.height - base),
  ];
  // One plateau is the run itself, whatever of it came first.
  return found.length < 2 ? [] : found;
}

/**
 * Index of the first level before `at` that lasts, next to the longest one: a first step stands on a plateau too, but
 * after that of the weights, and what the context alone holds lasts but a moment. −1 where none lasts.
 */
function plateauBefore(levels: readonly Level[], at: number): number {
  const size = ({ from, to }: Level) => to - from;
  const before = levels.slice(0, at);
  const longest = Math.max(0, ...before.map(size));
  return before.findIndex((level) => size(level) >= Math.max(2, 0.4 * longest));
}

/** Of the cells [from, to). */
const countSamples = (cells: readonly SampleRun[], from: number, to: number): number =>
  cells.slice(from, to).reduce((sum, { count }) => sum + count, 0);

/** Median difference between neighbours: steps are few, so it is what the line does when nothing happens. */
function estimateNoise(cells: readonly SampleRun[]): Bytes {
  const steps = cells
    .slice(1)
    .map(({ high }, i) => Math.abs(high - cells[i]!.high))
    .sort((a, b) => a - b);
  return steps[steps.length >> 1] ?? 0;
}

/** Cuts where a cell leaves the level so far by more than `least`; a level's height is its highest cell. */
function joinIntoLevels(cells: readonly SampleRun[], least: Bytes): Level[] {
  const levels: Level[] = [];
  let from = 0;
  let sum = cells[0]!.high;
  for (let i = 1; i <= cells.length; i++) {
    const mean = sum / (i - from);
    if (i < cells.length && Math.abs(cells[i]!.high - mean) <= least) {
      sum += cells[i]!.high;
      continue;
    }
    let height = Number.NEGATIVE_INFINITY;
    for (let k = from; k < i; k++) height = Math.max(height, cells[k]!.high);
    levels.push({ from, to: i, height });
    from = i;
    sum = cells[i]?.high ?? 0;
  }
  return levels;
}
