/**
 * One helper for every format of an import, and for what is exported again. A fixture is a file as some program wrote
 * it; nothing else has to be said of it. `checkGolden` imports it, looks at what was read beside the fixture's expected
 * text, imports it under a name that tells nothing, and sends the session through every export that comes back:
 * each time the same must arrive. To cover a new format, add a fixture; its expected text is written at the first run.
 */

import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { expect } from 'vitest';
import { type ExaminedFile, examineFile, importFile } from '../../src/main/engine/imports';
import { type ExportedFile, findFormat } from '../../src/main/export';
import { type Library, openLibrary } from '../../src/main/store/library';
import { readSession } from '../../src/main/store/session-data';
import { Failure } from '../../src/shared/base/failure';
import { buildDocument } from '../../src/shared/session/document';
import type { SessionData } from '../../src/shared/session/types';
import type { SampledSeries } from '../../src/shared/trace/types';
import { readColumns } from './columns';

const folder = join(import.meta.dirname, '..', 'fixtures');
const EXPECTED = join(folder, 'import-expected');
/** Without an ending, and without a word of what it holds. */
const NEUTRAL = 'capture';

/** Paths of the fixtures, from `fixtures`: files that are read, and files that are refused. */
export const importFixtures = ['import', 'import-refused'].flatMap((kind) =>
  readdirSync(join(folder, kind)).map((name) => join(kind, name)),
);

