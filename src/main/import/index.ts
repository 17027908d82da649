/**
 * Imports: output of nvidia-smi in any of its forms, and the files of its neighbours, read into a trace. One file per
 * format; this one lists them. Formats are told by content, never by the name of a file.
 */
import { statSync } from 'node:fs';
import { basename } from 'node:path';
import { Failure } from '../../shared/base/failure';
import { IMPORTABLE } from '../../shared/present/importable';
import { alternating } from './alternating';
import { csv } from './csv';
import { openText, readHead, readLines, readText, type TextFile } from './decode';
import { errorText } from './error';
import { INSTEAD, recognizeTool } from './foreign-tools';
import { type ImportedTrace, NO_READING } from './imported-trace';
import { LineCleaner } from './line-cleaner';
import { help, list } from './list';
import { dmon, pmon } from './monitor';
import { chromeTrace } from './neighbours/chrome-trace';
import { deepspeed } from './neighbours/deepspeed';
import { engineLog } from './neighbours/engine-log';
import { JsonItems } from './neighbours/json-items';
import { gpustat, nvtop } from './neighbours/monitors';
import { nsightSystems } from './neighbours/nsight-systems';
import { isParquet, readParquet } from './neighbours/parquet';
import { plumblineCsv, plumblineJson } from './neighbours/plumbline-samples';
import { plumblineTables } from './neighbours/plumbline-tables';
import { prometheusMatrix } from './neighbours/prometheus-matrix';
import { prometheusText } from './neighbours/prometheus-text';
import { pytorchSnapshot } from './neighbours/pytorch-snapshot';
import { mlflow, trainerState, wandb } from './neighbours/run-logs';
import { processesCsv } from './processes-csv';
import type { FileFormat, Head, ImportFormat, JsonFormat, OnBytes, ReadOptions } from './protocol';
import { queryText } from './query-text';
import { table } from './table';
import { TraceBuilder } from './trace';
import { transcript } from './transcript';
import { xml } from './xml';

export { IMPORT_KINDS, type ImportedTrace, type ImportKind } from './imported-trace';
export { type PrometheusRequest, withPrometheus } from './prometheus';
export type { ReadOptions, ReadProgress } from './protocol';
export { STANDARD_INPUT, withPlainFile } from './source-file';

/** The first that recognizes a file reads it: from the unmistakable to the likely. */
const FORMATS: readonly ImportFormat[] = [
  plumblineCsv,
  transcript,
  help,
  prometheusText,
  deepspeed,
  engineLog,
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

const JSON_FORMATS: readonly JsonFormat[] = [
  plumblineJson,
  prometheusMatrix,
  chromeTrace,
  trainerState,
  gpustat,
  nvtop,
  wandb,
  mlflow,
];
const FILE_FORMATS: readonly FileFormat[] = [pytorchSnapshot, plumblineTables, nsightSystems];

const MAGIC_BYTES = 4;
/** Characters of a row; what is made of one grows with its cells. */
const MAX_ROW = 65_536;

/** A JSON document about GPUs may hold words that a table has, and is refused for it. */
const isJson = ({ text }: Head): boolean => /^\s*(\{\s*["}]|\[\s*[{["\]])/.test(text);

/** The format of a file that is no text; undefined where the file is text, or nothing that is known. */
export function findFileFormat(path: string): FileFormat | undefined {
  const head = readHead(path);
  return FILE_FORMATS.find((each) => each.recognizes(path, head));
}

/** Reads the file at `path`, whatever format it has. Throws as `readTrace` does. */
export async function readAnyTrace(
  path: string,
  options: ReadOptions = {},
): Promise<ImportedTrace> {
  if (!isParquet(readHead(path, MAGIC_BYTES))) return readTrace(path, options);
  const trace = new TraceBuilder(options.intervalMs);
  await readParquet(path, basename(path), trace);
  return trace.finish('plumbline-parquet');
}

/**
 * Reads the file at `path` in one pass, which is any but Parquet. Throws a Failure where there is no text to read or it is no output of
 * nvidia-smi; what cannot be read in it is a warning or a gap.
 */
export function readTrace(path: string, options: ReadOptions = {}): ImportedTrace {
  const binary = findFileFormat(path);
  if (binary) {
    const trace = new TraceBuilder(options.intervalMs);
    binary.read(path, basename(path), trace, countBytes(path, options));
    return trace.finish(binary.kind);
  }
  const file = openText(path);
  const json = isJson(file.head)
    ? JSON_FORMATS.find((each) => each.recognizes(file.head))
    : undefined;
  return json ? readJson(file, json, options) : readRows(file, options);
}

/** Tells whoever asked how much of the file has been read. */
function countBytes(path: string, { onProgress }: ReadOptions): OnBytes {
  if (!onProgress) return () => {};
  const total = statSync(path).size;
  return (done) => onProgress({ stage: 'reading', done, total });
}

function readJson(file: TextFile, format: JsonFormat, options: ReadOptions): ImportedTrace {
  const trace = new TraceBuilder(options.intervalMs);
  const reader = format.open(trace);
  const items = new JsonItems(file.head.fileName, reader);
  readText(file, (text) => items.push(text), countBytes(file.path, options));
  if (!items.end())
    trace.warn('The file ends in the middle of a document; what came before is kept.');
  reader.end();
  if (trace.samples === 0) trace.warn(NO_READING);
  return trace.finish(format.kind);
}

function readRows(file: TextFile, options: ReadOptions): ImportedTrace {
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
    if ((head.text.split('\n', 1)[0]?.length ?? 0) > MAX_ROW)
      throw new Failure(
        'bad_input',
        `${head.fileName} has lines of more than ${MAX_ROW} characters, as no table of GPUs has.`,
        `Record the columns that matter: ${INSTEAD}`,
      );
    throw new Failure(
      'bad_input',
      `${head.fileName} is no file that Plumbline knows.`,
      `Give ${IMPORTABLE}.`,
    );
  }
  const trace = new TraceBuilder(options.intervalMs);
  const sink = format.open(trace, head, options);
  const zeros = readLines(
    file,
    (raw, complete) => {
      // Of XML alone a whole document may stand on a line.
      if (raw.length > MAX_ROW && format !== xml) {
        trace.warn(
          `Lines of more than ${MAX_ROW} characters were left out: nvidia-smi prints none.`,
        );
        return;
      }
      const { text, stamp } = cleaner.clean(raw);
      if (stamp) trace.moment = stamp;
      sink.line(text, complete);
    },
    countBytes(file.path, options),
  );
  sink.end();
  if (zeros > 0)
    trace.warn(
      `${zeros} zero bytes were passed over, as a machine leaves them behind that goes down while it writes.`,
    );
  if (trace.samples === 0 && format.kind !== 'error') trace.warn(NO_READING);
  return trace.finish(format.kind);
}
