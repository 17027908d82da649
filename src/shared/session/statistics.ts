/**
 * Figures of a stretch of a series, as a selection shows them. A reading stands until the next one, until a gap begins
 * or until the stretch ends; mean, percentiles and integral weigh every value by the time it stood, since samples that
 * come as things happen do not come evenly. Extremes and the count are of the samples within the stretch.
 */
import { lowerBound, upperBound } from '../base/search';
import type { Micros } from '../base/units';
import { maxIn, minIn } from '../trace/series';
import type { SeriesData, SeriesInfo, Unit } from '../trace/types';

/** A value with when it was first seen. */
export interface TimedValue {
  readonly value: number;
  readonly t: Micros;
}

/** In the series' unit; null where the stretch holds no reading. */
export interface SeriesStatistics {
  readonly info: SeriesInfo;
  readonly t0: Micros;
  readonly t1: Micros;
  /** Samples within. */
  readonly count: number;
  readonly min: TimedValue | null;
  readonly max: TimedValue | null;
  /** Time-weighted. */
  readonly mean: number | null;
  /** The value that was not passed in 50, 95 and 99 percent of the time. */
  readonly p50: number | null;
  readonly p95: number | null;
  readonly p99: number | null;
  /** Time for which a reading stood. */
  readonly heldUs: Micros;
  /** Energy of a power, bytes of a rate; null for what has no meaning as a sum over time. */
  readonly integral: { readonly value: number; readonly unit: 'joules' | 'bytes' } | null;
  /** Time above the level that was asked for; null where none was. */
  readonly aboveUs: Micros | null;
}

/** Of t0 <= t <= t1. `above` is a level in the series' unit. */
export function summarizeSpan(
  data: SeriesData,
  t0: Micros,
  t1: Micros,
  above?: number,
): SeriesStatistics {
  const highest = maxIn(data, t0, t1);
  const lowest = minIn(data, t0, t1);
  const held = heldValues(data, t0, t1);
  const heldUs = held.durations.reduce((sum, duration) => sum + duration, 0);
  const [p50, p95, p99] = weightedPercentiles(held, heldUs, [0.5, 0.95, 0.99]);
  const total = held.values.reduce((sum, value, i) => sum + value * held.durations[i]!, 0);
  return {
    info: data.info,
    t0,
    t1,
    count: upperBound(data.times, t1) - lowerBound(data.times, t0),
    min: lowest && { value: lowest.value, t: lowest.t },
    max: highest && { value: highest.value, t: highest.t },
    mean: heldUs === 0 ? (highest?.value ?? null) : total / heldUs,
    p50: p50 ?? highest?.value ?? null,
    p95: p95 ?? highest?.value ?? null,
    p99: p99 ?? highest?.value ?? null,
    heldUs,
    integral: integrate(data.info.unit, total),
    aboveUs: above === undefined ? null : timeAbove(held, above),
  };
}

interface Held {
  readonly values: Float64Array;
  readonly durations: Float64Array;
}

/** Each reading with how long it stood within [t0, t1]; the one that stood at t0 is the first. */
function heldValues({ times, values, gaps }: SeriesData, t0: Micros, t1: Micros): Held {
  const from = Math.max(0, upperBound(times, t0) - 1);
  const to = upperBound(times, t1);
  const durations = new Float64Array(Math.max(0, to - from));
  for (let i = from; i < to; i++) {
    const begin = times[i]!;
    const next = i + 1 < times.length ? times[i + 1]! : Number.POSITIVE_INFINITY;
    durations[i - from] = Math.max(0, Math.min(next, t1) - Math.max(begin, t0));
  }
  for (const gap of gaps) cutGap(durations, times, from, to, gap, t0, t1);
  return { values: values.subarray(from, Math.max(from, to)), durations };
}

/** A reading does not stand in a gap that begins behind it, nor after the gap until the next reading. */
function cutGap(
  durations: Float64Array,
  times: Float64Array,
  from: number,
  to: number,
  gap: SeriesData['gaps'][number],
  t0: Micros,
  t1: Micros,
): void {
  const at = upperBound(times, gap.t0) - 1;
  if (at < from || at >= to) return;
  const end = Math.min(gap.t0, t1);
  durations[at - from] = Math.min(
    durations[at - from]!,
    Math.max(0, end - Math.max(times[at]!, t0)),
  );
}

function weightedPercentiles(
  { values, durations }: Held,
  heldUs: Micros,
  shares: readonly number[],
): (number | undefined)[] {
  if (heldUs === 0) return shares.map(() => undefined);
  const order = Uint32Array.from(values.keys()).sort((a, b) => values[a]! - values[b]!);
  let passed = 0;
  let next = 0;
  const found: number[] = [];
  for (const index of order) {
    passed += durations[index]!;
    while (next < shares.length && durations[index]! > 0 && passed >= shares[next]! * heldUs) {
      found.push(values[index]!);
      next++;
    }
  }
  return found;
}

function timeAbove({ values, durations }: Held, level: number): Micros {
  let total = 0;
  for (let i = 0; i < values.length; i++) if (values[i]! > level) total += durations[i]!;
  return total;
}

/** `total` is in units times microseconds. */
function integrate(unit: Unit, total: number): SeriesStatistics['integral'] {
  if (unit === 'milliwatts') return { value: total / 1e9, unit: 'joules' };
  if (unit === 'bytes_per_second') return { value: total / 1e6, unit: 'bytes' };
  return null;
}
