/** The file an import came from, kept in its session byte for byte, so that what was read wrongly can be read again. */
import { readFileSync, statSync } from 'node:fs';
import { basename, resolve } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { z } from 'zod';
import { Failure } from '../../shared/base/failure';
import { type Bytes, MiB } from '../../shared/base/units';

/** Larger files are not kept as they came. */
const RAW_LIMIT: Bytes = 64 * MiB;

/** Compressed, as text, so that it fits the documents of a session. */
const rawFile = z.object({
  file: z.string(),
  bytes: z.number(),
  codec: z.literal('gzip'),
  encoding: z.literal('base64'),
  data: z.string(),
});
export type RawFile = z.infer<typeof rawFile>;

/** The file at `path` as a document, or a sentence that says why it is not kept. */
export function packRawFile(path: string): RawFile | { readonly skipped: string } {
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
export function unpackRawFile(
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
  const { data: raw } = rawFile.safeParse(stored);
  const contents = raw === undefined ? null : unzip(raw.data);
  if (raw === undefined || contents === null || contents.length !== raw.bytes)
    throw new Failure(
      'corrupt',
      `The file kept in session ${sessionId} is damaged.`,
      'Import the original file again.',
    );
  return { file: basename(raw.file), contents };
}

function unzip(data: string): Buffer | null {
  try {
    return gunzipSync(Buffer.from(data, 'base64'), { maxOutputLength: RAW_LIMIT });
  } catch {
    return null;
  }
}
