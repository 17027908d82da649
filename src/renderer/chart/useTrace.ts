/** The part of a trace that is in sight, asked for again on every change of view; the older part stays until it comes. */
import { useEffect } from 'react';
import type { Micros } from '../../shared/base/units';
import type { TraceView } from '../../shared/contract/api';
import { type Query, useQuery } from '../state/engine';

/** More columns than this no screen shows, and a chart of four points a column draws in good time. */
const MAX_COLUMNS = 1600;

/** Nothing is asked while `width` is 0, before the first layout: what a few columns show would be seen for a moment, and wrongly. */
export function useTrace(
  id: string,
  series: readonly string[],
  t0: Micros,
  t1: Micros,
  width: number,
  version: unknown,
): Query<readonly TraceView[]> {
  const columns = Math.max(16, Math.min(MAX_COLUMNS, Math.round(width)));
  const query = useQuery(`trace ${id} ${series.join(' ')}`, async (engine) =>
    series.length === 0 || t1 <= t0 || width === 0
      ? []
      : engine.trace({ id, series, t0, t1, columns }),
  );
  const { refresh } = query;
  // biome-ignore lint/correctness/useExhaustiveDependencies: these are what the question is about
  useEffect(() => {
    refresh();
  }, [refresh, t0, t1, columns, version]);
  return query;
}
