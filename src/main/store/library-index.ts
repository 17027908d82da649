/**
 * The library's index: what a list shows, remembered by each file's size and time of change. It is a convenience, never
 * the truth: whatever is missing, stale or damaged in it is read from the session files again.
 *
 * It is a table of shelves: each holds a hundredth of the files or so, so that a list of thousands reads few rows and
 * one new session writes one. A shelf carries a checksum over all that it says: one that can be read is true, however
 * the file came to look as it does, and so nothing is waited for when it is written.
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
const INDEX_VERSION = 5;
const DDL =
  'CREATE TABLE shelf (number INTEGER PRIMARY KEY, crc INTEGER NOT NULL, entries TEXT NOT NULL)';
const SHELVES = 128;

/** For another process that is writing its shelves. */
const PATIENCE_MS: Millis = 500;
/** Entries that are written at once: a first index that is broken off keeps what it has. */
const ENTRIES = 1024;
/** A file may change twice within one tick of the clock that its time is taken from. */
const TICK_MS: Millis = 20;

export interface FileStamp {
  readonly size: number;
  readonly mtimeMs: Millis;
}

type Entry = readonly [file: string, size: number, mtimeMs: Millis, summary: SessionSummary];

interface Shelf {
  readonly crc: number;
  readonly entries: string;
}

export class LibraryIndex {
  readonly #dir: string;
  readonly #now: Millis;
  /** Null where there is none, or none that can be used. */
  #db: Database.Database | null;
  readonly #known = new Map<string, Entry>();
  readonly #used = new Set<string>();
  #fresh: Entry[] = [];

  constructor(dir: string, now: Millis = Date.now()) {
    this.#dir = dir;
    this.#now = now;
    this.#db = open(dir, false);
    this.#attempt((db) => {
      for (const shelf of db.prepare<[], Shelf>('SELECT crc, entries FROM shelf').all())
        for (const entry of readShelf(shelf)) this.#known.set(entry[0], entry);
    });
  }

  /** What is remembered of a file, provided that it has not changed since. */
  get(file: string, { size, mtimeMs }: FileStamp): SessionSummary | null {
    const entry = this.#known.get(file);
    if (entry === undefined || entry[1] !== size || entry[2] !== mtimeMs) return null;
    this.#used.add(file);
    return entry[3];
  }

  set(file: string, { size, mtimeMs }: FileStamp, summary: SessionSummary): void {
    if (Math.abs(this.#now - mtimeMs) < TICK_MS) return;
    this.#used.add(file);
    this.#fresh.push([file, size, mtimeMs, summary]);
    if (this.#fresh.length >= ENTRIES) this.#write([]);
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

  /** Into the shelves as they are by now: another process may have written some of them meanwhile. */
  #write(gone: readonly string[]): void {
    const fresh = Map.groupBy(this.#fresh, ([file]) => shelfFor(file));
    const left = Map.groupBy(gone, shelfFor);
    this.#fresh = [];
    this.#db ??= open(this.#dir, true);
    this.#attempt((db) => {
      const find = db.prepare<[number], Shelf>('SELECT crc, entries FROM shelf WHERE number = ?');
      const put = db.prepare<[number, number, string]>(
        'INSERT OR REPLACE INTO shelf VALUES (?, ?, ?)',
      );
      db.transaction(() => {
        for (const number of new Set([...fresh.keys(), ...left.keys()])) {
          const shelf = find.get(number);
          const kept = new Map(readShelf(shelf).map((entry) => [entry[0], entry]));
          for (const file of left.get(number) ?? []) kept.delete(file);
          for (const entry of fresh.get(number) ?? []) kept.set(entry[0], entry);
          const entries = JSON.stringify([...kept.values()]);
          put.run(number, crc32(entries), entries);
        }
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

const shelfFor = (file: string): number => crc32(file) % SHELVES;

/** Nothing of one that is damaged. */
function readShelf(shelf: Shelf | undefined): readonly Entry[] {
  return shelf === undefined || crc32(shelf.entries) !== shelf.crc ? [] : JSON.parse(shelf.entries);
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
