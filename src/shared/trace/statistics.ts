/** How long readings stand, for statistics of a span. */
import type { Micros } from '../base/units';
import type { Gap } from './types';

export type { SpanStatistics } from './sample-source';

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
