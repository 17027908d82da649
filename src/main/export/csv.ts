/**
 * A session's samples as CSV: one row per sample; a gap is a row without a value, with its end and its reason. Times are
 * microseconds from the start. Series are read one after another and rows leave in pieces, so that a long session never
 * stands in memory as text.
 */
import type { SeriesData } from '../../shared/trace/types';
import type { ExportFormat } from './protocol';

const HEADER = 'time_us,series,unit,value,until_us,absent\n';
/** Samples of one piece. */
const PIECE_SAMPLES = 8192;

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
      for (const { id } of reader.series()) yield* seriesRows(reader.readSeries(id));
    })(),
  }),
};

function* seriesRows({ info, times, values, gaps }: SeriesData): Iterable<string> {
  const { id, unit } = info;
  let next = 0;
  let rows = '';
  for (let i = 0; i <= times.length; i++) {
    const isEnd = i === times.length;
    for (let gap = gaps[next]; gap && (isEnd || gap.t0 <= times[i]!); gap = gaps[++next])
      rows += `${gap.t0},${id},${unit},,${gap.t1},${gap.reason}\n`;
    if (!isEnd) rows += `${times[i]},${id},${unit},${values[i]},,\n`;
    if (i % PIECE_SAMPLES !== PIECE_SAMPLES - 1) continue;
    yield rows;
    rows = '';
  }
  if (rows !== '') yield rows;
}
