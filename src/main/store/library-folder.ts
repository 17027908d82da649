/**
 * The folder of the library as a list looks at it: which sessions lie there, and what the index remembers of them. It
 * opens no session and loads nothing that could, so that a list of files that are all remembered costs a look at each.
 */
import { existsSync, readdirSync, statSync } from 'node:fs';
import { basename, join, sep } from 'node:path';
import type { SessionSummary } from '../../shared/session/types';
import {
  addedTime,
  type FileStamp,
  LibraryIndex,
  type Remembered,
  readNewest,
  type SeenFolder,
} from './library-index';
import { EXTENSION } from './schema';

/** Of what a person said of sessions whose files cannot be changed; see kept-edits.ts. */
export const WORDS_FOLDER = 'words';

export interface DamagedFile {
  readonly path: string;
  readonly message: string;
}

export interface LibraryListing {
  /** By when they came into the library, newest first. */
  readonly sessions: readonly SessionSummary[];
  readonly damaged: readonly DamagedFile[];
}

/** A file that has to be looked into. */
export interface UnreadFile {
  readonly file: string;
  readonly path: string;
  /** Null while a log lies beside the file, which then changes without its own size or time changing. */
  readonly stamp: FileStamp | null;
}

/** What is known of a library before any of its files is opened. */
export interface LookedUp {
  readonly dir: string;
  /** Kept up to date by whoever reads what is unread, and closed at the end. */
  readonly index: LibraryIndex;
  readonly known: readonly Remembered[];
  readonly unread: readonly UnreadFile[];
  /** The ids of those of which something is said beside their files. */
  readonly edited: ReadonlySet<string>;
  readonly folder: Omit<SeenFolder, 'newest'>;
}

/** Throws what the file system throws where the folder cannot be read. */
export function lookUp(dir: string): LookedUp {
  const { mtimeMs } = statSync(dir);
  const names = readdirSync(dir);
  const present = new Set(names);
  const index = new LibraryIndex(dir);
  const known: Remembered[] = [];
  const unread: UnreadFile[] = [];
  for (const file of names) {
    if (!isSessionFile(file)) continue;
    const path = dir + sep + file;
    const stamp = present.has(`${file}-wal`) ? null : readStamp(path);
    const remembered = stamp && index.get(file, stamp);
    if (remembered === null) unread.push({ file, path, stamp });
    else known.push(remembered);
  }
  const folder = { total: known.length + unread.length, mtimeMs };
  return { dir, index, known, unread, edited: editedSessions(dir), folder };
}

/**
 * The newest sessions and how many there are, where no session has come or gone since all were remembered: then only
 * those that are shown are looked at. Null where that cannot be told, or one of them has changed.
 *
 * What this cannot see: a session older than these that another program wrote over, in place, with a newer one. The next
 * look at the whole folder does (a search, `--all`, `--json`, the window, or any session that comes or goes).
 */
export function lookUpNewest(
  dir: string,
  most: number,
): { readonly sessions: readonly SessionSummary[]; readonly total: number } | null {
  const found = readNewest(dir, statSync(dir).mtimeMs);
  if (found === null || editedSessions(dir).size > 0) return null;
  const { total } = found;
  const rows = found.rows.slice(0, most);
  const isSame = rows.every(([file, size, mtimeMs]) => {
    const stamp = readStamp(dir + sep + file);
    return stamp?.size === size && stamp.mtimeMs === mtimeMs;
  });
  if (!isSame || rows.length < Math.min(most, total)) return null;
  return { sessions: rows.map(([, , , summary]) => summary), total };
}

export const isSessionFile = (file: string): boolean =>
  file.endsWith(EXTENSION) && !file.startsWith('.');

/** Null where there is nothing, or nothing that can be looked at: opening it says what it is. */
export function readStamp(path: string): FileStamp | null {
  try {
    return statSync(path, { throwIfNoEntry: false }) ?? null;
  } catch {
    return null;
  }
}

/** Each time is read once: a library may hold thousands of sessions. */
export function sortNewestFirst(sessions: readonly SessionSummary[]): SessionSummary[] {
  return sessions
    .map((session) => ({ session, at: addedTime(session) }))
    .sort((a, b) => b.at - a.at || 0 || compareText(b.session.id, a.session.id))
    .map(({ session }) => session);
}

function editedSessions(dir: string): ReadonlySet<string> {
  const folder = join(dir, WORDS_FOLDER);
  const files = existsSync(folder) ? readdirSync(folder) : [];
  return new Set(files.map((file) => basename(file, '.json')));
}

function compareText(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
