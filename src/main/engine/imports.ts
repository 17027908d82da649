/**
 * A file on this machine becomes a session of the library, or is only looked into. Reading is the business of import/
 * and storing that of store/; here they meet.
 *
 * Guarantees: a file that cannot be read, or holds nothing to keep, leaves nothing behind; the session says that it was
 * imported, from which file, and what was odd about it.
 */
import { basename } from 'node:path';
import { Failure } from '../../shared/base/failure';
import type { AbsentReason } from '../../shared/base/vocabulary';
import { summarizeSession } from '../../shared/session/summary';
import type { SessionData, SessionSummary } from '../../shared/session/types';
import { sampleCount, seriesStats } from '../../shared/trace/series';
import type { Gap, SeriesData, SeriesStats } from '../../shared/trace/types';
import { findFileFormat, type ImportedTrace, readAnyTrace, withPlainFile } from '../import';
import { readHead } from '../import/decode';
import type { ImportedSeries } from '../import/imported-series';
import { buildImportedSession, findRefusal, type ImportOptions } from '../import/imported-session';
import { mergeTraces } from '../import/merged-trace';
import type { Library } from '../store/library';
import { packRawFile } from '../store/raw-file';
import { copySession, isSessionFile, readSessionFile } from '../store/session-copy';
import { readSession } from '../store/session-data';
import { createSession, openSession } from '../store/session-file';
import { ADDED, SUMMARY } from '../store/session-meta';

export type { ReadProgress } from '../import';
export { type PrometheusRequest, STANDARD_INPUT, withPrometheus } from '../import';
export type { ImportOptions } from '../import/imported-session';

/** The beginning of a file that tells a session file from text. */
const MAGIC_BYTES = 64;
const FLUSH_SAMPLES = 65_536;

interface GapCount {
  readonly reason: AbsentReason;
  readonly count: number;
}

/** What a file holds, told without importing it. */
export interface ExaminedFile
  extends Omit<
    ImportedTrace,
    'kind' | 'series' | 'markers' | 'allocations' | 'undatedUs' | 'close'
  > {
  readonly kind: ImportedTrace['kind'] | 'plumbline';
  /** Why it would not be imported; null where it would be. */
  readonly refusal: Failure | null;
  /** The figures of each series, and how many of its spans hold no reading. */
  readonly series: readonly (SeriesStats & { readonly gaps: readonly GapCount[] })[];
}

/**
 * Imports the file at `path`, packed with gzip or not, and returns the id of the new session. Throws a Failure where
 * there is nothing to import.
 */
export const importFile = (
  library: Library,
  path: string,
  options: ImportOptions = {},
): Promise<string> => withPlainFile(path, (plain) => importPlainFile(library, plain, options));

/** What the file at `path` holds; nothing is written, and no library need be there. Throws a Failure where it cannot be read. */
export const examineFile = (path: string, options: ImportOptions = {}): Promise<ExaminedFile> =>
  withPlainFile(path, (plain) => examinePlainFile(plain, options));

/** A database is a session file, unless it is a neighbour's. */
const isSession = (path: string): boolean =>
  isSessionFile(readHead(path, MAGIC_BYTES)) && findFileFormat(path) === undefined;

async function importPlainFile(
  library: Library,
  path: string,
  options: ImportOptions,
): Promise<string> {
  if (isSession(path)) {
    if (options.beside !== undefined)
      throw new Failure(
        'bad_input',
        `${basename(path)} is a session already: nothing is laid beside its lines.`,
        'Import the file that it was made from, with --beside.',
      );
    return copySession(library, path);
  }
  const trace = await readAll(path, options);
  try {
    return storeTrace(library, trace, path, options);
  } finally {
    trace.close();
  }
}

/** The file with those that are laid beside it. */
async function readAll(path: string, options: ImportOptions): Promise<ImportedTrace> {
  let trace = await readAnyTrace(path, options);
  for (const other of options.beside ?? []) {
    const read = await withPlainFile(other, (plain) => readAnyTrace(plain)).catch((error) => {
      trace.close();
      throw error;
    });
    try {
      trace = mergeTraces(
        { fileName: basename(path), trace },
        { fileName: basename(other), trace: read },
      );
    } catch (error) {
      trace.close();
      read.close();
      throw error;
    }
  }
  return trace;
}

