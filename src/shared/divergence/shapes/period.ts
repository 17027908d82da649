/**
 * How often a line repeats, from its own correlation with itself: the steps of a training that announces none. It is
 * looked for in a stretch of samples from the middle of the line, then in the whole line thinned, so that short and long
 * periods show and a day costs what a minute does.
 *
 * A line read too seldom repeats more slowly than what it was read from (aliasing), which no memory can tell: a period
 * is that of the samples.
 */
import { type Bytes, MiB, type Micros } from '../../base/units';
import { firstSample, lastSample, sampleCount, sampleRunsIn } from '../../trace/series';
import type { SeriesData } from '../../trace/types';

export interface Period {
  readonly us: Micros;
  /** Whole periods between the line's rise and its end. */
  readonly count: number;
  /** Between the lowest and the highest value, growth taken off. */
  readonly swing: Bytes;
  readonly span: readonly [Micros, Micros];
}

/** Points that are held against each other. */
const POINTS = 1536;
const MIN_LAG = 4;
/** Fewer repetitions are a coincidence. */
const MIN_PERIODS = 4;
const MIN_SWING = 16 * MiB;

/** Null where the line repeats nothing, or too seldom or too quickly to be told. */
export function findPeriod(line: SeriesData): Period | null {
  const count = sampleCount(line);
  const [first, last] = [firstSample(line), lastSample(line)];
  if (first === null || last === null || count < MIN_LAG * MIN_PERIODS) return null;
  const whole: readonly [Micros, Micros] = [first.t, last.t];
  const long = last.t - first.t;
  // How a run starts and ends is no part of what repeats; where a level changes, either side of it may repeat.
  const at = (share: number) => first.t + share * long;
  const close = count > 2 * POINTS ? POINTS / count : null;
  const parts: (readonly [number, number])[] = [
    ...(close === null ? [] : [[0.55, 0.55 + close] as const]),
    [0.15, 0.93],
    [0.15, 0.5],
    [0.55, 0.93],
  ];
  for (const [from, to] of parts) {
    const found = repeatIn(line, at(from), at(to), whole);
    if (found !== null) return found;
  }
  return null;
}

function repeatIn(
  line: SeriesData,
  t0: Micros,
  t1: Micros,
  whole: readonly [Micros, Micros],
): Period | null {
  const runs = sampleRunsIn(line, t0, t1, POINTS);
  if (runs.length < MIN_LAG * MIN_PERIODS) return null;
  const step = (runs[runs.length - 1]!.t1 - runs[0]!.t0) / (runs.length - 1);
  if (!(step > 0)) return null;
  // Even in time, each point the run that was begun last.
  const even = new Float64Array(runs.length);
  for (let i = 0, at = 0; i < even.length; i++) {
    while (at + 1 < runs.length && runs[at + 1]!.t0 <= runs[0]!.t0 + i * step) at++;
    even[i] = runs[at]!.high;
  }
  const [low, high] = bounds(even);
  const swing = high - low;
  if (swing < Math.max(MIN_SWING, 0.01 * Math.max(...even))) return null;
  // A moment that stands out is no part of it.
  const straight = straighten(even.map((value) => Math.min(high, Math.max(low, value))));
  const lag = findLag(straight);
  if (lag === null || !comesBack(even, swing, lag)) return null;
  const us = Math.round(lag * step);
  const [bottom, top] = bounds(straight);
  const count = Math.floor((whole[1] - whole[0]) / us);
  return { us, count, swing: Math.round(top - bottom), span: whole };
}

/** The 2nd and the 98th hundredth. */
function bounds(values: Float64Array): readonly [number, number] {
  const sorted = values.slice().sort();
  const last = sorted.length - 1;
  return [sorted[Math.ceil(0.02 * last)]!, sorted[Math.floor(0.98 * last)]!];
}

/** What is taken in a period is given back in it: growth in blocks, taken off its slope, would repeat too. */
function comesBack(values: Float64Array, swing: Bytes, lag: number): boolean {
  const least = 0.3 * swing;
  let falls = 0;
  let [top, bottom] = [values[0]!, values[0]!];
  let isFalling = false;
  for (const value of values) {
    if (isFalling) {
      bottom = Math.min(bottom, value);
      if (value - bottom < least) continue;
      [isFalling, top] = [false, value];
    } else {
      top = Math.max(top, value);
      if (top - value < least) continue;
      [isFalling, bottom] = [true, value];
      falls++;
    }
  }
  return falls >= (0.6 * values.length) / lag;
}

/** Less its straight line: growth is no repetition. */
function straighten(values: Float64Array): Float64Array {
  const n = values.length;
  const meanX = (n - 1) / 2;
  let mean = 0;
  for (const value of values) mean += value / n;
  let sxy = 0;
  let sxx = 0;
  for (let i = 0; i < n; i++) {
    sxy += (i - meanX) * (values[i]! - mean);
    sxx += (i - meanX) ** 2;
  }
  return values.map((value, i) => value - mean - (sxy / sxx) * (i - meanX));
}

/** The shortest lag at which the line is most like itself, in points; it must be so at twice the lag too. */
function findLag(values: Float64Array): number | null {
  const n = values.length;
  const most = Math.floor(n / 2);
  const like = new Float64Array(most + 2);
  for (let lag = 0; lag < like.length && lag < n; lag++) {
    let sum = 0;
    for (let i = 0; i + lag < n; i++) sum += values[i]! * values[i + lag]!;
    like[lag] = sum / (n - lag);
  }
  // Between two lags the top lies a little higher than at either.
  const at = (lag: number) => {
    const [before, here, after] = [like[lag - 1]!, like[lag]!, like[lag + 1]!];
    const bend = before - 2 * here + after;
    const more = isTop(like, lag) && bend < 0 ? (before - after) ** 2 / (-8 * bend) : 0;
    return (here + more) / like[0]!;
  };
  const longest = Math.floor(n / MIN_PERIODS);
  let best = 0;
  for (let lag = 1; lag <= longest; lag++) if (isTop(like, lag) && at(lag) > best) best = at(lag);
  if (best < 0.5) return null;
  // It dips in between: what changes slowly is like itself at every short lag.
  let dip = 1;
  for (let lag = 1; lag <= longest; lag++) {
    dip = Math.min(dip, at(lag));
    if (lag < MIN_LAG || !isTop(like, lag) || at(lag) < 0.78 * best || dip > 0.5 * at(lag))
      continue;
    return refine(like, lag, most);
  }
  return null;
}

const isTop = (like: Float64Array, lag: number): boolean =>
  like[lag]! >= like[lag - 1]! && like[lag]! > like[lag + 1]!;

/** From the furthest repetition that still shows, a share of which is the lag with less rounding. */
function refine(like: Float64Array, lag: number, most: number): number | null {
  let [length, times] = [lag, 1];
  for (let k = 2; k * length < most; k++) {
    const near = Math.round(k * length);
    const width = Math.max(1, Math.floor(length / 4));
    let top = near;
    for (let i = near - width; i <= near + width && i < most; i++)
      if (like[i]! > like[top]!) top = i;
    if (like[top]! < 0.35 * like[0]!) break;
    length = top / k;
    times = k;
  }
  return times < 2 ? null : length;
}
