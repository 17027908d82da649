/**
 * The library's index: what a list shows, remembered by each file's size and time of change. It is a convenience, never
 * the truth: whatever is missing, stale or damaged in it is read from the session files again.
 *
 * It is a table of shelves: each holds a hundredth of the files or so, so that a list of thousands reads few rows and
 * one new session writes one. A shelf has the stamps of its files, which are read at once, and their summaries, which
 * are read where they are shown. Both carry a checksum: what can be read is true, however the file came to look as it
 * does, and so nothing is waited for when it is written.
 *
 * `folder` says at which time of change of the folder every session in it was remembered, and which were the newest: while
 * that time stays, no session has come, gone or been put in another's place, and only one that was written over where it
 * lies can differ.
 */
import { closeSync, lstatSync, openSync, readSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { crc32 } from 'node:zlib';
import Database from 'better-sqlite3';
import type { Millis } from '../../shared/base/units';
import type { SessionSummary } from '../../shared/session/types';
import { EXTENSION } from './schema';

const INDEX_FILE = 'index.db';
/** Of the programs before, which wrote all of it at every change. */
const FORMER_FILE = 'index.json';
const INDEX_VERSION = 7;
const DDL = `
CREATE TABLE shelf (
  number INTEGER PRIMARY KEY, crc INTEGER NOT NULL, stamps TEXT NOT NULL, textsCrc INTEGER NOT NULL, texts TEXT NOT NULL
);
CREATE TABLE folder (mtimeMs REAL NOT NULL, total INTEGER NOT NULL, crc INTEGER NOT NULL, newest TEXT NOT NULL);
`;
const SHELVES = 128;

/** For another process that is writing its shelves. */
const PATIENCE_MS: Millis = 500;
/** Entries that are written at once: a first index that is broken off keeps what it has. */
const ENTRIES = 1024;
/** As many of the newest are remembered together. */
export const NEWEST = 100;
/** A file may change twice within one tick of the clock that its time is taken from. */
const TICK_MS: Millis = 20;

export interface FileStamp {
  readonly size: number;
  readonly mtimeMs: Millis;
}

/** `at`: when it came into the library. */
type Stamp = readonly [file: string, size: number, mtimeMs: Millis, at: Millis | null];

interface Entry {
  readonly stamp: Stamp;
  readonly text: string;
}

/** Reads a summary by the place of its stamp in a shelf; null where it cannot be read any more. */
type ReadText = (shelf: number, place: number) => SessionSummary | null;

/** What is remembered of a file; there may be thousands. */
export class Remembered {
  readonly file: string;
  readonly size: number;
  readonly mtimeMs: Millis;
  /** When it came into the library; NaN where that is not known. */
  readonly at: Millis;
  readonly #read: ReadText;
  readonly #shelf: number;
  readonly #place: number;

  constructor([file, size, mtimeMs, at]: Stamp, read: ReadText, shelf: number, place: number) {
    this.file = file;
    this.size = size;
    this.mtimeMs = mtimeMs;
    this.at = at ?? Number.NaN;
    this.#read = read;
    this.#shelf = shelf;
    this.#place = place;
  }

  /** Null where its summary cannot be read any more. To be asked while the index is open. */
  read(): SessionSummary | null {
    return this.#read(this.#shelf, this.#place);
  }
}

/** A folder as it was seen: its time of change before its sessions were looked at, how many there were, newest first. */
export interface SeenFolder {
  readonly mtimeMs: Millis;
  readonly total: number;
  readonly newest: readonly SessionSummary[];
}

type NewestRow = readonly [file: string, size: number, mtimeMs: Millis, summary: SessionSummary];

interface Folder {
  readonly mtimeMs: Millis;
  readonly total: number;
  readonly crc: number;
  readonly newest: string;
}

/** Of a session: by this a list is in order. */
export const addedTime = ({ addedAt, startedAt }: SessionSummary): Millis =>
  Date.parse(addedAt ?? startedAt ?? '');

interface Stamps {
  readonly number: number;
  readonly crc: number;
  readonly stamps: string;
}
interface Texts {
  readonly textsCrc: number;
  readonly texts: string;
}

export class LibraryIndex {
  readonly #dir: string;
  readonly #now: Millis;
  /** Null where there is none, or none that can be used. */
  #db: Database.Database | null;
  readonly #known = new Map<string, Remembered>();
  readonly #used = new Set<string>();
  /** Summaries of a shelf in the order of its stamps, once they were asked for. */
  readonly #texts = new Map<number, readonly string[]>();
  #fresh: Entry[] = [];
  #isWhole = true;

  constructor(dir: string, now: Millis = Date.now()) {
    this.#dir = dir;
    this.#now = now;
    this.#db = open(dir, false);
    this.#attempt((db) => {
      const shelves = db.prepare<[], Stamps>('SELECT number, crc, stamps FROM shelf').all();
      const read: ReadText = (shelf, place) => this.#read(shelf, place);
      for (const shelf of shelves)
        for (const [place, stamp] of readStamps(shelf).entries())
          this.#known.set(stamp[0], new Remembered(stamp, read, shelf.number, place));
    });
  }

  /** What is remembered of a file, provided that it has not changed since. */
  get(file: string, { size, mtimeMs }: FileStamp): Remembered | null {
    const known = this.#known.get(file);
    if (known === undefined || known.size !== size || known.mtimeMs !== mtimeMs) return null;
    this.#used.add(file);
    return known;
  }

  set(file: string, { size, mtimeMs }: FileStamp, summary: SessionSummary): void {
    if (Math.abs(this.#now - mtimeMs) < TICK_MS) {
      this.#isWhole = false;
      return;
    }
    this.#used.add(file);
    const at = addedTime(summary);
    this.#fresh.push({
      stamp: [file, size, mtimeMs, Number.isNaN(at) ? null : at],
      text: JSON.stringify(summary),
    });
    if (this.#fresh.length >= ENTRIES) this.#write([]);
  }

  /** Keeps what was set, and forgets what was not asked for. */
  close(folder: SeenFolder | null = null): void {
    const gone = [...this.#known.keys()].filter((file) => !this.#used.has(file));
    if (folder !== null) this.#rememberFolder(folder);
    if (this.#fresh.length > 0 || gone.length > 0) this.#write(gone);
    this.#db?.close();
    this.#db = null;
  }

  /** Only where nothing in it changed a moment ago and every session is remembered. */
  #rememberFolder({ mtimeMs, total, newest }: SeenFolder): void {
    if (!this.#isWhole || this.#used.size !== total || Math.abs(this.#now - mtimeMs) < TICK_MS)
      return;
    const fresh = new Map(this.#fresh.map(({ stamp }) => [stamp[0], stamp]));
    const rows = newest.slice(0, NEWEST).flatMap((summary): NewestRow[] => {
      const file = summary.id + EXTENSION;
      const known = this.#known.get(file);
      const [, size, at] = fresh.get(file) ?? [file, known?.size, known?.mtimeMs];
      return size === undefined || at === undefined ? [] : [[file, size, at, summary]];
    });
    if (rows.length < Math.min(NEWEST, total)) return;
    const text = JSON.stringify(rows);
    this.#db ??= open(this.#dir, true);
    this.#attempt((db) => {
      const known = db.prepare<[], Folder>('SELECT * FROM folder').get();
      if (known?.mtimeMs === mtimeMs && known.newest === text) return;
      const put = db.prepare('INSERT INTO folder VALUES (?, ?, ?, ?)');
      db.transaction(() => {
        db.exec('DELETE FROM folder');
        put.run(mtimeMs, total, crc32(text), text);
      }).immediate();
    });
  }

  #read(shelf: number, place: number): SessionSummary | null {
    let texts = this.#texts.get(shelf);
    if (texts === undefined) {
      texts = [];
      this.#attempt((db) => {
        texts = readTexts(findTexts(db).get(shelf));
      });
      this.#texts.set(shelf, texts);
    }
    const text = texts[place];
    return text === undefined ? null : JSON.parse(text);
  }

  [Symbol.dispose](): void {
    this.close();
  }

  /** Into the shelves as they are by now: another process may have written some of them meanwhile. */
  #write(gone: readonly string[]): void {
    const fresh = Map.groupBy(this.#fresh, ({ stamp: [file] }) => shelfFor(file));
    const left = Map.groupBy(gone, shelfFor);
    this.#fresh = [];
    this.#db ??= open(this.#dir, true);
    this.#attempt((db) => {
      const find = db.prepare<[number], Stamps>(
        'SELECT number, crc, stamps FROM shelf WHERE number = ?',
      );
      const texts = findTexts(db);
      const put = db.prepare('INSERT OR REPLACE INTO shelf VALUES (?, ?, ?, ?, ?)');
      db.transaction(() => {
        for (const number of new Set([...fresh.keys(), ...left.keys()])) {
          const kept = new Map(
            readEntries(find.get(number), texts.get(number)).map((entry) => [
              entry.stamp[0],
              entry,
            ]),
          );
          for (const file of left.get(number) ?? []) kept.delete(file);
          for (const entry of fresh.get(number) ?? []) kept.set(entry.stamp[0], entry);
          const entries = [...kept.values()];
          const stamps = JSON.stringify(entries.map(({ stamp }) => stamp));
          // A document has no line end of its own.
          const lines = entries.map(({ text }) => text).join('\n');
          put.run(number, crc32(stamps), stamps, crc32(lines), lines);
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
const readStamps = (shelf: Stamps | undefined): readonly Stamp[] =>
  shelf === undefined || crc32(shelf.stamps) !== shelf.crc ? [] : JSON.parse(shelf.stamps);

const readTexts = (shelf: Texts | undefined): readonly string[] =>
  shelf === undefined || crc32(shelf.texts) !== shelf.textsCrc ? [] : shelf.texts.split('\n');

const findTexts = (db: Database.Database) =>
  db.prepare<[number], Texts>('SELECT textsCrc, texts FROM shelf WHERE number = ?');

function readEntries(shelf: Stamps | undefined, texts: Texts | undefined): readonly Entry[] {
  const lines = readTexts(texts);
  return readStamps(shelf).flatMap((stamp, place) => {
    const text = lines[place];
    return text === undefined ? [] : [{ stamp, text }];
  });
}

/** The newest sessions by what is remembered; null unless the folder is as it was when all of them were looked at. */
export function readNewest(
  dir: string,
  folderMs: Millis,
): { readonly total: number; readonly rows: readonly NewestRow[] } | null {
  const db = hasIndex(dir) ? open(dir, false) : null;
  try {
    const found = db?.prepare<[], Folder>('SELECT * FROM folder').get();
    if (found?.mtimeMs !== folderMs || crc32(found.newest) !== found.crc) return null;
    return { total: found.total, rows: JSON.parse(found.newest) };
  } catch {
    return null;
  } finally {
    db?.close();
  }
}

/** Where the header of an SQLite file has its user_version. */
const VERSION_AT = 60;

/** Whether a library has an index to go by: the first list of one that has none opens every session. */
export function hasIndex(dir: string): boolean {
  let file: number | null = null;
  try {
    file = openSync(join(dir, INDEX_FILE), 'r');
    const version = Buffer.alloc(4);
    return (
      readSync(file, version, 0, 4, VERSION_AT) === 4 && version.readUInt32BE() === INDEX_VERSION
    );
  } catch {
    return false;
  } finally {
    if (file !== null) closeSync(file);
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
