/** What is said of a span of a series. Values count by how long they were held, not by how often they were read. */
import type { Micros } from '../base/units';
import type { Gap } from './types';

export interface SpanStatistics {
  /** Samples in the span. */
  readonly count: number;
  readonly min: { readonly t: Micros; readonly value: number } | null;
  readonly max: { readonly t: Micros; readonly value: number } | null;
  /** Of the time in which a value is known. */
  readonly mean: number | null;
  /** Of value times microseconds: of milliwatts, nanojoules. */
  readonly integral: number;
  /** How long a value is known: each from its sample until the next one, or until a gap begins. */
  readonly heldUs: Micros;
  readonly p50: number | null;
  readonly p95: number | null;
  readonly p99: number | null;
  /** How long the value was above the level that was asked for; null where none was. */
  readonly aboveUs: Micros | null;
}

/**
 * Until when a reading stands that was taken at `since` and is followed by another at `next`: a gap that begins in
 * between ends it. Gaps are in order of their beginning; those before `from` begin before `since`.
 */
export function standsUntil(
  gaps: readonly Gap[],
  from: number,
  since: Micros,
  next: Micros,
): Micros {
  for (let i = from; i < gaps.length && gaps[i]!.t0 < next; i++)
    if (gaps[i]!.t0 >= since) return gaps[i]!.t0;
  return next;
}
