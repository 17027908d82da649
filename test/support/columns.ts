/** Every sample of a series, wherever it lies, for tests to look at one by one. */
import { samplePages } from '../../src/shared/trace/series';
import type { SampledSeries, SeriesData } from '../../src/shared/trace/types';

export function readColumns(data: SeriesData): SampledSeries {
  const pages = [...samplePages(data)];
  const join = (column: 'times' | 'values') =>
    Float64Array.from(pages.flatMap((page) => [...page[column]]));
  return { info: data.info, gaps: data.gaps, times: join('times'), values: join('values') };
}
