/**
 * A session file whose pages and checksums are as they should be, and one row of which says something else: what a
 * stranger who means harm hands in, and what bytes that change by chance never are.
 */
import { copyFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { rowCrc, SEALED_TABLES, selectCovered } from '../../src/main/store/row-checks';
import { readSession } from '../../src/main/store/session-data';
import { openSession } from '../../src/main/store/session-file';
import { withinTime } from '../../src/main/store/time-limit';
import { Failure } from '../../src/shared/base/failure';
import { answer } from '../../src/shared/present/answer';
import { buildDocument } from '../../src/shared/session/document';
import { repository } from '../support/repository';
import type { Area } from './areas';

type Cell = string | number | null;

const TEMPLATE = join(repository, 'resources', 'sessions', 'sample.plumbline');
/** Of each table: enough to have one of every kind. */
const ROWS_A_TABLE = 40;

export const storedRows: Area = {
  id: 'session-rows',
  /** Each a row as JSON: its table, and its columns, those that hold JSON as what they hold. */
  seeds() {
    const db = new Database(TEMPLATE, { readonly: true });
    try {
      return SEALED_TABLES.flatMap((table) =>
        db
          .prepare<[], Cell[]>(`${selectCovered(table)} LIMIT ${ROWS_A_TABLE}`)
          .raw()
          .all()
          .map(([, ...columns]) => Buffer.from(JSON.stringify([table, ...columns.map(opened)]))),
      );
    } finally {
      db.close();
    }
  },
  read(input, folder) {
    const [table, columns] = asRow(input.toString());
    const path = join(folder, 'row.plumbline');
    for (const ending of ['', '-wal', '-shm', '-journal']) rmSync(path + ending, { force: true });
    copyFileSync(TEMPLATE, path);
    put(path, table, columns);
    return withinTime(5000, () => {
      using reader = openSession(path);
      const data = readSession(reader);
      const document = buildDocument(data);
      return [answer(document), data.logs.length, data.markers.length, data.warnings.length];
    });
  },
};

/** A text that holds JSON as what it holds, so that what is inside is changed as well. */
function opened(cell: Cell): unknown {
  if (typeof cell !== 'string' || !/^[[{"]/.test(cell)) return cell;
  try {
    return { json: JSON.parse(cell) as unknown };
  } catch {
    return cell;
  }
}

function closed(value: unknown): Cell {
  if (value === null || typeof value === 'string') return value;
  if (typeof value === 'number') return value;
  return JSON.stringify(typeof value === 'object' && 'json' in value ? value.json : value) ?? null;
}

function asRow(text: string): readonly [table: string, columns: readonly Cell[]] {
  let found: unknown;
  try {
    found = JSON.parse(text);
  } catch {
    throw new Failure('bad_input', 'no row', '');
  }
  if (!Array.isArray(found)) throw new Failure('bad_input', 'no row', '');
  const [table, ...columns] = found as unknown[];
  const known = SEALED_TABLES.find((name) => name === table);
  if (known === undefined) throw new Failure('bad_input', 'no such table', '');
  return [known, columns.map(closed)];
}

/** In the place of the row with its key. What no row of the table can be is not put. */
function put(path: string, table: string, columns: readonly Cell[]): void {
  const db = new Database(path);
  try {
    const places = [...columns, 0].map(() => '?').join(', ');
    const row = [...columns, rowCrc(...columns)];
    db.prepare(`INSERT OR REPLACE INTO ${table} VALUES (${places})`).run(...row);
  } catch (error) {
    if (error instanceof Database.SqliteError || error instanceof RangeError)
      throw new Failure('bad_input', 'no row of this table', '');
    throw error;
  } finally {
    db.close();
  }
}
