/**
 * A session as a Chrome trace, which Perfetto and chrome://tracing open: a counter for each series, a slice for each
 * phase with the measured and the predicted peak, an instant for each note, a pair of begin and end for each gap. Times
 * are microseconds from the start; counters stand in the units of their series, which their names tell.
 *
 * Format: "Trace Event Format", https://docs.google.com/document/d/1CvAClvFfyA5R-PhYUmn5OOQtYMH4h6I0nSsKchNAySU.
 */
import { buildDocument } from '../../shared/session/document';
import { samplesIn } from '../../shared/trace/series';
import { readSession } from '../store/session-data';
import type { SessionReader } from '../store/session-file';
import { joinPieces } from './pieces';
import type { ExportFormat } from './protocol';

const PROCESS = 1;

export const chromeTrace: ExportFormat<'session'> = {
  id: 'chrome-trace',
  label: 'Chrome trace (Perfetto)',
  source: 'session',
  endings: ['trace.json'],
  mimeType: 'application/json',
  isText: true,
  isForPeople: false,
  render: (reader) => ({
    fileName: `${reader.id}.trace.json`,
    contents: joinPieces(traceText(reader)),
  }),
};

function* traceText(reader: SessionReader): Iterable<string> {
  yield '{"displayTimeUnit":"ms","traceEvents":[\n';
  let separator = '';
  for (const event of events(reader)) {
    yield `${separator}${JSON.stringify({ pid: PROCESS, tid: 0, ...event })}`;
    separator = ',\n';
  }
  yield '\n]}\n';
}

function* events(reader: SessionReader): Iterable<Readonly<Record<string, unknown>>> {
  const session = readSession(reader);
  yield { ph: 'M', name: 'process_name', args: { name: session.name } };
  for (const { phase, step, span, measured, predicted } of buildDocument(session).overlay.phases)
    yield {
      ph: 'X',
      name: phase,
      ts: span[0],
      dur: span[1] - span[0],
      args: { step, measuredBytes: measured, predictedBytes: predicted.refined },
    };
  for (const marker of session.markers)
    if (marker.type === 'note') yield { ph: 'i', s: 'p', name: marker.text, ts: marker.t };
  let gaps = 0;
  for (const series of session.series) {
    const { id, unit } = series.info;
    for (const { t0, t1, reason } of series.gaps) {
      const gap = { cat: 'absent', id: gaps++, name: `${id} (${unit})` };
      yield { ph: 'b', ts: t0, ...gap, args: { absent: reason } };
      yield { ph: 'e', ts: t1, ...gap };
    }
    for (const [ts, value] of samplesIn(series))
      yield { ph: 'C', name: `${id} (${unit})`, ts, args: { value } };
  }
}
