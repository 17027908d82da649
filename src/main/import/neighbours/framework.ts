/** Series of what a framework counts, as a recording names them. */
import type { Micros } from '../../../shared/base/units';
import { type FrameworkMetric, frameworkSeries } from '../../../shared/trace/series-ids';
import type { SeriesInfo } from '../../../shared/trace/types';

/** `intervalUs`: null where the file tells every event. */
export const describeFramework = (
  source: string,
  metric: FrameworkMetric,
  rank: number,
  about?: string,
  intervalUs: Micros | null = null,
): SeriesInfo => ({
  id: frameworkSeries(metric, rank),
  source,
  metric,
  unit: 'bytes',
  windowUs: null,
  intervalUs,
  ...(about !== undefined && { about }),
});
