/**
 * Statistics of a span of any series: exact, each value counting by how long it was held.
 * Samples are gone through several times instead of being sorted, so that any number of them takes the same memory.
 */
import type { Micros } from '../base/units';
import { QuantileSearch } from './quantiles';
import { maxIn, minIn, sampleBefore, samplePages, sumIn } from './series';
import { type SpanStatistics, standsUntil } from './statistics';
import type { SeriesData } from './types';

/** Of t0 <= t <= t1. `above`: a level, for how long it was passed. */
export function spanStatistics(
  data: SeriesData,
  t0: Micros,
  t1: Micros,
  above: number | null,
): SpanStatistics {
  if (data.source) return data.source.statistics(t0, t1, above);
  return goThrough(data, t0, t1, above);
}

/** As `spanStatistics`, from the samples alone. */
export function goThrough(
  data: SeriesData,
  t0: Micros,
  t1: Micros,
  above: number | null,
): SpanStatistics {
  let integral = 0;
  let heldUs = 0;
  let aboveUs = 0;
  const range = { lowest: Number.POSITIVE_INFINITY, highest: Number.NEGATIVE_INFINITY };
  walkHeld(data, t0, t1, (value, us) => {
    integral += value * us;
    heldUs += us;
    if (above !== null && value > above) aboveUs += us;
    range.lowest = Math.min(range.lowest, value);
    range.highest = Math.max(range.highest, value);
  });
  const searches = [0.5, 0.95, 0.99].map((share) => new QuantileSearch(share * heldUs, range));
  const open = new Set(heldUs > 0 ? searches : []);
  while (open.size > 0) {
    walkHeld(data, t0, t1, (value, us) => {
      for (const search of open) search.add(value, us);
    });
    for (const search of open) if (search.narrow()) open.delete(search);
  }
  const [p50 = null, p95 = null, p99 = null] = heldUs > 0 ? searches.map(({ found }) => found) : [];
  return {
    count: sumIn(data, t0, t1).count,
    min: minIn(data, t0, t1),
    max: maxIn(data, t0, t1),
    mean: heldUs > 0 ? integral / heldUs : null,
    integral,
    heldUs,
    p50,
    p95,
    p99,
    aboveUs: above === null ? null : aboveUs,
  };
}

/** Tells each value of the span with how long it was held, in order of time. */
function walkHeld(
  data: SeriesData,
  t0: Micros,
  t1: Micros,
  held: (value: number, us: Micros) => void,
): void {
  const { gaps } = data;
  let g = 0;
  let last = sampleBefore(data, t0);
  const until = (t: Micros) => {
    if (last === null) return;
    while (g < gaps.length && gaps[g]!.t0 < last.t) g++;
    const us = Math.min(t, standsUntil(gaps, g, last.t, t)) - Math.max(last.t, t0);
    if (us > 0) held(last.value, us);
  };
  for (const { times, values } of samplePages(data, t0, t1)) {
    for (let i = 0; i < times.length; i++) {
      until(times[i]!);
      last = { t: times[i]!, value: values[i]! };
    }
  }
  until(t1);
}
