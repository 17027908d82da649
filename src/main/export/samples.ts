/** What `show --json` prints, and every sample of the session under `traces`, one series a piece. */
import { JsonRows, jsonPieces, toJson } from '../../shared/base/json';
import { buildDocument } from '../../shared/session/document';
import { samplesIn } from '../../shared/trace/series';
import type { SeriesData } from '../../shared/trace/types';
import { readSession } from '../store/session-data';
import type { SessionReader } from '../store/session-file';
import type { ExportFormat } from './protocol';

export const samples: ExportFormat<'session'> = {
  id: 'json',
  label: 'JSON with samples',
  source: 'session',
  endings: ['json'],
  mimeType: 'application/json',
  isText: true,
  isForPeople: false,
  render: (reader) => ({ fileName: `${reader.id}.json`, contents: documentPieces(reader) }),
};

/** One JSON document whose last field is the list of traces. */
function* documentPieces(reader: SessionReader): Iterable<string> {
  const session = readSession(reader);
  yield toJson(buildDocument(session)).replace(/\n\}$/, ',\n  "traces": [');
  let separator = '\n    ';
  for (const series of session.series) {
    yield separator;
    for (const piece of jsonPieces(describeTrace(series))) yield piece.replaceAll('\n', '\n    ');
    separator = ',\n    ';
  }
  yield session.series.length === 0 ? ']\n}\n' : '\n  ]\n}\n';
}

const describeTrace = (series: SeriesData) => ({
  id: series.info.id,
  unit: series.info.unit,
  times: new JsonRows(column(series, 0)),
  values: new JsonRows(column(series, 1)),
  gaps: series.gaps,
});

function* column(series: SeriesData, which: 0 | 1): Iterable<number> {
  for (const sample of samplesIn(series)) yield sample[which];
}
