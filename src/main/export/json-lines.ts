/**
 * A session's samples as JSON Lines: one object a line, which any tool reads as it comes. A sample has `t` (microseconds
 * from the start), `series`, `unit` and `value`; a gap has `t`, `series`, `unit`, `until` and `absent`.
 */
import { samplesIn } from '../../shared/trace/series';
import type { SeriesData } from '../../shared/trace/types';
import { readSession } from '../store/session-data';
import { joinPieces } from './pieces';
import type { ExportFormat } from './protocol';

export const jsonLines: ExportFormat<'session'> = {
  id: 'jsonl',
  label: 'JSON Lines',
  source: 'session',
  endings: ['jsonl'],
  mimeType: 'application/x-ndjson',
  isText: true,
  isForPeople: false,
  render: (reader) => ({
    fileName: `${reader.id}.jsonl`,
    contents: (function* () {
      for (const series of readSession(reader).series) yield* joinPieces(seriesLines(series));
    })(),
  }),
};

function* seriesLines(data: SeriesData): Iterable<string> {
  const { id: series, unit } = data.info;
  for (const [t, value] of samplesIn(data)) yield `${JSON.stringify({ t, series, unit, value })}\n`;
  for (const { t0, t1, reason } of data.gaps)
    yield `${JSON.stringify({ t: t0, series, unit, until: t1, absent: reason })}\n`;
}
