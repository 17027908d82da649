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
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { Failure } from '../../../shared/base/failure';
import { makeFolder } from '../../install/make-folder';

/** Whatever its letters: they are the person's to choose. Numbers end versions and dates, as names of folders do. */
const ENDING = /\.[a-z]\w*$/i;

/** `out` is a file when it has an ending and no folder is there, else a folder that takes `fileName`. */
export function outputPath(out: string, fileName: string): string {
  const path = resolve(out);
  const isFolder = statSync(path, { throwIfNoEntry: false })?.isDirectory();
  return ENDING.test(out) && !isFolder ? path : join(path, fileName);
}

/** What is written, as the sentence of a failure has it, and the option that says where. */
export interface Written {
  readonly what: string;
  readonly option: string;
}

/** Throws `unwritable`. */
export function writeFile(path: string, contents: string | Uint8Array, written: Written): void {
  prepareFile(path, written);
  writing(path, written, () => writeFileSync(path, contents));
}

/** Makes the folder of a file that is to be written. Throws `unwritable` where it cannot be, or the file could not. */
export function prepareFile(path: string, written: Written): void {
  writing(path, written, () => {
    makeFolder(dirname(path));
    accessSync(existsSync(path) ? path : dirname(path), constants.W_OK);
  });
}

/**
 * Writes `pieces` one after another and returns how many bytes they were. The file takes its name when it is whole: a
 * failure on the way leaves what was there before. Throws `unwritable`, and whatever `pieces` throws.
 */
export async function writePieces(
  path: string,
  pieces: AsyncIterable<Uint8Array>,
  written: Written,
): Promise<number> {
  const target = existsSync(path) ? realpathSync(path) : path;
  const draft = `${target}.part`;
  prepareFile(path, written);
  const file = writing(path, written, () => openSync(draft, 'w'));
  let bytes = 0;
  try {
    try {
      for await (const piece of pieces)
        writing(path, written, () => {
          for (let at = 0; at < piece.length; ) at += writeSync(file, piece, at);
          bytes += piece.length;
        });
    } finally {
      closeSync(file);
    }
    writing(path, written, () => renameSync(draft, target));
    return bytes;
  } catch (error) {
    rmSync(draft, { force: true });
    throw error;
  }
}

function writing<T>(path: string, { what, option }: Written, write: () => T): T {
  try {
    return write();
  } catch (cause) {
    throw new Failure(
      'unwritable',
      `The ${what} cannot be written to ${path}.`,
      `Give a path you may write to with ${option}.`,
      cause,
    );
  }
}
