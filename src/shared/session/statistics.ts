/**
 * Figures of a stretch of a series, as a selection shows them. A reading stands until the next one, until a gap begins
 * or until the stretch ends; mean, percentiles and integral weigh every value by the time it stood, since samples that
 * come as things happen do not come evenly. Extremes and the count are of the samples within the stretch.
 */
import type { Micros } from '../base/units';
import { spanStatistics } from '../trace/held';
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
  const { integral, min, max, ...found } = spanStatistics(data, t0, t1, above ?? null);
  const highest = max?.value ?? null;
  return {
    info: data.info,
    t0,
    t1,
    ...found,
    min: min && { value: min.value, t: min.t },
    max: max && { value: max.value, t: max.t },
    // Of a moment that is too short for anything to be held, what was read in it.
    mean: found.mean ?? highest,
    p50: found.p50 ?? highest,
    p95: found.p95 ?? highest,
    p99: found.p99 ?? highest,
    integral: integrate(data.info.unit, integral),
  };
}

/** `total` is in units times microseconds. */
function integrate(unit: Unit, total: number): SeriesStatistics['integral'] {
  if (unit === 'milliwatts') return { value: total / 1e9, unit: 'joules' };
  if (unit === 'bytes_per_second') return { value: total / 1e6, unit: 'bytes' };
  return null;
}
