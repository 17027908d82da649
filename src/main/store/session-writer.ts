/**
 * Writes one session file while it is recorded.
 *
 * Guarantees: what was given more than FLUSH_MS ago is on disk in a committed transaction (WAL, synchronous=FULL), so
 * a killed recorder loses at most the last second; after `close` the session is one file with nothing beside it.
 * A disk that fails does not stop a recording: samples wait in memory, `failure` says why, and every later flush
 * tries again.
 */
import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import Database from 'better-sqlite3';
import { Failure } from '../../shared/base/failure';
import type { Micros, Millis } from '../../shared/base/units';
import type { AbsentReason } from '../../shared/base/vocabulary';
import type { SessionHeader, SessionResult } from '../../shared/session/types';
import { risingTime } from '../../shared/trace/series';
import type { LogLine, Marker, SeriesInfo } from '../../shared/trace/types';
import { CHUNK_SAMPLES, GrowingChunk } from './chunks';
import { ownIdentity } from './liveness';
import { APPLICATION_ID, DDL, EXTENSION, SCHEMA_VERSION } from './schema';
import { headerDocuments } from './session-meta';
import { writeFailure, writing } from './sqlite-failures';

/** How long something given may wait in memory: each commit costs the same, however much it holds. */
const FLUSH_MS: Millis = 800;
/** So long a batch that has waited elsewhere waits for the batches that come with it. */
const GATHER_MS: Millis = 25;
/** How long the end of a session waits for a reader to let go before it leaves the folding to the next opener. */
const FOLD_WAIT_MS: Millis = 250;

interface GrowingSeries {
  readonly key: number;
  readonly info: SeriesInfo;
  readonly chunk: GrowingChunk;
  seq: number;
  last: Micros | null;
  /** Samples of the chunk that are on disk. */
  stored: number;
}

type Row = readonly (string | number | bigint | Buffer | null)[];

const SQL = {
  meta: 'INSERT INTO meta VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value',
  series:
    'INSERT INTO series VALUES (?, ?, ?) ON CONFLICT (key) DO UPDATE SET info = excluded.info',
  chunk: `INSERT INTO chunk VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (series, seq) DO UPDATE SET
    n = excluded.n, t0 = excluded.t0, t1 = excluded.t1, min = excluded.min, min_t = excluded.min_t, max = excluded.max,
    max_t = excluded.max_t, first = excluded.first, last = excluded.last, sum = excluded.sum, codec = excluded.codec,
    crc = excluded.crc, data = excluded.data`,
  gap: 'INSERT INTO gap VALUES (?, ?, ?, ?) ON CONFLICT (series, t0) DO UPDATE SET t1 = excluded.t1, reason = excluded.reason',
  marker: 'INSERT INTO marker (t, value) VALUES (?, ?)',
  log: 'INSERT INTO log (t, stream, text) VALUES (?, ?, ?)',
  warning: 'INSERT OR IGNORE INTO warning (text) VALUES (?)',
} as const;

/** A new session file in `dir`. Throws a Failure where the folder cannot be written or the id is taken. */
export function createSession(dir: string, header: SessionHeader): SessionWriter {
  const path = resolve(dir, header.id + EXTENSION);
  const draft = join(resolve(dir), `.${header.id}.draft`);
  return writing(path, () => {
    mkdirSync(dirname(path), { recursive: true });
    if (existsSync(path))
      throw new Failure(
        'bad_input',
        `There is already a session "${header.id}".`,
        'Record under another id.',
      );
    // Built under another name, so that whoever lists the folder never meets a file without its tables.
    rmSync(draft, { force: true });
    const db = new Database(draft);
    try {
      db.transaction(() => {
        db.pragma(`application_id = ${APPLICATION_ID}`);
        db.pragma(`user_version = ${SCHEMA_VERSION}`);
        db.exec(DDL);
        const meta = db.prepare(SQL.meta);
        const documents = { ...headerDocuments(header), recorder: ownIdentity() };
        for (const [key, value] of Object.entries(documents)) meta.run(key, JSON.stringify(value));
      })();
    } finally {
      db.close();
    }
    renameSync(draft, path);
    return new SessionWriter(path, header.id);
  });
}

export class SessionWriter {
  readonly path: string;
  readonly id: string;
  readonly #db: Database.Database;
  readonly #statements: Readonly<Record<keyof typeof SQL, Database.Statement<unknown[]>>>;
  readonly #write: (growing: readonly GrowingSeries[]) => void;
  readonly #series = new Map<string, GrowingSeries>();
  #queue: { readonly table: keyof typeof SQL; readonly row: Row }[] = [];
  #timer: NodeJS.Timeout | null = null;
  /** When the timer fires. */
  #due = 0;
  #failure: Failure | null = null;
  #finished = false;
  #closed = false;

