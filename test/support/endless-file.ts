/**
 * A session file that SQLite reads for ever: the rows of one table hang in a tree whose every branch leads to the same
 * branch below it, so that a file of a few pages holds more rows than could be passed over in a life. It is written by
 * the layout of SQLite's file format (sqlite.org/fileformat2.html), since SQLite itself makes none.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import Database from 'better-sqlite3';

const BRANCH = 5;
const LEVELS = 14;
const CHILDREN = 100;

/** Hangs the rows of `table`, of which there must be some, in such a tree. */
export function makeEndless(path: string, table: string): void {
  const db = new Database(path);
  db.pragma('journal_mode = DELETE');
  const root = Number(
    db.prepare('SELECT rootpage FROM sqlite_schema WHERE name = ?').pluck().get(table),
  );
  const size = Number(db.pragma('page_size', { simple: true }));
  const pages = Number(db.pragma('page_count', { simple: true }));
  db.close();
  const old = readFileSync(path);
  const file = Buffer.concat([old, Buffer.alloc((LEVELS + 1) * size)]);
  const page = (number: number) => file.subarray((number - 1) * size, number * size);
  const leaf = pages + LEVELS + 1;
  page(root).copy(page(leaf));
  for (let level = 0; level <= LEVELS; level++) {
    const here = level === 0 ? root : pages + level;
    const below = level === LEVELS ? leaf : pages + level + 1;
    writeBranch(page(here), below, size);
  }
  // The pages there are; and that this count belongs to the file as it stands.
  file.writeUInt32BE(pages + LEVELS + 1, 28);
  file.copy(file, 92, 24, 28);
  writeFileSync(path, file);
}

/** An interior page of a table: each cell a child and the largest key in it. */
function writeBranch(page: Buffer, child: number, size: number): void {
  page.fill(0);
  const cell = 5;
  page[0] = BRANCH;
  page.writeUInt16BE(CHILDREN, 3);
  page.writeUInt16BE(size - CHILDREN * cell, 5);
  page.writeUInt32BE(child, 8);
  for (let i = 0; i < CHILDREN; i++) {
    const at = size - (i + 1) * cell;
    page.writeUInt16BE(at, 12 + 2 * i);
    page.writeUInt32BE(child, at);
    page[at + 4] = i + 1;
  }
}
