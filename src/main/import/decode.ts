/**
 * The lines of a text file whatever wrote it: UTF-8 with or without a mark, UTF-16 of either order (what PowerShell
 * makes of `>`), CRLF, and the zero bytes a machine leaves behind that goes down while it writes. Nothing is held but
 * the line at hand.
 */
import { closeSync, openSync, readSync, statSync } from 'node:fs';
import { basename } from 'node:path';
import { Failure } from '../../shared/base/failure';
import type { Bytes } from '../../shared/base/units';
import type { Head, OnBytes } from './protocol';

type Encoding = 'utf-8' | 'utf-16le' | 'utf-16be';

const CHUNK_BYTES = 1 << 20;
const HEAD_BYTES = 256 * 1024;
/** A line past this is no text that nvidia-smi prints. */
const MAX_LINE = 1 << 24;

export interface TextFile {
  readonly path: string;
  readonly encoding: Encoding;
  readonly head: Head;
}

/** Opens a text file. Throws a Failure where there is none, it is empty, a folder, or not text. */
export function openText(path: string): TextFile {
  const name = basename(path);
  const bytes = readHead(path);
  if (bytes.length === 0)
    throw new Failure(
      'bad_input',
      `${name} is empty.`,
      'Give a file that holds output of nvidia-smi.',
    );
  const encoding = detectEncoding(bytes);
  const whole = bytes.length < HEAD_BYTES;
  const text = new TextDecoder(encoding).decode(bytes).replaceAll('\0', '');
  if (text.trim() === '')
    throw new Failure(
      'bad_input',
      `${name} holds no text.`,
      'Give a file that holds output of nvidia-smi.',
    );
  if (isBinary(text))
    throw new Failure(
      'bad_input',
      `${name} is not a text file.`,
      'Give output of nvidia-smi as text, or a .plumbline session file.',
    );
  const lines = splitLines(text);
  if (!whole) lines.pop();
  return {
    path,
    encoding,
    head: {
      fileName: name,
      text,
      lines: lines.map((line) => line.trim()).filter((line) => line !== ''),
    },
  };
}

/** The text of a file piece by piece. Returns how many zero bytes were passed over. */
export function readText(
  { path, encoding }: TextFile,
  onText: (text: string) => void,
  onBytes: OnBytes = () => {},
): number {
  const file = openSync(path, 'r');
  const decoder = new TextDecoder(encoding);
  const buffer = Buffer.alloc(CHUNK_BYTES);
  let zeros = 0;
  const hand = (text: string) => {
    const rest = text.includes('\0') ? text.replaceAll('\0', '') : text;
    zeros += text.length - rest.length;
    onText(rest);
  };
  try {
    let done: Bytes = 0;
    for (let read = readSync(file, buffer); read > 0; read = readSync(file, buffer)) {
      hand(decoder.decode(buffer.subarray(0, read), { stream: true }));
      done += read;
      onBytes(done);
    }
    hand(decoder.decode());
  } finally {
    closeSync(file);
  }
  return zeros;
}

/** Every line in order; `complete` is false for a last one without a newline. Returns how many zero bytes were passed over. */
export function readLines(
  file: TextFile,
  onLine: (text: string, complete: boolean) => void,
  onBytes?: OnBytes,
): number {
  let pending = '';
  const zeros = readText(
    file,
    (text) => {
      const lines = splitLines(pending + text);
      pending = lines.pop() ?? '';
      if (pending.length > MAX_LINE)
        throw new Failure(
          'bad_input',
          `${basename(file.path)} has a line of more than 16 million characters.`,
          'Give output of nvidia-smi as text.',
        );
      for (const line of lines) onLine(line, true);
    },
    onBytes,
  );
  if (pending.endsWith('\r')) onLine(pending.slice(0, -1), true);
  else if (pending !== '') onLine(pending, false);
  return zeros;
}

/** The first bytes of a file; a Failure where it cannot be read or is no file. */
export function readHead(path: string, bytes = HEAD_BYTES): Buffer {
  try {
    if (!statSync(path).isFile())
      throw new Failure(
        'bad_input',
        `${path} is not a file.`,
        'Give a file that holds output of nvidia-smi.',
      );
    const file = openSync(path, 'r');
    try {
      const buffer = Buffer.alloc(bytes);
      return buffer.subarray(0, readSync(file, buffer));
    } finally {
      closeSync(file);
    }
  } catch (error) {
    if (error instanceof Failure) throw error;
    const missing = (error as NodeJS.ErrnoException).code === 'ENOENT';
    throw new Failure(
      'bad_input',
      missing ? `There is no file ${path}.` : `${path} cannot be read.`,
      'Check the path and its permissions.',
      error,
    );
  }
}

/** A return at the very end may be half of a line ending, so it stays where it is. */
const splitLines = (text: string): string[] => text.split(/\r?\n|\r(?!$|\n)/);

function detectEncoding(bytes: Buffer): Encoding {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return 'utf-16le';
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return 'utf-16be';
  // Without a mark: plain text in UTF-16 has a zero in every other byte.
  const pairs = Math.min(bytes.length >> 1, 512);
  let low = 0;
  let high = 0;
  for (let i = 0; i < pairs; i++) {
    if (bytes[2 * i + 1] === 0 && bytes[2 * i] !== 0) low++;
    if (bytes[2 * i] === 0 && bytes[2 * i + 1] !== 0) high++;
  }
  if (pairs > 3 && low > pairs * 0.9) return 'utf-16le';
  if (pairs > 3 && high > pairs * 0.9) return 'utf-16be';
  return 'utf-8';
}

function isBinary(text: string): boolean {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what tells binary from text.
  const strange = text.match(/[\u0001-\u0008\u000e-\u001a\u001c-\u001f\ufffd]/g)?.length ?? 0;
  return strange > 1 && strange > text.length / 200;
}