  /** Use `createSession`. */
  constructor(path: string, id: string) {
    this.path = path;
    this.id = id;
    this.#db = new Database(path, { fileMustExist: true });
    this.#db.pragma('journal_mode = WAL');
    this.#db.pragma('synchronous = FULL');
    // In KiB. Chunks are written once and not looked at again.
    this.#db.pragma('cache_size = -1000');
    const prepared = Object.entries(SQL).map(([table, sql]) => [table, this.#db.prepare(sql)]);
    this.#statements = Object.fromEntries(prepared) as Record<
      keyof typeof SQL,
      Database.Statement<unknown[]>
    >;
    this.#write = this.#db.transaction((growing: readonly GrowingSeries[]) => {
      for (const { table, row } of this.#queue) this.#statements[table].run(...row);
      for (const series of growing) this.#statements.chunk.run(...chunkRow(series, this.#finished));
    });
  }

  /** Why the last attempt to write failed; null while all is well. */
  get failure(): Failure | null {
    return this.#failure;
  }

  /** A second declaration of the same id is ignored. */
  declareSeries(info: SeriesInfo): void {
    if (this.#series.has(info.id)) return;
    const key = this.#series.size + 1;
    this.#series.set(info.id, {
      key,
      info,
      chunk: new GrowingChunk(),
      seq: 0,
      last: null,
      stored: 0,
    });
    this.#put('series', [key, info.id, JSON.stringify(info)]);
  }

  /** What became known of a declared series since. */
  redeclareSeries(info: SeriesInfo): void {
    this.#put('series', [this.#declared(info.id).key, info.id, JSON.stringify(info)]);
  }

  /**
   * Adds a sample in the series' unit and returns the time it is kept at: a sample at or before the last one's time is
   * kept one microsecond after it, as SeriesBuilder does. Throws RangeError for what is not finite.
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
    this.#put('gap', [this.#declared(seriesId).key, Math.round(t0), Math.round(t1), reason]);
  }

  marker(marker: Marker): void {
    this.#put('marker', [Math.round(marker.t), JSON.stringify(marker)]);
  }

  log(line: LogLine): void {
    this.#put('log', [Math.round(line.t), line.stream, line.text]);
  }

  /** Something that went wrong in the recording itself, in plain words. The same words count once. */
  warn(text: string): void {
    this.#put('warning', [text]);
  }

  /** Stores a JSON document; the keys of `SessionHeader` replace what the header said. */
  setMeta(key: string, value: unknown): void {
    this.#put('meta', [key, JSON.stringify(value)]);
  }

  /** Commits everything given so far. Throws a Failure where the disk refuses; nothing is lost by that. */
  flush(): void {
    if (this.#closed) return;
    this.#disarm();
    const growing = [...this.#series.values()].filter((series) => series.chunk.n > series.stored);
    if (growing.length === 0 && this.#queue.length === 0) return;
    try {
      this.#write(growing);
    } catch (error) {
      const failure = writeFailure(this.path, error);
      if (failure instanceof Failure) this.#failure = failure;
      throw failure;
    }
    this.#queue = [];
    for (const series of growing) series.stored = series.chunk.n;
    this.#failure = null;
  }

  /** Records how the session ended. Notes, names and summaries may still be set; samples may not. */
  finish(result: SessionResult): void {
    this.#finished = true;
    for (const series of this.#series.values()) series.stored = 0;
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
      foldLog(this.#db);
    } finally {
      this.#disarm();
      this.#closed = true;
      this.#db.close();
    }
  }

  [Symbol.dispose](): void {
    this.close();
  }

  #declared(seriesId: string): GrowingSeries {
    const series = this.#series.get(seriesId);
    if (series === undefined) throw new RangeError(`series ${seriesId} was not declared`);
    if (this.#finished || this.#closed)
      throw new Error(`session ${this.id} is finished and takes no more samples`);
    return series;
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
    const { chunk } = series;
    if (chunk.n === CHUNK_SAMPLES) {
      this.#put('chunk', chunkRow(series, true));
      chunk.clear();
      series.seq++;
      series.stored = 0;
    }
    const at = risingTime(t, series.last);
    chunk.append(at, value);
    series.last = at;
    return at;
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

function chunkRow(series: GrowingSeries, compress: boolean): Row {
  const chunk = series.chunk.encoded(compress);
  return [
    series.key,
    series.seq,
    chunk.n,
    chunk.t0,
    chunk.t1,
    chunk.min,
    chunk.minT,
    chunk.max,
    chunk.maxT,
    chunk.first,
    chunk.last,
    chunk.sum,
    chunk.codec,
    chunk.crc,
    chunk.data,
  ];
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
