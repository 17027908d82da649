/** Turns what SQLite, the file system and a damaged document throw into failures a person can act on. */
import { basename, dirname } from 'node:path';
import Database from 'better-sqlite3';
import { ZodError } from 'zod';
import { Failure } from '../../shared/base/failure';
import { ChunkError } from './bytes';
import { OutOfTime, tookTooLong } from './time-limit';

export function damaged(path: string, why: string, cause?: unknown): Failure {
  return new Failure(
    'corrupt',
    `The session file ${basename(path)} is damaged: ${why}.`,
    'Restore it from a copy. The file was not changed.',
    cause,
  );
}

export function unwritable(folder: string, why: string, cause?: unknown): Failure {
  return new Failure(
    'unwritable',
    `The folder ${folder} cannot be written: ${why}.`,
    'Free space or correct its permissions, or name another folder in PLUMBLINE_HOME.',
    cause,
  );
}

/** Runs `read`; damage in the file becomes a Failure, everything else passes through. */
export function reading<T>(path: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw readFailure(path, error);
  }
}

function readFailure(path: string, error: unknown): unknown {
  if (error instanceof OutOfTime) return tookTooLong(basename(path), error);
  if (error instanceof ChunkError) return damaged(path, error.message, error);
  if (error instanceof ZodError)
    return damaged(
      path,
      `a document in it lacks what it must have (${error.issues[0]?.path.join('.') || 'its kind'})`,
      error,
    );
  if (error instanceof SyntaxError)
    return damaged(path, 'a document in it is not valid JSON', error);
  if (!(error instanceof Database.SqliteError)) return error;
  if (error.code.startsWith('SQLITE_CORRUPT'))
    return damaged(path, 'its pages do not fit together', error);
  if (error.code === 'SQLITE_NOTADB')
    return damaged(path, 'it does not begin as a session file does', error);
  if (error.code === 'SQLITE_ERROR')
    return damaged(path, `a table is missing or changed (${error.message})`, error);
  if (error.code.startsWith('SQLITE_BUSY')) {
    return new Failure(
      'unavailable',
      `The session file ${basename(path)} is in use by another program.`,
      'Try again in a moment.',
      error,
    );
  }
  if (error.code.startsWith('SQLITE_CANTOPEN') || error.code.startsWith('SQLITE_READONLY')) {
    return new Failure(
      'unwritable',
      `The session file ${basename(path)} cannot be opened: its folder or the file is not accessible, or it was left by a killed recorder in a folder that cannot be written.`,
      'Correct the permissions, or copy the file and those beside it whose names begin alike to a writable folder.',
      error,
    );
  }
  // Neither says anything of what is in the file: it may be whole, and open another time.
  if (error.code === 'SQLITE_FULL')
    return unreadNow(path, 'the disk is full', 'Free some space and try again.', error);
  if (error.code.startsWith('SQLITE_IOERR'))
    return unreadNow(
      path,
      `the disk did not do what was asked of it (${error.message})`,
      'See whether the disk is full or failing, and try again.',
      error,
    );
  return error;
}

function unreadNow(path: string, why: string, remedy: string, cause: unknown): Failure {
  return new Failure(
    'unavailable',
    `The session file ${basename(path)} cannot be read now: ${why}.`,
    `${remedy} The file was not changed.`,
    cause,
  );
}

/** Runs `write`; a full disk or a missing permission becomes a Failure, everything else passes through. */
export function writing<T>(path: string, write: () => T): T {
  try {
    return write();
  } catch (error) {
    throw writeFailure(path, error);
  }
}

export function writeFailure(path: string, error: unknown): unknown {
  if (
    error instanceof Database.SqliteError &&
    /^SQLITE_(FULL|IOERR|READONLY|CANTOPEN|PERM)/.test(error.code)
  ) {
    return unwritable(dirname(path), error.message, error);
  }
  const code = error instanceof Error ? (error as NodeJS.ErrnoException).code : undefined;
  if (
    code !== undefined &&
    /^(EACCES|EPERM|EROFS|ENOSPC|ENOTDIR|EEXIST|EDQUOT|EIO|EBUSY|ENOENT)$/.test(code)
  ) {
    return unwritable(dirname(path), (error as Error).message, error);
  }
  return readFailure(path, error);
}
