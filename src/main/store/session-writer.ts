/**
 * Writes one session file while it is recorded.
 *
 * Guarantees: what was given more than FLUSH_MS ago is on disk in a committed transaction (WAL, synchronous=FULL), so
 * a killed recorder loses at most the last second; after `close` the session is one file with nothing beside it. A
 * chunk is written once; what is too little for one lies in the tail, which a commit adds to.
 * A disk that fails does not stop a recording: samples wait in memory, `failure` says why, and every later flush
 * tries again.
 */
import { closeSync, existsSync, openSync, renameSync, rmSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import Database from 'better-sqlite3';
import { Failure } from '../../shared/base/failure';
import type { Micros, Millis } from '../../shared/base/units';
import type { AbsentReason } from '../../shared/base/vocabulary';
import type { SessionHeader, SessionResult } from '../../shared/session/types';
import { PhasePairing } from '../../shared/trace/phases';
import type { LogLine, Marker, SeriesInfo } from '../../shared/trace/types';
import { makeFolder } from '../install/make-folder';
import { reserveSharedMemory } from './connection';
import { GrowingSamples, type Row } from './growing-samples';
import { type GrowingSeries, LAYOUT, type Layout } from './growing-series';
import { ownIdentity } from './liveness';
import { sealed } from './row-checks';
import { APPLICATION_ID, DDL, EXTENSION, PAGE_BYTES, SCHEMA_VERSION } from './schema';
import { headerDocuments, type Note, SET_DOCUMENT, storeDocument } from './session-meta';
import { writeFailure, writing } from './sqlite-failures';
import { parseStoredMarker } from './stored-rows';
import { packTotals, TOTALS } from './stored-totals';

/** How long something given may wait in memory: each commit costs the same, however much it holds. */
const FLUSH_MS: Millis = 500;
/** So long a batch that has waited elsewhere waits for the batches that come with it. */
const GATHER_MS: Millis = 25;
/** How long the end of a session waits for a reader to let go before it leaves the folding to the next opener. */
const FOLD_WAIT_MS: Millis = 250;

const SQL = {
  meta: SET_DOCUMENT,
  series:
    'INSERT INTO series VALUES (?, ?, ?, ?) ON CONFLICT (key) DO UPDATE SET info = excluded.info, crc = excluded.crc',
  chunk:
    'INSERT INTO chunk (series, level, t0, t1, i0, n, entries, times, summary, crc, data) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)',
  times: 'INSERT INTO times VALUES (?, ?, ?)',
  tail: 'INSERT INTO tail VALUES (?, ?, ?, ?, ?, ?)',
  emptyTail: 'DELETE FROM tail',
  // A gap told anew takes the place of what was told of it, behind everything told before.
  dropGap: 'DELETE FROM gap WHERE series = ? AND t0 = ?',
  gap: 'INSERT INTO gap VALUES (?, ?, ?, ?, ?, ?)',
  marker: 'INSERT INTO marker VALUES (?, ?, ?, ?)',
  log: 'INSERT INTO log VALUES (?, ?, ?, ?, ?)',
  note: 'INSERT INTO note VALUES (?, ?, ?, ?, ?)',
  phase: 'INSERT INTO phase VALUES (?, ?, ?, ?, ?)',
  warning: 'INSERT OR IGNORE INTO warning VALUES (?, ?, ?)',
} as const;

/** A new session file in `dir`. Throws a Failure where the folder cannot be written or the id is taken. */
export function createSession(
  dir: string,
  header: SessionHeader,
  layout: Layout = LAYOUT,
): SessionWriter {
  const path = resolve(dir, header.id + EXTENSION);
  const draft = join(resolve(dir), `.${header.id}.draft`);
  return writing(path, () => {
    makeFolder(dirname(path));
    if (existsSync(path))
      throw new Failure(
        'bad_input',
        `There is already a session "${header.id}".`,
        'Record under another id.',
      );
    // Built under another name, so that whoever lists the folder never meets a file without its tables.
    rmSync(draft, { force: true });
    // For its owner alone, as SQLite then makes what lies beside it: a session holds commands and logs.
    closeSync(openSync(draft, 'wx', 0o600));
    const db = new Database(draft);
    try {
      db.pragma(`page_size = ${PAGE_BYTES}`);
      // What the tail took is given back at the end.
      db.pragma('auto_vacuum = INCREMENTAL');
      db.transaction(() => {
        db.pragma(`application_id = ${APPLICATION_ID}`);
        db.pragma(`user_version = ${SCHEMA_VERSION}`);
        db.exec(DDL);
        const documents = { ...headerDocuments(header), layout, recorder: ownIdentity() };
        for (const [key, value] of Object.entries(documents)) storeDocument(db, key, value);
      })();
    } finally {
      db.close();
    }
    renameSync(draft, path);
    return new SessionWriter(path, header.id, layout);
  });
}

export class SessionWriter {
  readonly path: string;
  readonly id: string;
  readonly #db: Database.Database;
  readonly #statements: Readonly<Record<keyof typeof SQL, Database.Statement<unknown[]>>>;
  readonly #write: (tail: readonly Row[]) => void;
  readonly #samples: GrowingSamples;
  /** Of the last row put into each table. */
  readonly #seq = { gap: 0, marker: 0, log: 0, phase: 0, warning: 0 };
  #queue: { readonly table: keyof typeof SQL; readonly row: Row }[] = [];
  #timer: NodeJS.Timeout | null = null;
  /** When the timer fires. */
  #due = 0;
  #failure: Failure | null = null;
  #finished = false;
  #closed = false;

  /** Use `createSession`. */
  constructor(path: string, id: string, layout: Layout) {
    this.path = path;
    this.id = id;
    this.#db = new Database(path, { fileMustExist: true });
    this.#db.pragma('journal_mode = WAL');
    reserveSharedMemory(path);
    this.#db.pragma('synchronous = FULL');
    // In KiB. Chunks are written once and not looked at again.
    this.#db.pragma('cache_size = -1000');
    const prepared = Object.entries(SQL).map(([table, sql]) => [table, this.#db.prepare(sql)]);
    this.#statements = Object.fromEntries(prepared) as Record<
      keyof typeof SQL,
      Database.Statement<unknown[]>
    >;
    this.#write = this.#db.transaction((tail: readonly Row[]) => {
      for (const { table, row } of this.#queue) this.#statements[table].run(...row);
      for (const row of tail) this.#statements.tail.run(...row);
    });
    this.#samples = new GrowingSamples(layout, (table, row) => this.#queue.push({ table, row }));
  }

  /** Why the last attempt to write failed; null while all is well. */
  get failure(): Failure | null {
    return this.#failure;
  }

  /** A second declaration of the same id is ignored. */
  declareSeries(info: SeriesInfo): void {
    if (this.#samples.get(info.id) !== undefined) return;
    const { key } = this.#samples.declare(info);
    this.#put('series', sealed(key, info.id, JSON.stringify(info)));
  }

  /** What became known of a declared series since. */
  redeclareSeries(info: SeriesInfo): void {
    this.#put('series', sealed(this.#declared(info.id).key, info.id, JSON.stringify(info)));
  }

  /**
   * Adds a sample in the series' unit and returns the time it is kept at: a sample at or before the last one's time is
   * kept one microsecond after it. Throws RangeError for what is not finite.
   */
  append(seriesId: string, t: Micros, value: number): Micros {
    const at = this.#append(this.#declared(seriesId), t, value);
    this.#arm(FLUSH_MS);
    return at;
  }

  /** The same for many samples, in order of time. They are taken to have waited as long as they span. */
  appendRun(seriesId: string, times: Float64Array, values: Float64Array): void {
    const series = this.#declared(seriesId);
    const n = times.length;
    for (let i = 0; i < n; i++) this.#append(series, times[i]!, values[i]!);
    if (n > 0) this.#arm(Math.max(GATHER_MS, FLUSH_MS - (times[n - 1]! - times[0]!) / 1000));
  }

  /** A span without a reading. Told again with the same t0, it replaces what was told before. */
  gap(seriesId: string, t0: Micros, t1: Micros, reason: AbsentReason): void {
    const { key } = this.#declared(seriesId);
    const from = Math.round(t0);
    this.#put('dropGap', [key, from]);
    this.#put('gap', sealed(this.#next('gap'), key, from, Math.round(t1), reason));
  }

  marker(marker: Marker): void {
    this.#put('marker', sealed(this.#next('marker'), Math.round(marker.t), JSON.stringify(marker)));
  }

  log(line: LogLine): void {
    this.#put('log', sealed(this.#next('log'), Math.round(line.t), line.stream, line.text));
  }

  /** Something that went wrong in the recording itself, in plain words. The same words count once. */
  warn(text: string): void {
    this.#put('warning', sealed(this.#next('warning'), text));
  }

  note({ id, t, text, createdAt }: Note): void {
    this.#put('note', sealed(id, t, text, createdAt));
  }

  /** Stores a JSON document; the keys of `SessionHeader` replace what the header said. */
  setMeta(key: string, value: unknown): void {
    this.#put('meta', sealed(key, JSON.stringify(value)));
  }

  /** Commits everything given so far. Throws a Failure where the disk refuses; nothing is lost by that. */
  flush(): void {
    if (this.#closed) return;
    this.#disarm();
    this.#samples.sealRipe();
    const tail = this.#samples.tailRows();
    if (tail.length === 0 && this.#queue.length === 0) return;
    try {
      this.#write(tail);
    } catch (error) {
      const failure = writeFailure(this.path, error);
      if (failure instanceof Failure) this.#failure = failure;
      throw failure;
    }
    this.#queue = [];
    this.#samples.tailStored(tail);
    this.#failure = null;
  }

  /**
   * Records how the session ended. Notes, names and summaries may still be set; samples may not. Where it throws a Failure
   * what it was to write waits, and it may be called again.
   */
  finish(result: SessionResult): void {
    if (!this.#finished) {
      this.#samples.sealAll();
      this.setMeta(TOTALS, packTotals(this.#samples.totals()));
      this.#storePhases(result.durationUs);
      this.#finished = true;
    }
    this.setMeta('result', result);
    this.setMeta('recorder', null);
    this.flush();
  }

  /**
   * Writes what waits, folds the write-ahead log into the file and lets go of it. A session closed without `finish`
   * opens as recovered.
   */
  close(): void {
    if (this.#closed) return;
    try {
      if (!this.#finished) this.setMeta('recorder', null);
      this.flush();
      this.#db.pragma('incremental_vacuum');
      foldLog(this.#db);
    } finally {
      this.#disarm();
      this.#closed = true;
      this.#db.close();
    }
  }

  /** As if it had never been made: whatever its disk takes, the file is gone. */
  discard(): void {
    this.#disarm();
    this.#closed = true;
    this.#db.close();
    for (const ending of ['-wal', '-shm', '-journal', ''])
      rmSync(this.path + ending, { force: true });
  }

  [Symbol.dispose](): void {
    this.close();
  }

  #declared(seriesId: string): GrowingSeries {
    const series = this.#samples.get(seriesId);
    if (series === undefined) throw new RangeError(`series ${seriesId} was not declared`);
    if (this.#finished || this.#closed)
      throw new Error(`session ${this.id} is finished and takes no more samples`);
    return series;
  }

  #next(table: 'gap' | 'marker' | 'log' | 'phase' | 'warning'): number {
    return ++this.#seq[table];
  }

  #put(table: keyof typeof SQL, row: Row): void {
    if (this.#closed) throw new Error(`session ${this.id} is closed`);
    this.#queue.push({ table, row });
    this.#arm(FLUSH_MS);
  }

  #append(series: GrowingSeries, t: Micros, value: number): Micros {
    if (!Number.isFinite(t) || !Number.isFinite(value)) {
      throw new RangeError(
        `series ${series.info.id}: a sample must be finite, got ${value} at ${t}`,
      );
    }
    return this.#samples.append(series, t, value);
  }

  /** Announced phases, as spans that can be asked for by time. Markers are read back: nobody else need keep them. */
  #storePhases(durationUs: Micros): void {
    const pairing = new PhasePairing();
    const told = this.#db.prepare<[], string>('SELECT value FROM marker ORDER BY seq').pluck();
    for (const text of told.iterate()) pairing.take(parseStoredMarker(text));
    for (const { table, row } of this.#queue)
      if (table === 'marker') pairing.take(parseStoredMarker(String(row[2])));
    for (const span of pairing.spansBy(durationUs).spans)
      this.#put('phase', sealed(this.#next('phase'), span.t0, span.t1, JSON.stringify(span)));
  }

  /** Commits within `ms`, if that is not to happen anyway. */
  #arm(ms: Millis): void {
    if (this.#timer !== null && ms >= FLUSH_MS) return;
    const due = performance.now() + ms;
    if (this.#timer !== null && this.#due <= due) return;
    this.#disarm();
    this.#due = due;
    this.#timer = setTimeout(() => {
      this.#timer = null;
      try {
        this.flush();
      } catch (error) {
        if (!(error instanceof Failure)) throw error;
        this.#arm(FLUSH_MS);
      }
    }, ms).unref();
  }

  #disarm(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
  }
}

/**
 * Makes one file of the session again. False when somebody else has it open: whoever opens or closes it next does it.
 * SQLite grants this only to the sole user of a file, so it is also the proof that no recorder holds it.
 */
export function foldLog(db: Database.Database): boolean {
  db.pragma(`busy_timeout = ${FOLD_WAIT_MS}`);
  try {
    db.pragma('wal_checkpoint(TRUNCATE)');
    return db.pragma('journal_mode = DELETE', { simple: true }) === 'delete';
  } catch (error) {
    if (error instanceof Database.SqliteError && error.code.startsWith('SQLITE_BUSY')) return false;
    throw error;
  }
}
