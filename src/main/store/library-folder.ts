/**
 * The folder of the library as a list looks at it: which sessions lie there, and what the index remembers of them. It
 * opens no session and loads nothing that could, so that a list of files that are all remembered costs a look at each.
 */
import { existsSync, readdirSync, statSync } from 'node:fs';
import { basename, join, sep } from 'node:path';
import type { SessionSummary } from '../../shared/session/types';
import { addedTime, type FileStamp, LibraryIndex, type Remembered } from './library-index';
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
  /** What the index is told of the folder when it is closed. */
  readonly folder: { readonly sessions: number; readonly mtimeMs: number };
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
  const folder = { sessions: known.length + unread.length, mtimeMs };
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
  const { mtimeMs } = statSync(dir);
  const index = new LibraryIndex(dir);
  try {
    const all = index.all(mtimeMs);
    if (all === null || editedSessions(dir).size > 0) return null;
    const since =
      Float64Array.from(all, ({ at }) => at)
        .sort()
        .at(-most) ?? Number.NaN;
    // Where it is not known of some when they came, they are in order with all.
    const late = Number.isNaN(since) ? all : all.filter(({ at }) => !(at < since));
    const newest = newestFirst(late.map(inOrder)).slice(0, most);
    const sessions = newest.flatMap(({ one }) => {
      const stamp = readStamp(dir + sep + one.file);
      const isSame = stamp?.size === one.size && stamp.mtimeMs === one.mtimeMs;
      return (isSame && one.read()) || [];
    });
    return sessions.length === newest.length ? { sessions, total: all.length } : null;
  } finally {
    index.letGo();
  }
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
export const sortNewestFirst = (sessions: readonly SessionSummary[]): SessionSummary[] =>
  newestFirst(sessions.map((session) => ({ session, id: session.id, at: addedTime(session) }))).map(
    ({ session }) => session,
  );

const inOrder = (one: Remembered) => ({
  one,
  id: one.file.slice(0, -EXTENSION.length),
  at: one.at,
});

const newestFirst = <T extends { readonly id: string; readonly at: number }>(all: T[]): T[] =>
  all.sort((a, b) => b.at - a.at || 0 || compareText(b.id, a.id));

function editedSessions(dir: string): ReadonlySet<string> {
  const folder = join(dir, WORDS_FOLDER);
  const files = existsSync(folder) ? readdirSync(folder) : [];
  return new Set(files.map((file) => basename(file, '.json')));
}

function compareText(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
