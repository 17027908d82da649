/**
 * Opens the database of a session file and makes sure it is one: of Plumbline, and of a version this program knows.
 * What is read of it is checked when it is read; the whole file only by `checkSession`, and where a killed recorder
 * left it. A file is never changed by being found wrong, nor by being old; only what a killed recorder left behind is
 * folded into one file, as its own close would have done.
 */
import { existsSync, statSync } from 'node:fs';
import { basename, extname } from 'node:path';
import Database from 'better-sqlite3';
import { Failure } from '../../shared/base/failure';
import type { Micros } from '../../shared/base/units';
import type { Status } from '../../shared/base/vocabulary';
import type { SessionResult } from '../../shared/session/types';
import { type Blob, checkBlob, type RowKey, unpackSummary } from './chunk';
import { checkIsFile, checkSchema, connectToRead, connectToWrite, isDiskFull } from './connection';
import { isAlive } from './liveness';
import { olderFormatViews } from './older-formats';
import { isWhole, PART_NAMES, SEALED_TABLES, selectCovered } from './row-checks';
import { APPLICATION_ID, EXTENSION, SCHEMA_VERSION } from './schema';
import { MetaDocuments, storeDocument } from './session-meta';
import { foldLog } from './session-writer';
import { damaged, reading } from './sqlite-failures';
import { IN_TIME } from './time-limit';

type Sealed = [crc: number, ...columns: (string | number | null)[]];

export interface OpenedDatabase {
  readonly db: Database.Database;
  readonly meta: MetaDocuments;
  readonly version: number;
  /** As of now: a recording whose recorder is gone is `recovered`. */
  readonly result: SessionResult;
}

/** Throws a Failure: not_found, bad_input, newer_format, corrupt, unwritable, unavailable. */
export function openDatabase(path: string): OpenedDatabase {
  checkIsFile(path);
  return reading(path, () => {
    const first = connect(path);
    if (first.result.status !== 'recovered' || !existsSync(`${path}-wal`) || isDiskFull(path))
      return first;
    const { result } = first;
    first.db.close();
    adopt(path, result);
    return connect(path);
  });
}

/** A connection for what a person changes. Never used for measured data, nor for a file of an older format. */
export function editDatabase<T>(path: string, edit: (db: Database.Database) => T): T {
  return reading(path, () => {
    const db = connectToWrite(path);
    try {
      return db.transaction(() => edit(db)).immediate();
    } finally {
      db.close();
    }
  });
}

function connect(path: string): OpenedDatabase {
  let db: Database.Database | undefined;
  try {
    db = connectToRead(path);
    const version = checkKind(path, db);
    checkSchema(path, db, version);
    // In KiB. What was unpacked lately is kept elsewhere.
    db.pragma('cache_size = -2000');
    checkLength(path, db);
    db.exec(olderFormatViews(version));
    const meta = new MetaDocuments(db);
    return { db, meta, version, result: currentResult(db, meta) };
  } catch (error) {
    db?.close();
    throw error;
  }
}

/** The version of the file's format. Throws a Failure where it is no session file, or of a format that is not known. */
function checkKind(path: string, db: Database.Database): number {
  const ours = extname(path) === EXTENSION;
  const foreign = () =>
    new Failure(
      'bad_input',
      `${basename(path)} is not a Plumbline session file.`,
      `Give a file that ends in ${EXTENSION}, or bring other traces in with "plumbline import".`,
    );
  let application: unknown;
  try {
    application = db.pragma('application_id', { simple: true });
  } catch (error) {
    if (!ours && error instanceof Database.SqliteError && error.code === 'SQLITE_NOTADB')
      throw foreign();
    throw error;
  }
  if (application !== APPLICATION_ID) {
    if (ours && statSync(path).size === 0) throw damaged(path, 'it is empty');
    throw foreign();
  }
  const version = readVersion(db);
  if (version > SCHEMA_VERSION) {
    throw new Failure(
      'newer_format',
      `The session file ${basename(path)} has format ${version}; this Plumbline knows formats up to ${SCHEMA_VERSION}.`,
      'Open it with a newer Plumbline.',
    );
  }
  if (version < 1) throw damaged(path, 'it states no format version');
  return version;
}

const LENGTH = 'SELECT page_count * page_size FROM pragma_page_count, pragma_page_size';

