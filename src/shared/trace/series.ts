/**
 * Figures and look-ups of a series, and the time a sample is kept at. Every extreme comes with its time. Where there is no
 * sample the answer is null, never 0.
 */

import { countWhile, lowerBound, upperBound } from '../base/search';
import type { Micros, SampleIndex } from '../base/units';
import { extremes, findExtremes } from './pyramid';
import type { SamplePage, SampleRun, TimedSample } from './sample-source';
import { figuresFrom, type Summary, summarize } from './summary';
import type {
  Gap,
  SampledSeries,
  SeriesData,
  SeriesFigures,
  SeriesInfo,
  SeriesStats,
} from './types';

export type { SeriesFigures } from './types';

/** Some 280 years to either side of a session's start: what has no end. */
export const EVER = { t0: Number.MIN_SAFE_INTEGER, t1: Number.MAX_SAFE_INTEGER } as const;
/** Samples of a series that are held at once while all of them are gone through. */
const PAGE = 65_536;

/** Figures over all samples. The mean is of samples, each counting alike; it is not weighted by time. */
export function stats(data: SeriesData): SeriesFigures {
  if (data.source) return data.figures;
  return data.figures ?? summarizeColumn(data.times, data.values);
}

/** How many samples there are, without reading them where that is known. */
export const sampleCount = (data: SeriesData | undefined): number => {
  if (data === undefined) return 0;
  return data.source ? data.figures.count : data.times.length;
};

function summarizeColumn(times: Float64Array, values: Float64Array): SeriesFigures {
  const count = values.length;
  const all = count === 0 ? null : summarize(times, values, 0, count);
  const figures = figuresFrom(all);
  if (all === null || Math.abs(all.sum) <= Number.MAX_SAFE_INTEGER) return figures;
  // A running mean stays exact where the sum of bytes over a long session passes 2^53.
  let mean = 0;
  for (let i = 0; i < count; i++) mean += (values[i]! - mean) / (i + 1);
  return { ...figures, mean };
}

/** What a session document says of a series. */
export function seriesStats(data: SeriesData): SeriesStats {
  const { count, min, max, mean } = stats(data);
  return { ...data.info, count, min, max, mean };
}

/** Whether a counter's window covers less than half of the time between its samples, so that it misses the rest. */
export const seesLittle = ({
  windowUs,
  intervalUs,
}: Pick<SeriesInfo, 'windowUs' | 'intervalUs'>): boolean =>
  windowUs !== null && intervalUs !== null && 2 * windowUs < intervalUs;

/** The last sample at or before t; null before the first sample and inside a gap. */
export function sampleAt(data: SeriesData, t: Micros): TimedSample | null {
  const found = sampleBefore(data, t);
  return found === null || isAbsent(data.gaps, found.t, t) ? null : found;
}

/** Whether a gap that began after the sample of `since` holds t. */
export function isAbsent(gaps: readonly Gap[], since: Micros, t: Micros): boolean {
  let at = countWhile(gaps, ({ t0 }) => t0 < t) - 1;
  for (; at >= 0 && gaps[at]!.t0 >= since; at--) if (t < gaps[at]!.t1) return true;
  return false;
}

/** Value of the last sample at or before t; null before the first sample and inside a gap. */
export function valueAt(data: SeriesData, t: Micros): number | null {
  return sampleAt(data, t)?.value ?? null;
}

/** The last sample at or before t, whatever gap follows it. */
export function sampleBefore(data: SeriesData, t: Micros): TimedSample | null {
  return data.source ? data.source.before(t) : pick(data, upperBound(data.times, t) - 1);
}

/** The first sample after t. */
export function sampleAfter(data: SeriesData, t: Micros): TimedSample | null {
  return data.source ? data.source.after(t) : pick(data, upperBound(data.times, t));
}

/** Null where there is none. */
export const firstSample = (data: SeriesData): TimedSample | null => sampleAfter(data, EVER.t0);

/** Null where there is none. */
export const lastSample = (data: SeriesData): TimedSample | null => sampleBefore(data, EVER.t1);

function pick({ times, values }: SampledSeries, index: SampleIndex): TimedSample | null {
  return index >= 0 && index < times.length ? { t: times[index]!, value: values[index]! } : null;
}

/** The first highest sample with t0 <= t <= t1; null where the span holds none. */
export function maxIn(data: SeriesData, t0: Micros, t1: Micros): TimedSample | null {
  if (data.source === undefined) return extremeIn(data, t0, t1, 'max');
  const all = data.source.summarize(t0, t1);
  return all && { t: all.maxT, value: all.max };
}

/** The first lowest sample with t0 <= t <= t1; null where the span holds none. */
export function minIn(data: SeriesData, t0: Micros, t1: Micros): TimedSample | null {
  if (data.source === undefined) return extremeIn(data, t0, t1, 'min');
  const all = data.source.summarize(t0, t1);
  return all && { t: all.minT, value: all.min };
}

/** The first highest sample of all; null where there is none. */
export function highestSample(data: SeriesData): TimedSample | null {
  return maxIn(data, EVER.t0, EVER.t1);
}

