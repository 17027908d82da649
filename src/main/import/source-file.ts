/**
 * A file to import as the readers want it: plain, on this machine, under the name that people know it by. What is
 * compressed (gzip) or comes through standard input is laid down first, so that a file of any size takes no memory.
 *
 * Guarantees: what was laid down is gone when the work is done, whatever became of it.
 */
import { createReadStream, createWriteStream, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { type Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { Failure } from '../../shared/base/failure';
import { type Bytes, GiB } from '../../shared/base/units';
import { readHead } from './decode';

/** How standard input is named on a command line. */
export const STANDARD_INPUT = '-';
/** What unpacks to more is no log. */
const MAX_BYTES: Bytes = 64 * GiB;

/** Runs `work` on the plain file. Throws a Failure where `path` cannot be read or is no whole gzip. */
export async function withPlainFile<T>(
  path: string,
  work: (path: string) => T | Promise<T>,
  input: Readable = process.stdin,
): Promise<T> {
  const isInput = path === STANDARD_INPUT;
  if (!isInput && !isGzip(readHead(path, 2))) return await work(path);
  const folder = mkdtempSync(join(tmpdir(), 'plumbline-import-'));
  try {
    if (!isInput) return await work(await unpack(path, folder));
    const laid = join(folder, 'standard-input');
    await copy(input, laid, []);
    return await (isGzip(readHead(laid, 2)) ? work(await unpack(laid, folder)) : work(laid));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const isGzip = (head: Uint8Array): boolean => head[0] === 0x1f && head[1] === 0x8b;

/** The plain file beside others in `folder`: by its name without the ending. */
async function unpack(path: string, folder: string): Promise<string> {
  const name = basename(path).replace(/\.gz$/i, '');
  const plain = join(folder, name === basename(path) ? `${name}.plain` : name);
  try {
    await copy(createReadStream(path), plain, [createGunzip()]);
  } catch (error) {
    if (error instanceof Failure || !/^Z_/.test((error as NodeJS.ErrnoException).code ?? ''))
      throw error;
    throw new Failure(
      'bad_input',
      `${basename(path)} is no whole gzip file.`,
      'Copy it again, or unpack it with gunzip and import what comes out.',
      error,
    );
  }
  return plain;
}

async function copy(from: Readable, to: string, through: readonly Transform[]): Promise<void> {
  let bytes = 0;
  const limit = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      bytes += chunk.length;
      if (bytes <= MAX_BYTES) return done(null, chunk);
      done(
        new Failure(
          'bad_input',
          `The file is larger than ${MAX_BYTES / GiB} GiB when it is unpacked.`,
          'Import a part of it.',
        ),
      );
    },
  });
  await pipeline([from, ...through, limit, createWriteStream(to)]);
}
