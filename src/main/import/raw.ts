/** The file an import came from, kept in its session byte for byte, so that what was read wrongly can be read again. */
import { readFileSync, statSync } from 'node:fs';
import { basename, resolve } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { Failure } from '../../shared/base/failure';
import { type Bytes, MiB } from '../../shared/base/units';

/** Larger files are not kept as they came. */
export const RAW_LIMIT: Bytes = 64 * MiB;

/** Compressed, as text, so that it fits the documents of a session. */
export interface Raw {
  readonly file: string;
  readonly bytes: Bytes;
  readonly codec: 'gzip';
  readonly encoding: 'base64';
  readonly data: string;
}

export function readRaw(path: string): Raw | { readonly skipped: string } {
  const { size } = statSync(path);
  if (size > RAW_LIMIT)
    return {
      skipped: `The file is larger than ${RAW_LIMIT / MiB} MiB and was not kept in the session as it came.`,
    };
  return {
    file: basename(resolve(path)),
    bytes: size,
    codec: 'gzip',
    encoding: 'base64',
    data: gzipSync(readFileSync(path)).toString('base64'),
  };
}

/** The bytes as they came. A Failure where a session keeps none, or they do not unpack to what was put in. */
export function rawBytes(
  stored: unknown,
  sessionId: string,
): { readonly file: string; readonly contents: Buffer } {
  if (stored === null || stored === undefined) {
    throw new Failure(
      'bad_input',
      `Session ${sessionId} does not keep the file it came from.`,
      'Import the file again with --keep-raw.',
    );
  }
  const { file, bytes, data } = stored as Partial<Raw>;
  try {
    const contents = gunzipSync(Buffer.from(String(data), 'base64'), {
      maxOutputLength: RAW_LIMIT,
    });
    if (typeof file === 'string' && contents.length === bytes)
      return { file: basename(file), contents };
  } catch {
    // Told below.
  }
  throw new Failure(
    'corrupt',
    `The file kept in session ${sessionId} is damaged.`,
    'Import the original file again.',
  );
}
