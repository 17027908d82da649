/**
 * Opens the database of a session file and makes sure it is one: of Plumbline, of a version this program knows, and
 * whole. A file is never changed by being found wrong, nor by being old; only what a killed recorder left behind is
 * folded into one file, as its own close would have done.
 */
import { existsSync, statSync } from 'node:fs';
import { basename, extname } from 'node:path';
import Database from 'better-sqlite3';
import { Failure } from '../../shared/base/failure';
import type { Micros } from '../../shared/base/units';
import type { Status } from '../../shared/base/vocabulary';
import type { SessionResult } from '../../shared/session/types';
import { isAlive } from './liveness';
import { APPLICATION_ID, EXTENSION, SCHEMA_VERSION } from './schema';
import { MetaDocuments } from './session-meta';
import { foldLog } from './session-writer';
import { damaged, reading } from './sqlite-failures';
import { readVersion, upgradedCopy } from './upgrade';

export interface OpenedDatabase {
  readonly db: Database.Database;
  readonly meta: MetaDocuments;
  /** As of now: a recording whose recorder is gone is `recovered`. */
  readonly result: SessionResult;
}

/** Throws a Failure: not_found, bad_input, newer_format, corrupt, unwritable, unavailable. */
export function openDatabase(path: string): OpenedDatabase {
  if (!existsSync(path)) {
    throw new Failure(
      'not_found',
      `There is no file ${path}.`,
      'Run plumbline list to see the sessions there are.',
    );
  }
  return reading(path, () => {
    const first = connect(path);
    if (first.result.status !== 'recovered' || !existsSync(`${path}-wal`)) return first;
    const { result } = first;
    first.db.close();
    adopt(path, result);
    return connect(path);
  });
}

/** A connection for what a person changes. Never used for measured data. */
export function editDatabase(path: string, edit: (db: Database.Database) => void): void {
  openDatabase(path).db.close();
  reading(path, () => {
    const db = new Database(path, { fileMustExist: true });
    try {
      if (readVersion(db) !== SCHEMA_VERSION) {
        throw new Failure(
          'bad_input',
          `The session file ${basename(path)} was written by an older Plumbline and is kept as it is.`,
          'Export the session and import it again to change its name or notes.',
        );
      }
      db.transaction(() => edit(db)).immediate();
    } finally {
      db.close();
    }
  });
}

function connect(path: string): OpenedDatabase {
  let db: Database.Database | null = null;
  try {
    db = new Database(path, { readonly: true, fileMustExist: true });
    checkKind(path, db);
    // In KiB. What is read is read once, from one end to the other.
    db.pragma('cache_size = -2000');
    if (readVersion(db) < SCHEMA_VERSION) {
      const old = db;
      db = null;
      try {
        db = upgradedCopy(old);
      } finally {
        old.close();
      }
    }
    const meta = new MetaDocuments(db);
    const result = currentResult(db, meta);
    if (result.status !== 'recording') checkPages(path, db);
    return { db, meta, result };
  } catch (error) {
    db?.close();
    throw error;
  }
}

function checkKind(path: string, db: Database.Database): void {
  const ours = extname(path) === EXTENSION;
  const foreign = () =>
    new Failure(
      'bad_input',
      `${basename(path)} is not a Plumbline session file.`,
      `Give a file that ends in ${EXTENSION}, or bring other traces in with plumbline import.`,
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
}

function checkPages(path: string, db: Database.Database): void {
  const verdict = String(db.pragma('quick_check(1)', { simple: true }));
  if (verdict !== 'ok') throw damaged(path, verdict.replace(/\s+/g, ' ').replace(/\.$/, ''));
}

function currentResult(db: Database.Database, meta: MetaDocuments): SessionResult {
  const stored = meta.result();
  if (stored !== null && stored.status !== 'recording') return stored;
  const recorder = meta.recorder();
  const status: Status = recorder !== null && isAlive(recorder) ? 'recording' : 'recovered';
  return { status, exitCode: null, signal: null, durationUs: lastTime(db) };
}

/** The last moment anything is known of. */
function lastTime(db: Database.Database): Micros {
  const sql = `SELECT max(t) FROM (SELECT max(t1) AS t FROM chunk UNION ALL SELECT max(t) FROM marker UNION ALL SELECT max(t) FROM log)`;
  return Math.max(0, Number(db.prepare(sql).pluck().get() ?? 0));
}

/** Ends the recording of a recorder that is gone. Where somebody still has the file open, it is left for later. */
function adopt(path: string, result: SessionResult): void {
  let db: Database.Database | null = null;
  try {
    db = new Database(path, { fileMustExist: true });
    if (foldLog(db)) {
      db.prepare('INSERT OR REPLACE INTO meta VALUES (?, ?)').run('result', JSON.stringify(result));
    }
  } catch (error) {
    // Reading goes on without it: the file is opened again, and what is wrong with it is told then.
    if (!(error instanceof Database.SqliteError)) throw error;
  } finally {
    db?.close();
  }
}

/** After a reader has let go: folds a log that a writer could not fold while the reader was there. */
export function tidy(path: string): void {
  if (!existsSync(`${path}-wal`)) return;
  let db: Database.Database | null = null;
  try {
    db = new Database(path, { fileMustExist: true });
    foldLog(db);
  } catch (error) {
    if (!(error instanceof Database.SqliteError)) throw error;
  } finally {
    db?.close();
  }
}
