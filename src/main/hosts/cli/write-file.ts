/** Where a command writes what it made: to the file that was named, or under its own name into a folder. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { Failure } from '../../../shared/base/failure';

/**
 * Writes `contents` and returns the path. `out` is a file when it ends in one of `endings`, else a folder that takes
 * `fileName`. Throws `unwritable`; `what` begins the sentence, for example "report".
 */
export function writeFile(
  contents: string | Buffer,
  out: string,
  fileName: string,
  endings: readonly string[],
  what: string,
): string {
  const named = endings.some((ending) => out.toLowerCase().endsWith(`.${ending}`));
  const path = named ? resolve(out) : join(resolve(out), fileName);
  try {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, contents);
  } catch (cause) {
    throw new Failure(
      'unwritable',
      `The ${what} cannot be written to ${path}.`,
      'Give a file or folder you may write to with --out.',
      cause,
    );
  }
  return path;
}