function storeTrace(
  library: Library,
  trace: ImportedTrace,
  path: string,
  options: ImportOptions,
): string {
  const fileName = basename(path);
  const refusal = findRefusal(trace, fileName);
  if (refusal) throw refusal;
  const raw = options.keepRaw ? packRawFile(path) : null;
  const skipped = raw !== null && 'skipped' in raw ? [raw.skipped] : [];
  const session = buildImportedSession(
    library.newId(),
    trace,
    { fileName, warnings: skipped },
    options,
  );
  storeSession(
    library,
    session,
    trace.series,
    {
      import: { file: fileName, kind: trace.kind, samples: trace.samples, gaps: trace.gaps },
      ...(trace.allocations && { allocations: trace.allocations }),
      ...(raw !== null && skipped.length === 0 && { raw }),
    },
    options.onProgress,
  );
  return session.id;
}

async function examinePlainFile(path: string, options: ImportOptions): Promise<ExaminedFile> {
  if (!isSession(path)) {
    const read = await readAll(path, options);
    const { series, markers: _m, allocations: _a, undatedUs: _u, close, ...trace } = read;
    close();
    const refusal = findRefusal(read, basename(path));
    return { ...trace, series: series.map(summarizeImported), refusal };
  }
  const { environment, series, warnings, startedAt, durationUs } = readSessionFile(path);
  return {
    kind: 'plumbline',
    driver: environment.gpus[0]?.driver ?? null,
    cuda: environment.gpus[0]?.cuda ?? null,
    gpus: environment.gpus,
    samples: Math.max(0, ...series.map(sampleCount)),
    gaps: countByReason(series.flatMap(({ gaps }) => gaps)),
    warnings,
    startedAt,
    durationUs,
    error: null,
    series: series.map(summarizeSeries),
    refusal: null,
  };
}

/** A session file of what is in memory, with `documents` beside it. A file that cannot be finished is taken away again. */
function storeSession(
  library: Library,
  session: Omit<SessionData, 'series'>,
  series: readonly ImportedSeries[],
  documents: Readonly<Record<string, unknown>>,
  onProgress: ImportOptions['onProgress'],
): void {
  const { id, name, startedAt, workload, environment, model, run, simulated } = session;
  const { status, exitCode, signal, durationUs } = session;
  const header = { id, name, startedAt, workload, environment, model, run, simulated };
  const file = createSession(library.dir, header);
  try {
    file.setMeta(ADDED, new Date().toISOString());
    file.setMeta('baselines', session.baselines);
    for (const [key, value] of Object.entries(documents)) file.setMeta(key, value);
    for (const text of session.warnings) file.warn(text);
    for (const marker of session.markers) file.marker(marker);
    const total = series.reduce((sum, { figures }) => sum + figures.count, 0);
    let done = 0;
    for (const { info, gaps, walk } of series) {
      file.declareSeries(info);
      walk((t, value) => {
        file.append(info.id, t, value);
        if (++done % FLUSH_SAMPLES > 0) return;
        file.flush();
        onProgress?.({ stage: 'storing', done, total });
      });
      for (const { t0, t1, reason } of gaps) file.gap(info.id, t0, t1, reason);
    }
    file.finish({ status, exitCode, signal, durationUs });
    file.setMeta(SUMMARY, summarizeStored(file.path));
    file.close();
  } catch (error) {
    file.discard();
    throw error;
  }
}

/** By what is stored, so that a series of any length is asked for its levels alone. */
function summarizeStored(path: string): SessionSummary {
  using reader = openSession(path);
  return summarizeSession(readSession(reader));
}

const summarizeImported = ({ info, figures, gaps }: ImportedSeries) => {
  const { count, min, max, mean } = figures;
  return { ...info, count, min, max, mean, gaps: countByReason(gaps) };
};

const summarizeSeries = (series: SeriesData) => ({
  ...seriesStats(series),
  gaps: countByReason(series.gaps),
});

function countByReason(gaps: readonly Gap[]): GapCount[] {
  return [...Map.groupBy(gaps, ({ reason }) => reason)].map(([reason, all]) => ({
    reason,
    count: all.length,
  }));
}
