/**
 * A session's samples as CSV: one row per sample; a gap is a row without a value, with its end and its reason. Times are
 * microseconds from the start. Series are read one after another and rows leave in pieces, so that a long session never
 * stands in memory as text.
 */
import type { Micros } from '../../shared/base/units';
import { samplesIn } from '../../shared/trace/series';
import type { SeriesData } from '../../shared/trace/types';
import { readSession } from '../store/session-data';
import { joinPieces } from './pieces';
import type { ExportFormat } from './protocol';

const HEADER = 'time_us,series,unit,value,until_us,absent\n';

export const csv: ExportFormat<'session'> = {
  id: 'csv',
  label: 'CSV',
  source: 'session',
  endings: ['csv'],
  mimeType: 'text/csv',
  isText: true,
  isForPeople: false,
  render: (reader) => ({
    fileName: `${reader.id}.csv`,
    contents: (function* () {
      yield HEADER;
      for (const series of readSession(reader).series) yield* joinPieces(seriesRows(series));
    })(),
  }),
};

function* seriesRows(series: SeriesData): Iterable<string> {
  const { info, gaps } = series;
  const { id, unit } = info;
  let next = 0;
  const gapsUntil = (t: Micros) => {
    let rows = '';
    for (; next < gaps.length && gaps[next]!.t0 <= t; next++) {
      const { t0, t1, reason } = gaps[next]!;
      rows += `${t0},${id},${unit},,${t1},${reason}\n`;
    }
    return rows;
  };
  for (const [t, value] of samplesIn(series))
    yield `${gapsUntil(t)}${t},${id},${unit},${value},,\n`;
  yield gapsUntil(Number.POSITIVE_INFINITY);
}
