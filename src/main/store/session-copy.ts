/** A session file from elsewhere, taken into the library: read through first, and never in the place of another. */
import { chmodSync, copyFileSync, existsSync, renameSync, rmSync } from 'node:fs';
import { basename, extname, join, resolve } from 'node:path';
import { Failure } from '../../shared/base/failure';
import type { SessionData } from '../../shared/session/types';
import type { Library } from './library';
import { readSession } from './session-data';
import { markAdded } from './session-edit';
import { EXTENSION, openSession } from './session-file';
import { unwritable } from './sqlite-failures';
import { upgradeSession } from './upgrade';

/** Whether a file that begins so is a database, and with that a session file or nothing Plumbline reads. */
export function isSessionFile(head: Buffer): boolean {
  return head.subarray(0, 15).toString('latin1') === 'SQLite format 3';
}

/** Everything in a session file, wherever it lies. Throws a Failure for a damaged or foreign one. */
export function readSessionFile(path: string): SessionData {
  const reader = openSession(path);
  try {
    return readSession(reader);
  } finally {
    reader.close();
  }
}

/** What is wrong with the copy is told of the file it was made from. */
function examined(draft: string, name: string): SessionData {
  try {
    return readSessionFile(draft);
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    throw new Failure(
      error.code,
      error.message.replaceAll(basename(draft), name),
      error.remedy,
      error,
    );
  }
}

/** Copies the session at `path` into the library and returns its id there: the name of the file, or a new id where that is taken. */
export function copySession(library: Library, path: string): string {
  const source = resolve(path);
  const draft = join(library.dir, `.import-${process.pid}-${Date.now()}.draft`);
  const endings = ['', '-wal'].filter((ending) => existsSync(source + ending));
  try {
    // The copy is examined, not the source: reading may fold a log into the file it reads.
    try {
      for (const ending of endings) {
        copyFileSync(source + ending, draft + ending);
        chmodSync(draft + ending, 0o600);
      }
    } catch (error) {
      throw unwritable(library.dir, (error as Error).message, error);
    }
    const { status } = examined(draft, basename(source));
    if (status === 'recording')
      throw new Failure(
        'bad_input',
        `${basename(path)} is still being recorded.`,
        'Import it when the recording has ended.',
      );
    upgradeSession(draft);
    markAdded(draft);
    const name = basename(source, EXTENSION);
    const usable =
      extname(source) === EXTENSION &&
      /^\w[\w.-]{0,79}$/.test(name) &&
      !existsSync(join(library.dir, name + EXTENSION));
    const id = usable ? name : library.newId();
    renameSync(draft, join(library.dir, id + EXTENSION));
    return id;
  } finally {
    for (const ending of ['', '-wal', '-shm', '-journal']) rmSync(draft + ending, { force: true });
  }
}
