/** Where a command writes what it made: to the file that was named, or under a name of its making into a folder. */
import {
  accessSync,
  closeSync,
  constants,
  existsSync,
  openSync,
  realpathSync,
  renameSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { Failure } from '../../../shared/base/failure';
import { makeFolder } from '../../install/make-folder';

/** `out` is a file when it ends in one of `endings`, else a folder that takes `fileName`. */
export function outputPath(out: string, fileName: string, endings: readonly string[]): string {
  const isFile = endings.some((ending) => out.toLowerCase().endsWith(`.${ending}`));
  return isFile ? resolve(out) : join(resolve(out), fileName);
}

/** Throws `unwritable`; `what` begins the sentence, for example "report". */
export function writeFile(path: string, contents: string | Uint8Array, what: string): void {
  writing(path, what, () => {
    makeFolder(dirname(path));
    writeFileSync(path, contents);
  });
}

/**
 * Writes `pieces` one after another and returns how many bytes they were. The file takes its name when it is whole: a
 * failure on the way leaves what was there before. Throws `unwritable`, and whatever `pieces` throws.
 */
export async function writePieces(
  path: string,
  pieces: AsyncIterable<Uint8Array>,
  what: string,
): Promise<number> {
  const target = existsSync(path) ? realpathSync(path) : path;
  const draft = `${target}.part`;
  const file = writing(path, what, () => {
    makeFolder(dirname(path));
    if (existsSync(target)) accessSync(target, constants.W_OK);
    return openSync(draft, 'w');
  });
  let bytes = 0;
  try {
    try {
      for await (const piece of pieces)
        writing(path, what, () => {
          for (let at = 0; at < piece.length; ) at += writeSync(file, piece, at);
          bytes += piece.length;
        });
    } finally {
      closeSync(file);
    }
    writing(path, what, () => renameSync(draft, target));
    return bytes;
  } catch (error) {
    rmSync(draft, { force: true });
    throw error;
  }
}

function writing<T>(path: string, what: string, write: () => T): T {
  try {
    return write();
  } catch (cause) {
    throw new Failure(
      'unwritable',
      `The ${what} cannot be written to ${path}.`,
      'Give a file or folder you may write to with --out.',
      cause,
    );
  }
}
