/**
 * Every connection to a session file is made here, and a session file is untrusted: it may have come by mail.
 *
 * Guarantees: only plain files are opened, so that a pipe or a device cannot hold a list up; nothing in the file runs
 * (no trigger, no view, no function of its schema), since its schema is exactly that of its version or the file is
 * refused by the name of what is strange; and on a full disk a log is read without the shared memory beside it, whose
 * pages would have no place and end the process when they are touched.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, lstatSync, statfsSync, statSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import Database from 'better-sqlite3';
import { Failure } from '../../shared/base/failure';
import { type Bytes, KiB } from '../../shared/base/units';
import { SCHEMAS } from './schema';
import { damaged } from './sqlite-failures';
import { checkTime, rising } from './time-limit';

/** The shared memory of a log takes 32 KiB, and folding the log a few pages. */
const NEEDED_BYTES: Bytes = 256 * KiB;
/** Of the memory of any machine. */
const SMALLEST_PAGE: Bytes = 4 * KiB;
/** SQLite's own, which it may add to any database. */
const OWN_TABLES: ReadonlySet<string> = new Set([
  'sqlite_sequence',
  'sqlite_stat1',
  'sqlite_stat4',
]);

/** Throws a Failure: not_found, or bad_input for what is no plain file, or has beside it a log that is none. */
export function checkIsFile(path: string): void {
  const kind = kindOfFile(path, statSync);
  if (kind === null)
    throw new Failure(
      'not_found',
      `There is no file ${path}.`,
      'Run "plumbline list" to see the sessions there are.',
    );
  const strange = ['-wal', '-shm', '-journal'].find((ending) => {
    const beside = kindOfFile(path + ending, lstatSync);
    return beside !== null && beside !== 'file';
  });
  if (kind === 'file' && strange === undefined) return;
  if (kind === UNREACHED)
    throw new Failure(
      'unwritable',
      `The file ${basename(path)} cannot be reached.`,
      'Correct the permissions of the folders above it.',
    );
  const what = strange === undefined ? `is ${kind}` : `has beside it a ${strange} that is no file`;
  throw new Failure(
    'bad_input',
    `${basename(path)} ${what}, and no session file.`,
    'Take it out of the folder of the library: "plumbline delete", or by hand.',
  );
}

const UNREACHED = 'out of reach';

function kindOfFile(path: string, look: typeof statSync): string | null {
  try {
    const stat = look(path);
    if (stat === undefined) return null;
    if (stat.isFile()) return 'file';
    if (stat.isDirectory()) return 'a folder';
    return stat.isSymbolicLink() ? 'a link' : 'a pipe or a device';
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ELOOP') return 'a link that leads nowhere';
    if (code === 'ENOENT' || code === 'ENOTDIR') return null;
    return UNREACHED;
  }
}

/** Whether the disk has no place for what reading a log takes. False where it cannot be told. */
export function isDiskFull(path: string): boolean {
  try {
    const { bavail, bsize } = statfsSync(dirname(path));
    return bavail * bsize < NEEDED_BYTES;
  } catch {
    return false;
  }
}

/**
 * Takes the place on the disk for the shared memory of a log that was just opened. SQLite takes a block for each of its
 * pages; where blocks are smaller than the machine's pages the rest is taken when it is touched, and on a disk that has
 * filled up meanwhile that ends the process (SIGBUS). Done from another process, since closing a file here would give up
 * SQLite's locks on it. Best effort.
 */
export function reserveSharedMemory(path: string): void {
  if (process.platform !== 'linux') return;
  const shared = `${path}-shm`;
  const size = statSync(shared, { throwIfNoEntry: false })?.size ?? 0;
  if (size > 0 && statfsSync(dirname(path)).bsize < SMALLEST_PAGE)
    spawnSync('fallocate', ['-l', String(size), shared], { stdio: 'ignore', timeout: 5000 });
}

/** To read. The file must have been checked by `checkIsFile`; its kind and version are the caller's to check. */
export function connectToRead(path: string): Database.Database {
  if (!existsSync(`${path}-wal`) || !isDiskFull(path)) return connect(path, true);
  const alone = connect(path, false);
  try {
    // The index of the log then lies in this process's memory. Refused as busy while a recorder has the file open, and
    // then the shared memory is there and has its place.
    alone.pragma('locking_mode = EXCLUSIVE');
    alone.pragma('user_version');
    return alone;
  } catch (error) {
    alone.close();
    if (error instanceof Database.SqliteError && error.code.startsWith('SQLITE_BUSY'))
      return connect(path, true);
    throw error;
  }
}

/** To write. The same checks as for reading have been made of the file as it was. */
export function connectToWrite(path: string): Database.Database {
  const db = connect(path, false);
  try {
    checkSchema(path, db, Number(db.pragma('user_version', { simple: true })));
    return db;
  } catch (error) {
    db.close();
    throw error;
  }
}

function connect(path: string, readonly: boolean): Database.Database {
  const db = new Database(path, { readonly, fileMustExist: true });
  db.pragma('trusted_schema = OFF');
  db.pragma('cell_size_check = ON');
  db.pragma('mmap_size = 0');
  db.function('in_time', { deterministic: false }, checkTime);
  return db;
}

interface SchemaObject {
  readonly type: string;
  readonly name: string;
  readonly sql: string | null;
}

/** Throws a Failure that names the first object of the file's schema that its version does not have, or lacks. */
export function checkSchema(path: string, db: Database.Database, version: number): void {
  const expected = expectedSchema(version);
  const rows = db.prepare<[], SchemaObject & { readonly key: number }>(
    'SELECT rowid AS key, type, name, sql FROM main.sqlite_schema ORDER BY rowid',
  );
  const found = [...rising(rows.iterate(), ({ key }) => key)];
  const names = new Set(found.map(({ name }) => name));
  for (const object of found) {
    if (isSqlitesOwn(object) || expected.get(object.name) === spelled(object)) continue;
    const { type, name } = object;
    const shown = `${type} "${String(name).slice(0, 60)}"`;
    throw damaged(path, `format ${version} has no such ${shown}`);
  }
  const lacking = [...expected.keys()].find((name) => !names.has(name));
  if (lacking !== undefined) throw damaged(path, `it lacks the table or index "${lacking}"`);
}

/** By name, as SQLite itself keeps what the version's layout creates. */
function expectedSchema(version: number): ReadonlyMap<string, string> {
  const known = EXPECTED.get(version);
  if (known !== undefined) return known;
  const db = new Database(':memory:');
  try {
    db.exec(SCHEMAS[version] ?? '');
    const objects = db.prepare<[], SchemaObject>('SELECT type, name, sql FROM sqlite_schema').all();
    const expected = new Map(
      objects.filter((object) => !isSqlitesOwn(object)).map((o) => [o.name, spelled(o)]),
    );
    EXPECTED.set(version, expected);
    return expected;
  } finally {
    db.close();
  }
}
const EXPECTED = new Map<number, ReadonlyMap<string, string>>();

const spelled = ({ type, sql }: SchemaObject): string =>
  `${type} ${String(sql).replaceAll(/\s+/g, ' ')}`;

function isSqlitesOwn({ type, name, sql }: SchemaObject): boolean {
  const isAutomatic =
    type === 'index' && sql === null && String(name).startsWith('sqlite_autoindex_');
  return isAutomatic || (type === 'table' && OWN_TABLES.has(name));
}