/** A file that was cut off shows by its length alone; while a log lies beside it, its length says nothing. */
function checkLength(path: string, db: Database.Database): void {
  if (existsSync(`${path}-wal`)) return;
  const bytes = db.prepare<[], number>(LENGTH).pluck().get() ?? 0;
  if (statSync(path).size < bytes) throw damaged(path, 'its end is missing');
}

/** Reads the whole file, which takes as long as it is large. Throws a Failure where a page, a chunk or a row is damaged. */
export function checkSession(path: string): void {
  const { db, version } = openDatabase(path);
  try {
    reading(path, () => {
      checkPages(path, db, 'integrity_check(1)');
      if (version > 1) checkSummaries(path, db);
      for (const table of version === 1 ? ['chunk'] : ['chunk', 'times', 'tail']) {
        const rows = db.prepare<[], Blob>(`SELECT crc, data FROM ${table} WHERE ${IN_TIME}`);
        for (const row of rows.iterate()) checkBlob(row);
      }
      for (const table of SEALED_TABLES) {
        const rows = db.prepare<[], Sealed>(`${selectCovered(table)} WHERE ${IN_TIME}`).raw();
        for (const [crc, ...columns] of rows.iterate())
          if (!isWhole(crc, ...columns))
            throw damaged(path, `a ${PART_NAMES[table][0]} does not match its checksum`);
      }
    });
  } finally {
    db.close();
  }
}

function readVersion(db: Database.Database): number {
  return Number(db.pragma('user_version', { simple: true }));
}

/** Of every chunk: what it says of its samples without being unpacked. */
function checkSummaries(path: string, db: Database.Database): void {
  const rows = db.prepare<[], RowKey & { readonly summary: Buffer }>(
    `SELECT series, level, t0, t1, i0, n, summary FROM chunk WHERE ${IN_TIME}`,
  );
  for (const row of rows.iterate())
    if (unpackSummary(row, row.summary) === null)
      throw damaged(path, 'the summary of a chunk does not match its checksum');
}

/** The quick check leaves out whether indexes tell what the tables do. */
function checkPages(path: string, db: Database.Database, check = 'quick_check(1)'): void {
  const verdict = String(db.pragma(check, { simple: true }));
  if (verdict !== 'ok') throw damaged(path, verdict.replace(/\s+/g, ' ').replace(/\.$/, ''));
}

/** As the file says now; `meta` must be of now as well. */
export function currentResult(db: Database.Database, meta: MetaDocuments): SessionResult {
  const stored = meta.result();
  if (stored !== null && stored.status !== 'recording') return stored;
  const recorder = meta.recorder();
  const status: Status = recorder !== null && isAlive(recorder) ? 'recording' : 'recovered';
  return { status, exitCode: null, signal: null, durationUs: lastTime(db) };
}

/** The last moment anything is known of. */
function lastTime(db: Database.Database): Micros {
  const samples =
    readVersion(db) === 1
      ? `SELECT max(t1) AS t FROM chunk WHERE ${IN_TIME}`
      : `SELECT (SELECT t1 FROM chunk WHERE series = series.key AND level = 0 ORDER BY t0 DESC LIMIT 1) AS t FROM series WHERE ${IN_TIME}
          UNION ALL SELECT max(t1) FROM tail WHERE ${IN_TIME}`;
  const sql = `SELECT max(t) FROM (${samples} UNION ALL SELECT max(t) FROM marker UNION ALL SELECT max(t) FROM log)`;
  return Math.max(0, Number(db.prepare(sql).pluck().get() ?? 0));
}

/** Ends the recording of a recorder that is gone. Where somebody still has the file open, it is left for later. */
function adopt(path: string, result: SessionResult): void {
  let db: Database.Database | null = null;
  try {
    db = connectToWrite(path);
    checkPages(path, db);
    if (foldLog(db)) {
      storeDocument(db, 'result', result);
    }
  } catch (error) {
    // Reading goes on without it: the file is opened again, and what is wrong with it is told then.
    if (!(error instanceof Database.SqliteError || error instanceof Failure)) throw error;
  } finally {
    db?.close();
  }
}

/** After a reader has let go: folds a log that a writer could not fold while the reader was there. */
export function tidy(path: string): void {
  if (!existsSync(`${path}-wal`) || isDiskFull(path)) return;
  let db: Database.Database | null = null;
  try {
    db = connectToWrite(path);
    foldLog(db);
  } catch (error) {
    if (!(error instanceof Database.SqliteError || error instanceof Failure)) throw error;
  } finally {
    db?.close();
  }
}
