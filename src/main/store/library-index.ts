/**
 * The library's index: what a list shows, remembered by each file's size and time of change. It is a convenience, never
 * the truth: whatever is missing, stale or damaged in it is read from the session files again.
 *
 * It is a table, so that one new session costs one row whatever the library holds. Each row carries a checksum over all
 * that it says: a row that can be read is true, however the file came to look as it does, and so nothing is waited for
 * when it is written.
 */
import { closeSync, lstatSync, openSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { crc32 } from 'node:zlib';
import Database from 'better-sqlite3';
import type { Millis } from '../../shared/base/units';
import type { SessionSummary } from '../../shared/session/types';

const INDEX_FILE = 'index.db';
/** Of the programs before, which wrote all of it at every change. */
const FORMER_FILE = 'index.json';
const INDEX_VERSION = 4;
const DDL = `CREATE TABLE entry (
  file TEXT PRIMARY KEY, size REAL NOT NULL, mtime REAL NOT NULL, summary TEXT NOT NULL, crc INTEGER NOT NULL
) WITHOUT ROWID`;

/** For another process that is writing its rows. */
const PATIENCE_MS: Millis = 500;
/** Rows that are written at once: a first index that is broken off keeps what it has. */
const ROWS = 256;
/** A file may change twice within one tick of the clock that its time is taken from. */
const TICK_MS: Millis = 20;

export interface FileStamp {
  readonly size: number;
  readonly mtimeMs: Millis;
}

type Row = [file: string, size: number, mtime: Millis, summary: string, crc: number];

export class LibraryIndex {
  readonly #dir: string;
  readonly #now: Millis;
  /** Null where there is none, or none that can be used. */
  #db: Database.Database | null;
  readonly #known = new Map<string, Row>();
  readonly #used = new Set<string>();
  #fresh: Row[] = [];

  constructor(dir: string, now: Millis = Date.now()) {
    this.#dir = dir;
    this.#now = now;
    this.#db = open(dir, false);
    this.#attempt((db) => {
      for (const row of db.prepare<[], Row>('SELECT * FROM entry').raw().iterate())
        this.#known.set(row[0], row);
    });
  }

  /** What is remembered of a file, provided that it has not changed since. */
  get(file: string, { size, mtimeMs }: FileStamp): SessionSummary | null {
    const row = this.#known.get(file);
    if (row === undefined || row[1] !== size || row[2] !== mtimeMs) return null;
    const summary = parse(row);
    if (summary !== null) this.#used.add(file);
    return summary;
  }

  set(file: string, { size, mtimeMs }: FileStamp, summary: SessionSummary): void {
    if (Math.abs(this.#now - mtimeMs) < TICK_MS) return;
    const text = JSON.stringify(summary);
    this.#used.add(file);
    this.#fresh.push([file, size, mtimeMs, text, checksum(file, size, mtimeMs, text)]);
    if (this.#fresh.length >= ROWS) this.#write([]);
  }

  /** Keeps what was set, and forgets what was not asked for. */
  close(): void {
    const gone = [...this.#known.keys()].filter((file) => !this.#used.has(file));
    if (this.#fresh.length > 0 || gone.length > 0) this.#write(gone);
    this.#db?.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  #write(gone: readonly string[]): void {
    const fresh = this.#fresh;
    this.#fresh = [];
    this.#db ??= open(this.#dir, true);
    this.#attempt((db) => {
      const put = db.prepare<Row>('INSERT OR REPLACE INTO entry VALUES (?, ?, ?, ?, ?)');
      const drop = db.prepare<[string]>('DELETE FROM entry WHERE file = ?');
      db.transaction(() => {
        for (const file of gone) drop.run(file);
        for (const row of fresh) put.run(...row);
      }).immediate();
    });
  }

  /** Never the truth, so never an error: one that cannot be used is made anew, by this list or the next. */
  #attempt(use: (db: Database.Database) => void): void {
    const db = this.#db;
    if (db === null) return;
    try {
      use(db);
    } catch (error) {
      db.close();
      this.#db = null;
      if (!isForNow(error)) remove(this.#dir, INDEX_FILE);
    }
  }
}

/** Null where there is none and none `isWanted`, and where there can be none. */
function open(dir: string, isWanted: boolean): Database.Database | null {
  const path = join(dir, INDEX_FILE);
  const kind = lstatSync(path, { throwIfNoEntry: false });
  if (kind === undefined ? !isWanted : !kind.isFile()) return null;
  try {
    return connect(path);
  } catch (error) {
    if (!isForNow(error)) remove(dir, INDEX_FILE);
    return null;
  }
}

function connect(path: string): Database.Database {
  // SQLite would make it for others to read as well.
  closeSync(openSync(path, 'a', 0o600));
  const db = new Database(path, { timeout: PATIENCE_MS });
  try {
    db.pragma('journal_mode = MEMORY');
    db.pragma('synchronous = OFF');
    const version = db.pragma('user_version', { simple: true });
    if (version === INDEX_VERSION) return db;
    if (version !== 0) throw new Error('made by another Plumbline');
    db.transaction(() => {
      db.exec(DDL);
      db.pragma(`user_version = ${INDEX_VERSION}`);
    }).immediate();
    remove(dirname(path), FORMER_FILE);
    return db;
  } catch (error) {
    db.close();
    throw error;
  }
}

/** The index may be sound: it is in use, the disk is full, or it may not be written. */
function isForNow(error: unknown): boolean {
  if (error instanceof Database.SqliteError)
    return /BUSY|READONLY|FULL|IOERR|CANTOPEN|PERM/.test(error.code);
  return error instanceof Error && 'syscall' in error;
}

function remove(dir: string, file: string): void {
  try {
    rmSync(join(dir, file), { force: true });
  } catch {
    // It stays, and is found wanting again.
  }
}

const checksum = (file: string, size: number, mtime: Millis, summary: string): number =>
  crc32(`${file}\n${size}\n${mtime}\n${summary}`);

function parse([file, size, mtime, summary, crc]: Row): SessionSummary | null {
  return checksum(file, size, mtime, summary) === crc ? JSON.parse(summary) : null;
}
