/** Exports: what is known of a session, or of several, as one file to hand on. This lists every format. */
import { Failure } from '../../shared/base/failure';
import type { ExportFormatInfo } from '../../shared/contract/api';
import { chromeTrace } from './chrome-trace';
import { csv } from './csv';
import { html } from './html';
import { json } from './json';
import { jsonLines } from './json-lines';
import { junit } from './junit';
import { markdown } from './markdown';
import { parquet } from './parquet';
import { pdf } from './pdf';
import type { ExportedFile, ExportFormat, Source } from './protocol';
import { raw } from './raw';
import { reportCsv } from './report-csv';
import { samples } from './samples';
import { sessionFile } from './session-file';
import { sqliteTables } from './sqlite-tables';

export { PICTURE_COLUMNS } from './chart-frame';
export type { ExportedFile, OutcomeReport, ReportInput, ReportRequest } from './protocol';

type AnyFormat = { [S in Source]: ExportFormat<S> }[Source];

const FORMATS: readonly AnyFormat[] = [
  html,
  markdown,
  json,
  pdf,
  reportCsv,
  csv,
  samples,
  jsonLines,
  chromeTrace,
  sqliteTables,
  parquet,
  sessionFile,
  raw,
  junit,
];

/** Every format, without what renders it. */
export const listFormats = (): ExportFormatInfo[] =>
  FORMATS.map(({ id, label, source, endings, mimeType, isText, isForPeople }) => ({
    id,
    label,
    source,
    endings,
    mimeType,
    isText,
    isForPeople,
  }));

/** Throws a Failure where no format of that name is made from `source`. */
export function findFormat<S extends Source>(source: S, id: string): ExportFormat<S> {
  const known = FORMATS.filter(
    (each): each is AnyFormat & ExportFormat<S> => each.source === source,
  );
  const format = known.find((each) => each.id === id);
  if (format) return format;
  throw new Failure(
    'bad_input',
    `There is no ${source === 'report' ? 'report' : 'export'} format "${id}".`,
    `Use one of ${known.map((each) => each.id).join(', ')}.`,
  );
}

/** Text of a file whose contents are text. */
export function textContents({ contents }: ExportedFile): string {
  if (typeof contents === 'string') return contents;
  return contents instanceof Uint8Array ? Buffer.from(contents).toString() : [...contents].join('');
}
