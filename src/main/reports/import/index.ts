/** Imports: output of nvidia-smi in any of its forms, read into a trace. One file per format; this one lists them. */
import type { ImportedTrace, ImportFormat, ImportKind, LineSink, ReadOptions } from './protocol';
import { csv } from './csv';
import { openText, readLines } from './decode';
import { errorText } from './error';
import { dmon, pmon } from './monitor';
import { processesCsv } from './processes-csv';
import { queryText } from './query-text';
import { table } from './table';
import { TraceBuilder } from './trace';
import { xml } from './xml';

export { IMPORT_KINDS, type ImportedTrace, type ImportKind, type ReadOptions } from './protocol';

/** The first that recognizes a file reads it: from the unmistakable to the likely. */
const FORMATS: readonly ImportFormat[] = [xml, queryText, dmon, pmon, processesCsv, csv, table, errorText];
/** What `--help-query-gpu` prints speaks of everything and reads nothing. */
const HELP = /List of valid properties to query for the switch/;

/**
 * Reads the file at `path` in one pass. Throws a Failure where there is no text to read; what is text but no known
 * output has the kind `unknown`, and what cannot be read in it is a warning or a gap.
 */
export function readTrace(path: string, options: ReadOptions = {}): ImportedTrace {
  const file = openText(path);
  const { head } = file;
  const trace = new TraceBuilder(options.intervalMs);
  const isHelp = HELP.test(head.lines.slice(0, 5).join('\n'));
  const format = isHelp ? undefined : FORMATS.find((each) => each.recognizes(head));
  const kind: ImportKind = format?.kind ?? 'unknown';
  if (!format) {
    trace.warn('This is not output of nvidia-smi that Plumbline knows.');
    return trace.finish(kind);
  }
  const sink: LineSink = format.open(trace, head, options);
  const zeros = readLines(file, (text, complete) => sink.line(text, complete));
  sink.end();
  if (zeros > 0) trace.warn(`${zeros} zero bytes were passed over, as a machine leaves them behind that goes down while it writes.`);
  if (trace.samples === 0 && kind !== 'error') trace.warn('The file holds no reading.');
  return trace.finish(kind);
}
