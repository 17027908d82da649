/**
 * A SQLite database that some other program wrote, opened to be read and not trusted: nothing of its schema runs, and
 * views are not followed, since only tables are asked for by name.
 */
import { basename } from 'node:path';
import Database from 'better-sqlite3';
import { Failure } from '../../../shared/base/failure';
import { connectToRead } from '../../store/connection';
import { APPLICATION_ID } from '../../store/schema';
import { isSessionFile } from '../../store/session-copy';
import { IN_TIME, QUESTION_LIMIT_MS, withinTime } from '../../store/time-limit';

/** Of a database, and where in it the program that wrote it says who it is. */
const HEADER_BYTES = 100;
const APPLICATION_ID_AT = 68;

/** Whether the file is a database with every one of these tables. */
export function hasTables(path: string, head: Uint8Array, tables: readonly string[]): boolean {
  const bytes = Buffer.from(head);
  // A session file is never opened here: reading may fold its log into it.
  if (!isSessionFile(bytes) || bytes.length < HEADER_BYTES) return false;
  if (bytes.readUInt32BE(APPLICATION_ID_AT) === APPLICATION_ID) return false;
  try {
    return readTables(path, (names) => tables.every((table) => names.columns(table).length > 0));
  } catch (error) {
    // Whoever takes it for a session file tells what is wrong with it.
    if (error instanceof Database.SqliteError) return false;
    throw error;
  }
}

/** The tables of a database by name. */
export class ForeignTables {
  readonly #db: Database.Database;

  constructor(db: Database.Database) {
    this.#db = db;
  }

  /** Names of the columns of a table; none where there is no such table. */
  columns(table: string): readonly string[] {
    const isTable = this.#db
      .prepare("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = ?")
      .get(table);
    if (isTable === undefined) return [];
    const rows = this.#db.prepare('SELECT name FROM pragma_table_info(?)').pluck().all(table);
    return rows.map(String);
  }

  /** Those columns of every row, null where the table has none of that name; no rows where there is no such table. */
  rows(table: string, columns: readonly string[], order?: string): Iterable<readonly unknown[]> {
    const there = new Set(this.columns(table));
    if (there.size === 0) return [];
    const picked = columns.map((name) => (there.has(name) ? `"${name}"` : 'NULL'));
    const sorted = order !== undefined && there.has(order) ? ` ORDER BY "${order}"` : '';
    return this.#db
      .prepare(`SELECT ${picked.join(', ')} FROM "${table}" WHERE ${IN_TIME}${sorted}`)
      .raw()
      .iterate() as Iterable<readonly unknown[]>;
  }
}

/** Runs `read` on the tables of the file. Throws a Failure where the file is damaged. */
export function readForeign<T>(path: string, read: (tables: ForeignTables) => T): T {
  try {
    return withinTime(QUESTION_LIMIT_MS, () => readTables(path, read));
  } catch (error) {
    if (!(error instanceof Database.SqliteError)) throw error;
    throw new Failure(
      'bad_input',
      `${basename(path)} is a damaged database: ${error.message}.`,
      'Export it again from the program that wrote it.',
      error,
    );
  }
}

function readTables<T>(path: string, read: (tables: ForeignTables) => T): T {
  const db = connectToRead(path);
  try {
    return read(new ForeignTables(db));
  } finally {
    db.close();
  }
}
