/**
 * Down-sampling for pictures: per pixel column the first, minimum, maximum and last sample, in time order.
 *
 * Guarantees, for any series, span, width and gap pattern: the highest and the lowest sample of the span are in the
 * result with their own times, and the result holds at most four samples per column plus one break per gap. (The
 * chart library's own sampling loses a peak beside a gap, so it is never used.)
 *
 * The neighbour just before and just after the span is included, at its own time outside it, so that the line reaches
 * both edges of the picture. A neighbour is no sample of the span: whoever asks for a peak looks at t0 <= t <= t1.
 */
import { lowerBound, upperBound } from '../base/search';
import type { Micros } from '../base/units';
import { buildPyramid, extremes, PYRAMID_FROM } from './pyramid';
import type { Envelope } from './sample-source';
import type { Gap, SampledSeries, SeriesData } from './types';

export type { Envelope } from './sample-source';

/** Of the span [t0, t1], for a picture of `columns` pixels. */
export function envelope(series: SeriesData, t0: Micros, t1: Micros, columns: number): Envelope {
  if (series.source) return series.source.envelope(t0, t1, columns);
  const { times, values } = series;
  const from = lowerBound(times, t0);
  const to = Math.max(from, upperBound(times, t1));
  const width = Math.max(1, Math.floor(columns));
  const picked: number[] = [];
  if (from > 0) picked.push(from - 1);
  if (to - from <= 4 * width) for (let i = from; i < to; i++) picked.push(i);
  else pickColumns(series, from, to, t0, t1, width, picked);
  if (to < times.length) picked.push(to);
  const points = {
    times: Float64Array.from(picked, (index) => times[index]!),
    values: Float64Array.from(picked, (index) => values[index]!),
  };
  return breakAtGaps(points, series.gaps);
}

function pickColumns(
  series: SampledSeries,
  from: number,
  to: number,
  t0: Micros,
  t1: Micros,
  width: number,
  picked: number[],
): void {
  const { times, values } = series;
  const pyramid = to - from >= PYRAMID_FROM ? buildPyramid(values) : null;
  let start = from;
  for (let column = 1; column <= width && start < to; column++) {
    const end =
      column === width ? to : lowerBound(times, t0 + ((t1 - t0) * column) / width, start, to);
    if (end === start) continue;
    const { min, max } =
      pyramid === null ? extremes(values, start, end) : pyramid.extremes(start, end);
    let last = -1;
    for (const index of [start, Math.min(min, max), Math.max(min, max), end - 1]) {
      if (index > last) picked.push(index);
      last = index;
    }
    start = end;
  }
}

/** The samples with one break before the first of them that lies behind a gap. */
export function breakAtGaps(points: Envelope, gaps: readonly Gap[]): Envelope {
  if (gaps.length === 0) return points;
  const { times, values } = points;
  const breaks = placeBreaks(times, sortedGaps(gaps));
  if (breaks.length === 0) return points;
  const outTimes = new Float64Array(times.length + breaks.length);
  const outValues = new Float64Array(times.length + breaks.length);
  let from = 0;
  for (const [i, { at, t }] of breaks.entries()) {
    outTimes.set(times.subarray(from, at), from + i);
    outValues.set(values.subarray(from, at), from + i);
    outTimes[at + i] = t;
    outValues[at + i] = Number.NaN;
    from = at;
  }
  outTimes.set(times.subarray(from), from + breaks.length);
  outValues.set(values.subarray(from), from + breaks.length);
  return { times: outTimes, values: outValues };
}

interface Break {
  /** The point it comes before. */
  readonly at: number;
  readonly t: Micros;
}

function placeBreaks(times: Float64Array, ordered: readonly Gap[]): Break[] {
  const breaks: Break[] = [];
  let last = 0;
  for (const gap of ordered) {
    const at = upperBound(times, gap.t0, last);
    // Of several gaps between two points the first counts; one that ended before the point lies outside the picture.
    if (at === 0 || at === times.length || at === last) continue;
    const [before, t] = [times[at - 1]!, times[at]!];
    if (gap.t1 <= before) continue;
    const middle = (Math.max(gap.t0, before) + Math.min(gap.t1, t)) / 2;
    breaks.push({ at, t: middle > before && middle < t ? middle : (before + t) / 2 });
    last = at;
  }
  return breaks;
}

function sortedGaps(gaps: readonly Gap[]): readonly Gap[] {
  for (let i = 1; i < gaps.length; i++) {
    if (gaps[i]!.t0 < gaps[i - 1]!.t0) return [...gaps].sort((a, b) => a.t0 - b.t0);
  }
  return gaps;
}
