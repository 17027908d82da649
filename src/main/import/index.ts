/** Imports: output of nvidia-smi in any of its forms, read into a trace. One file per format; this one lists them. */
import { Failure } from '../../shared/base/failure';
import { alternating } from './alternating';
import { csv } from './csv';
import { openText, readLines } from './decode';
import { errorText } from './error';
import { INSTEAD, recognizeTool } from './foreign-tools';
import type { ImportedTrace } from './imported-trace';
import { LineCleaner } from './line-cleaner';
import { help, list } from './list';
import { dmon, pmon } from './monitor';
import { processesCsv } from './processes-csv';
import type { Head, ImportFormat, ReadOptions } from './protocol';
import { queryText } from './query-text';
import { table } from './table';
import { TraceBuilder } from './trace';
import { transcript } from './transcript';
import { xml } from './xml';

export { IMPORT_KINDS, type ImportedTrace, type ImportKind } from './imported-trace';
export type { ReadOptions } from './protocol';
export { STANDARD_INPUT, withPlainFile } from './source-file';

/** The first that recognizes a file reads it: from the unmistakable to the likely. */
const FORMATS: readonly ImportFormat[] = [
  transcript,
  help,
  xml,
  queryText,
  dmon,
  pmon,
  list,
  alternating,
  processesCsv,
  csv,
  table,
  errorText,
];

/** Characters of a row; what is made of one grows with its cells. */
const MAX_ROW = 65_536;

/** A JSON document about GPUs may hold words that a table has, and is refused for it. */
const isJson = ({ text }: Head): boolean => /^\s*(\{\s*["}]|\[\s*[{["\]])/.test(text);

/**
 * Reads the file at `path` in one pass. Throws a Failure where there is no text to read or it is no output of
 * nvidia-smi; what cannot be read in it is a warning or a gap.
 */
export function readTrace(path: string, options: ReadOptions = {}): ImportedTrace {
  const file = openText(path);
  const cleaner = new LineCleaner(file.head);
  const { head } = cleaner;
  const format = isJson(head) ? undefined : FORMATS.find((each) => each.recognizes(head));
  if (!format) {
    const tool = recognizeTool(head);
    if (tool !== null)
      throw new Failure(
        'bad_input',
        `${head.fileName} is output of ${tool}, which Plumbline does not read.`,
        `Record with nvidia-smi instead: ${INSTEAD}`,
      );
    throw new Failure(
      'bad_input',
      `${head.fileName} is not output of nvidia-smi that Plumbline knows.`,
      'Give output of nvidia-smi: XML, CSV, -q text, dmon, pmon or the table; or a .plumbline session file.',
    );
  }
  const trace = new TraceBuilder(options.intervalMs);
  const sink = format.open(trace, head, options);
  const zeros = readLines(file, (raw, complete) => {
    // Of XML alone a whole document may stand on a line.
    if (raw.length > MAX_ROW && format !== xml) {
      trace.warn(`Lines of more than ${MAX_ROW} characters were left out: nvidia-smi prints none.`);
      return;
    }
    const { text, stamp } = cleaner.clean(raw);
    if (stamp) trace.moment = stamp;
    sink.line(text, complete);
  });
  sink.end();
  if (zeros > 0)
    trace.warn(
      `${zeros} zero bytes were passed over, as a machine leaves them behind that goes down while it writes.`,
    );
  if (trace.samples === 0 && format.kind !== 'error') trace.warn('The file holds no reading.');
  return trace.finish(format.kind);
}
