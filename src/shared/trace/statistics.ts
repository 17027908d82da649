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
  /** How long a value is known: from the first sample on, gaps taken out. */
  readonly heldUs: Micros;
  readonly p50: number | null;
  readonly p95: number | null;
  readonly p99: number | null;
  /** How long the value was above the level that was asked for; null where none was. */
  readonly aboveUs: Micros | null;
}

/** How much of [t0, t1] lies in gaps, which are in order of their beginning; those before `from` end before t0. */
export function gapWithin(gaps: readonly Gap[], from: number, t0: Micros, t1: Micros): Micros {
  let missing = 0;
  let reached = t0;
  for (let i = from; i < gaps.length && gaps[i]!.t0 < t1; i++) {
    const begin = Math.max(reached, gaps[i]!.t0);
    const end = Math.min(t1, gaps[i]!.t1);
    if (end > begin) {
      missing += end - begin;
      reached = end;
    }
  }
  return missing;
}