export async function checkGolden(fixture: string): Promise<void> {
  const scratch = mkdtempSync(join(tmpdir(), 'plumbline-golden-'));
  try {
    const path = join(scratch, basename(fixture));
    copyFileSync(join(folder, fixture), path);
    const found = await tryImport(path, openLibrary(join(scratch, 'library')));
    await expect(found.words).toMatchFileSnapshot(join(EXPECTED, `${basename(fixture)}.txt`));

    const neutral = join(scratch, NEUTRAL);
    copyFileSync(path, neutral);
    const renamed = await tryImport(neutral, openLibrary(join(scratch, 'neutral')));
    expect(renamed.words).toBe(found.words);
    if (found.session) await checkExports(found.session, scratch);
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

interface Attempt {
  /** What was found in the file, and what became of it: for comparison, so without its name. */
  readonly words: string;
  readonly session: StoredSession | null;
}
interface StoredSession {
  readonly library: Library;
  readonly id: string;
  /** With every sample. */
  readonly data: SessionData & { readonly series: readonly SampledSeries[] };
}

async function tryImport(path: string, library: Library): Promise<Attempt> {
  const examined = await unlessRefused(examineFile(path));
  const imported = await unlessRefused(importFile(library, path));
  // A look at a file and its import come to one verdict.
  const verdict = examinedRefusal(examined);
  expect(verdict?.toInfo()).toEqual(imported instanceof Failure ? imported.toInfo() : undefined);
  const session = typeof imported === 'string' ? loadSession(library, imported) : null;
  const words = JSON.stringify(
    {
      // The time of the start depends on the time zone and the clock of the machine.
      examined: examined instanceof Failure ? refusal(examined) : describe(examined),
      imported: imported instanceof Failure ? refusal(imported) : session && facts(session.data),
    },
    null,
    1,
  );
  return { words: `${words.replaceAll(basename(path), 'FILE')}\n`, session };
}

/** What the import adds to what was read. */
const facts = ({ name, workload, status, durationUs, baselines, warnings }: SessionData) => ({
  name,
  title: workload.title,
  status,
  durationUs,
  baselines,
  warnings,
});

const refusal = ({ code, message, remedy }: Failure) => ({ refused: code, message, remedy });

const describe = ({ refusal: _, ...found }: ExaminedFile) => ({ ...found, startedAt: '…' });

async function unlessRefused<T>(work: Promise<T>): Promise<T | Failure> {
  try {
    return await work;
  } catch (error) {
    if (error instanceof Failure) return error;
    throw error;
  }
}

function loadSession(library: Library, id: string): StoredSession {
  using reader = library.open(id);
  const data = readSession(reader);
  return { library, id, data: { ...data, series: data.series.map(readColumns) } };
}

/** The session file comes back whole; every other format holds every sample and every gap, for whoever reads it and when it is imported. */
async function checkExports(session: StoredSession, scratch: string): Promise<void> {
  const { series } = session.data;
  const file = exportSession(session, 'plumbline');
  const path = join(scratch, file.fileName);
  writeFileSync(path, file.bytes);
  mkdirSync(join(scratch, 'elsewhere'));
  const library = openLibrary(join(scratch, 'elsewhere'));
  const again = loadSession(library, await importFile(library, path));
  expect(again).toEqual({ ...session, library });

  const csv = String(exportSession(session, 'csv').bytes);
  expect(parseCsv(csv)).toEqual(series.filter(holdsAnything).map(columnsOnly));
  const json = String(exportSession(session, 'json').bytes);
  const { traces, ...document } = JSON.parse(json) as { traces: Trace[] };
  expect(traces).toEqual(series.map(columnsOnly));
  expect(document).toEqual(JSON.parse(JSON.stringify(buildDocument(session.data))));

  const lines = String(exportSession(session, 'jsonl').bytes);
  expect(parseJsonLines(lines)).toEqual(series.filter(holdsAnything).map(columnsOnly));
  const trace = JSON.parse(String(exportSession(session, 'chrome-trace').bytes)) as {
    traceEvents: { ph: string; name: string; ts: number; args: { value: number } }[];
  };
  const counters = trace.traceEvents.filter(({ ph }) => ph === 'C');
  expect(counters.map(({ name, ts, args }) => [name, ts, args.value])).toEqual(
    series
      .map(columnsOnly)
      .flatMap(({ id, unit, times, values }) =>
        times.map((t, i) => [`${id} (${unit})`, t, values[i]]),
      ),
  );

  checkTraceEvents(trace.traceEvents);

  await checkReadAgain(session, scratch);
  expect(String(exportSession(again, 'csv').bytes)).toBe(csv);
  expect(String(exportSession(again, 'json').bytes)).toBe(json);
}

/** Exports that come back as a session of their own, with every sample and gap. */
const READ_AGAIN = ['csv', 'json', 'jsonl', 'chrome-trace', 'sqlite', 'parquet'];

/** Each is written from what the one before was read into: read, written and read again under a name that tells nothing. */
async function checkReadAgain(first: StoredSession, scratch: string): Promise<void> {
  const expected = first.data.series.filter(holdsAnything).map(columnsOnly);
  const path = join(scratch, NEUTRAL);
  let session = first;
  for (const format of READ_AGAIN) {
    writeFileSync(path, exportSession(session, format).bytes);
    if (expected.every(({ times }) => times.length === 0)) {
      expect(examinedRefusal(await unlessRefused(examineFile(path)))).toBeInstanceOf(Failure);
      continue;
    }
    const folder = join(scratch, `from-${format}`);
    mkdirSync(folder);
    const library = openLibrary(folder);
    session = loadSession(library, await importFile(library, path));
    const series = session.data.series.map(columnsOnly);
    expect([format, byId(series)]).toEqual([format, byId(expected)]);
  }
}

const examinedRefusal = (found: ExaminedFile | Failure) =>
  found instanceof Failure ? found : found.refusal;
const byId = (traces: readonly Trace[]) => traces.toSorted((a, b) => (a.id < b.id ? -1 : 1));

/** What "Trace Event Format" asks of each kind of event, without which Perfetto leaves it out. */
function checkTraceEvents(events: readonly Readonly<Record<string, unknown>>[]): void {
  const open = new Map<unknown, unknown>();
  const spans: [number, number][] = [];
  for (const event of events) {
    const { ph, name, pid, tid, ts, dur, args, id, cat, s } = event;
    expect([typeof name, typeof pid, typeof tid]).toEqual(['string', 'number', 'number']);
    if (ph === 'M') {
      expect(args).toEqual({ name: expect.any(String) });
      continue;
    }
    expect(Number.isInteger(ts) && Number(ts) >= 0).toBe(true);
    if (ph === 'C') expect(Object.values(args as object).every(Number.isFinite)).toBe(true);
    else if (ph === 'X') spans.push([Number(ts), Number(ts) + Number(dur)]);
    else if (ph === 'i') expect(['g', 'p', 't']).toContain(s);
    else if (ph === 'b') open.set(`${cat} ${id}`, name);
    else {
      expect([ph, open.get(`${cat} ${id}`)]).toEqual(['e', name]);
      open.delete(`${cat} ${id}`);
    }
  }
  expect(open.size).toBe(0);
  // Slices of one track lie within each other or apart.
  const crossing = spans.some(([a, b]) => spans.some(([c, d]) => a < c && c < b && b < d));
  expect([crossing, spans.every(([a, b]) => b >= a)]).toEqual([false, true]);
}

function exportSession({ library, id }: StoredSession, format: string) {
  using reader = library.open(id);
  const { fileName, contents } = findFormat('session', format).render(reader);
  return { fileName, bytes: joinContents(contents) };
}

const joinContents = (contents: ExportedFile['contents']): Buffer =>
  typeof contents === 'string' || contents instanceof Uint8Array
    ? Buffer.from(contents)
    : Buffer.concat([...contents].map((piece) => Buffer.from(piece)));

interface Trace {
  readonly id: string;
  readonly unit: string;
  readonly times: number[];
  readonly values: number[];
  readonly gaps: { t0: number; t1: number; reason: string }[];
}

const columnsOnly = ({ info, times, values, gaps }: SampledSeries): Trace => ({
  id: info.id,
  unit: info.unit,
  times: [...times],
  values: [...values],
  gaps: gaps.map((gap) => ({ ...gap })),
});

const holdsAnything = ({ times, gaps }: SampledSeries) => times.length + gaps.length > 0;

function parseJsonLines(text: string): Trace[] {
  const traces = new Map<string, Trace>();
  for (const line of text.split('\n').filter((each) => each !== '')) {
    const {
      t,
      series: id,
      unit,
      value,
      until,
      absent,
    } = JSON.parse(line) as {
      t: number;
      series: string;
      unit: string;
      value?: number;
      until: number;
      absent: string;
    };
    const trace = traces.get(id) ?? { id, unit, times: [], values: [], gaps: [] };
    traces.set(id, trace);
    if (value === undefined) trace.gaps.push({ t0: t, t1: until, reason: absent });
    else {
      trace.times.push(t);
      trace.values.push(value);
    }
  }
  return [...traces.values()];
}

/** An exported CSV read by what its header says, and by nothing that wrote it. */
function parseCsv(text: string): Trace[] {
  const traces = new Map<string, Trace>();
  const [header, ...rows] = text.trimEnd().split('\n');
  expect(header).toBe('time_us,series,unit,value,until_us,absent');
  for (const row of rows) {
    const [time, id = '', unit = '', value, until, reason = ''] = row.split(',');
    const trace = traces.get(id) ?? { id, unit, times: [], values: [], gaps: [] };
    traces.set(id, trace);
    if (reason !== '') trace.gaps.push({ t0: Number(time), t1: Number(until), reason });
    else {
      trace.times.push(Number(time));
      trace.values.push(Number(value));
    }
  }
  return [...traces.values()];
}
