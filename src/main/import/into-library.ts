/**
 * An import becomes a session of the library. Guarantees: a file that cannot be read, or holds nothing to keep, leaves
 * nothing behind; the session says that it was imported, from which file, and what was odd about it.
 */
import { statSync } from 'node:fs';
import { basename } from 'node:path';
import { Failure } from '../../shared/base/failure';
import type { Bytes } from '../../shared/base/units';
import type { ModelSpec, RunSpec } from '../../shared/model/spec';
import { buildDocument, summarizeDocument } from '../../shared/session/document';
import type { SessionData } from '../../shared/session/types';
import { version } from '../install/paths';
import type { Library } from '../store/library';
import { createSession } from '../store/session-file';
import { readHead } from './decode';
import type { ImportedTrace } from './imported-trace';
import { readTrace } from './index';
import { IDLE_DRIVER } from './process-sum';
import type { ReadOptions } from './protocol';
import { readRaw } from './raw';
import { copySession, isSessionFile } from './session-copy';

export interface ImportOptions extends ReadOptions {
  readonly name?: string;
  readonly model?: ModelSpec;
  readonly run?: RunSpec;
  /** Device memory in use before the run; told by the first samples where they can, unless given. */
  readonly baselineBytes?: Bytes;
  /** Keeps the file as it came in the session. */
  readonly keepRaw?: boolean;
}

const FLUSH_SAMPLES = 65_536;

/** Imports the file at `path` and returns the id of the new session. Throws a Failure where there is nothing to import. */
export function importFile(library: Library, path: string, options: ImportOptions = {}): string {
  if (isSessionFile(readHead(path, 64))) return copySession(library, path);
  const trace = readTrace(path, options);
  if (trace.samples === 0) {
    const said = trace.error ? `: nvidia-smi printed "${trace.error}"` : '';
    throw new Failure(
      'bad_input',
      `${basename(path)} holds no reading${said}.`,
      'Record again once nvidia-smi answers; "plumbline import FILE --dry-run" tells what the file holds.',
    );
  }
  if (trace.series.length === 0) {
    const remedy =
      'Name them with --columns, for example --columns timestamp,memory.used,utilization.gpu.';
    throw new Failure(
      'bad_input',
      `None of the columns of ${basename(path)} could be named.`,
      remedy,
    );
  }
  return writeTrace(library, path, trace, options);
}

function writeTrace(
  library: Library,
  path: string,
  trace: ImportedTrace,
  options: ImportOptions,
): string {
  const raw = options.keepRaw ? readRaw(path) : null;
  const baselines = chooseBaselines(trace, options.baselineBytes);
  const fileTime = statSync(path).mtime.toISOString();
  const warnings = [
    ...trace.warnings,
    ...(trace.startedAt === null
      ? ['The file does not say when it was recorded; the start is the time of the file.']
      : []),
    ...(raw !== null && 'skipped' in raw ? [raw.skipped] : []),
    ...(options.baselineBytes === undefined ? baselineWarnings(trace, baselines) : []),
  ];
  const id = library.newId();
  const data: SessionData = {
    id,
    name: options.name ?? basename(path),
    startedAt: trace.startedAt ?? fileTime,
    workload: {
      kind: 'import',
      title: `imported from ${basename(path)}`,
      command: [],
      cwd: null,
      pid: null,
    },
    environment: {
      plumbline: version,
      node: process.version,
      os: 'unknown',
      cpu: 'unknown',
      cores: 0,
      memoryBytes: 0,
      gpus: trace.gpus,
      sources: [{ id: 'nvidia-smi', ok: true, detail: `${trace.kind}, ${trace.samples} rows` }],
      workload: {},
    },
    model: options.model ?? null,
    run: options.run ?? null,
    simulated: trace.gpus.some(({ name }) => /^simulated/i.test(name)),
    status: 'complete',
    exitCode: null,
    signal: null,
    durationUs: trace.durationUs,
    baselines,
    series: trace.series,
    markers: [],
    logs: [],
    warnings,
  };
  const {
    series: _series,
    markers: _markers,
    logs: _logs,
    warnings: _warnings,
    status,
    exitCode,
    signal,
    durationUs,
    baselines: _baselines,
    ...header
  } = data;
  const file = createSession(library.dir, header);
  try {
    file.setMeta('baselines', baselines);
    file.setMeta('import', {
      file: basename(path),
      kind: trace.kind,
      samples: trace.samples,
      gaps: trace.gaps,
    });
    if (raw !== null && !('skipped' in raw)) file.setMeta('raw', raw);
    for (const text of warnings) file.warn(text);
    let waiting = 0;
    for (const { info, times, values, gaps } of trace.series) {
      file.declareSeries(info);
      for (let i = 0; i < times.length; i++) {
        file.append(info.id, times[i]!, values[i]!);
        if (++waiting % FLUSH_SAMPLES === 0) file.flush();
      }
      for (const { t0, t1, reason } of gaps) file.gap(info.id, t0, t1, reason);
    }
    file.setMeta('summary', summarizeDocument(buildDocument(data)));
    file.finish({ status, exitCode, signal, durationUs });
    file.close();
  } catch (error) {
    file.close();
    library.delete(id);
    throw error;
  }
  return id;
}

const FIRST_SAMPLE =
  'The baseline is the first sample of each GPU: what the device held then counts as there before the run. Say better with --baseline.';
const LATE_START =
  'The recording begins with the memory in use already, so nothing is taken off as there before the run. Say what was with --baseline.';

/**
 * What the devices held before the run: what was given, else their first sample where it is less than half of what the
 * memory then rises to. A recording that begins later than its run tells no baseline.
 */
function chooseBaselines(trace: ImportedTrace, given: Bytes | undefined): Record<string, Bytes> {
  const lines = deviceLines(trace).filter(
    ({ values }) => given !== undefined || values[0]! * 2 < findMax(values),
  );
  return Object.fromEntries(lines.map(({ info, values }) => [info.id, given ?? values[0]!]));
}

function baselineWarnings(
  trace: ImportedTrace,
  baselines: Readonly<Record<string, Bytes>>,
): string[] {
  const late = deviceLines(trace).some(
    ({ info, values }) => baselines[info.id] === undefined && values[0]! >= IDLE_DRIVER,
  );
  return [
    ...(Object.keys(baselines).length > 0 ? [FIRST_SAMPLE] : []),
    ...(late ? [LATE_START] : []),
  ];
}

const deviceLines = (trace: ImportedTrace) =>
  trace.series.filter(({ info, values }) => info.metric === 'memory.used' && values.length > 0);
const findMax = (values: Float64Array): number =>
  values.reduce((most, value) => Math.max(most, value), 0);