/** The first lowest sample of all; null where there is none. */
export function lowestSample(data: SeriesData): TimedSample | null {
  return minIn(data, EVER.t0, EVER.t1);
}

/** The first sample that is at least `floor`; null where none is. */
export function firstAtLeast(data: SeriesData, floor: number): TimedSample | null {
  const top = highestSample(data);
  if (top === null || top.value < floor) return null;
  let low = firstSample(data)?.t ?? top.t;
  for (let high = top.t; low < high; ) {
    const middle = Math.floor((low + high) / 2);
    const found = maxIn(data, low, middle);
    if (found !== null && found.value >= floor) high = middle;
    else low = middle + 1;
  }
  return maxIn(data, low, low);
}

/** Of the samples of a span; null where it holds none. */
export function summarizeIn(data: SeriesData, t0: Micros, t1: Micros): Summary | null {
  if (data.source) return data.source.summarize(t0, t1);
  const from = lowerBound(data.times, t0);
  const to = upperBound(data.times, t1);
  return from >= to ? null : summarize(data.times, data.values, from, to);
}

/** Of the samples of a span: how many, and the sum of their values. */
export const sumIn = (
  data: SeriesData,
  t0: Micros,
  t1: Micros,
): { readonly count: number; readonly sum: number } =>
  summarizeIn(data, t0, t1) ?? { count: 0, sum: 0 };

/** Few enough samples to be looked at one by one. */
const FEW = 4096;

/**
 * How many samples of a span lie above a level, or below it; no more than `enough` are counted. Stretches whose extremes
 * lie on the other side are not read.
 */
export function countBeyond(
  data: SeriesData,
  span: { readonly t0: Micros; readonly t1: Micros },
  level: number,
  side: 'above' | 'below',
  enough: number,
): number {
  const { t0, t1 } = span;
  const isBeyond = (value: number) => (side === 'above' ? value > level : value < level);
  const all = data.source?.summarize(t0, t1);
  if (all === null || (all && !isBeyond(side === 'above' ? all.max : all.min))) return 0;
  if (all && all.count > FEW) {
    const middle = Math.floor((all.t0 + all.t1) / 2);
    const first = countBeyond(data, { t0: all.t0, t1: middle }, level, side, enough);
    if (first >= enough) return first;
    const rest = { t0: middle + 1, t1: all.t1 };
    return first + countBeyond(data, rest, level, side, enough - first);
  }
  let count = 0;
  for (const { values } of samplePages(data, t0, t1))
    for (let i = 0; i < values.length && count < enough; i++) if (isBeyond(values[i]!)) count++;
  return count;
}

/** The samples of a span in order, some at a time, so that any number of them can be gone through. */
export function* samplePages(
  data: SeriesData,
  t0: Micros = EVER.t0,
  t1: Micros = EVER.t1,
): Iterable<SamplePage> {
  if (data.source === undefined) {
    const from = lowerBound(data.times, t0);
    const to = upperBound(data.times, t1);
    if (to > from)
      yield { times: data.times.subarray(from, to), values: data.values.subarray(from, to) };
    return;
  }
  for (let from = t0; from <= t1; ) {
    const page = data.source.samples(from, t1, PAGE);
    if (page.times.length > 0) yield page;
    const last = page.times.at(-1);
    if (last === undefined || page.times.length < PAGE) return;
    from = last + 1;
  }
}

/** Every sample in order, however many there are. */
export function* samplesIn(data: SeriesData): Iterable<readonly [t: Micros, value: number]> {
  for (const { times, values } of samplePages(data))
    for (let i = 0; i < times.length; i++) yield [times[i]!, values[i]!];
}

/** All samples in runs of about as many samples each, at most `most` runs. */
export const sampleRuns = (data: SeriesData, most: number): SampleRun[] =>
  sampleRunsIn(data, EVER.t0, EVER.t1, most);

/** As `sampleRuns`, of the samples of a span. */
export function sampleRunsIn(data: SeriesData, t0: Micros, t1: Micros, most: number): SampleRun[] {
  if (data.source) return data.source.runs(t0, t1, most);
  const { times, values } = data;
  const end = upperBound(times, t1);
  const begin = lowerBound(times, t0);
  const size = Math.max(1, Math.ceil((end - begin) / most));
  const runs: SampleRun[] = [];
  for (let from = begin; from < end; from += size) {
    const to = Math.min(end, from + size);
    const { min, max } = extremes(values, from, to);
    const [low, high] = [values[min]!, values[max]!];
    runs.push({ t0: times[from]!, t1: times[to - 1]!, count: to - from, low, high });
  }
  return runs;
}

function extremeIn(
  data: SampledSeries,
  t0: Micros,
  t1: Micros,
  which: 'min' | 'max',
): TimedSample | null {
  const from = lowerBound(data.times, t0);
  const to = upperBound(data.times, t1);
  return from >= to ? null : pick(data, findExtremes(data.values, from, to)[which]);
}

/**
 * The whole microsecond a sample is kept at, strictly after `last`: one that comes at or before it is kept one
 * microsecond later, since no reading may be lost to the jitter of a clock.
 */
export function risingTime(t: Micros, last: Micros | null): Micros {
  const whole = Math.round(t);
  return last === null || whole > last ? whole : last + 1;
}
