/**
 * What was worked out of finished sessions, kept from one process to the next in `.kept` of the library's folder. A result
 * holds for as long as the program and the session's file are the ones it was made with and by; everything else in that
 * folder is thrown away unread. A folder that cannot be written costs nothing but the time to work it out again.
 */
import {
  existsSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { threadId } from 'node:worker_threads';
import { z } from 'zod';
import { type Bytes, MiB } from '../../shared/base/units';
import { makeFolder } from '../install/make-folder';
import { version } from '../install/paths';
import { editedAt } from './kept-edits';
import { EXTENSION } from './schema';

const FOLDER = '.kept';
/** Of each session one or two, some 20 kB and of long ones some MB; the oldest go first. */
const MOST_RESULTS = 2000;
const MOST_BYTES: Bytes = 512 * MiB;

/** A clone keeps its version from one build to the next, so the time of the build counts as well. */
const program = `${version} ${statSync(import.meta.filename).mtimeMs}`;

const document = z.object({ program: z.string(), stamp: z.string(), value: z.unknown() });

/**
 * The result of that name for the session at `path`: the kept one, else what `compute` gives, which is kept where it
 * `isFinal` and the file did not change meanwhile. It must be what JSON can hold.
 */
export function keepResult<T>(
  path: string,
  name: string,
  compute: () => T,
  isFinal: (value: T) => boolean,
): T {
  const stamp = resultStamp(path);
  if (stamp === null) return compute();
  const kept = readKept(path, name, stamp);
  if (kept !== null) return kept.value as T;
  const value = compute();
  if (isFinal(value) && resultStamp(path) === stamp)
    write(pathOfResult(path, name), JSON.stringify({ program, stamp, value }));
  return value;
}

/** Whether `keepResult` would give one that is kept. */
export function isKept(path: string, name: string): boolean {
  const stamp = resultStamp(path);
  return stamp !== null && readKept(path, name, stamp) !== null;
}

/** Null where there is none that still holds. */
function readKept(path: string, name: string, stamp: string): { readonly value: unknown } | null {
  const kept = read(pathOfResult(path, name));
  return kept?.program === program && kept.stamp === stamp ? kept : null;
}

/** To be called when the session is deleted. */
export function dropResults(path: string): void {
  const folder = join(dirname(path), FOLDER);
  for (const file of listFiles(folder))
    if (file.startsWith(fileName(path, ''))) rmSync(join(folder, file), { force: true });
}

const pathOfResult = (path: string, name: string): string =>
  join(dirname(path), FOLDER, fileName(path, name));

const fileName = (path: string, name: string): string =>
  `${basename(path, EXTENSION)}~${encodeURIComponent(name)}`;

/**
 * What the session at `path` is known again by; null where the file can change without its size or time telling: something
 * is written beside it.
 */
export function resultStamp(path: string): string | null {
  const found = statSync(path, { throwIfNoEntry: false });
  if (found === undefined || existsSync(`${path}-wal`)) return null;
  return [found.ino, found.size, found.mtimeMs, editedAt(path)].join(':');
}

function read(file: string): z.infer<typeof document> | null {
  try {
    return document.parse(JSON.parse(readFileSync(file, 'utf8')));
  } catch {
    return null;
  }
}

function write(file: string, text: string): void {
  const folder = dirname(file);
  const draft = join(folder, `.${process.pid}-${threadId}.draft`);
  try {
    makeFolder(folder, 0o700);
    writeFileSync(draft, text, { mode: 0o600 });
    renameSync(draft, file);
    dropOldest(folder);
  } catch {
    // Never the truth, so never an error.
  }
}

function dropOldest(folder: string): void {
  const aged = listFiles(folder).map((file) => ({ file, ...statSync(join(folder, file)) }));
  let bytes = aged.reduce((sum, { size }) => sum + size, 0);
  let count = aged.length;
  if (count <= MOST_RESULTS && bytes <= MOST_BYTES) return;
  for (const { file, size } of aged.sort((a, b) => a.mtimeMs - b.mtimeMs)) {
    // A tenth more than has to go, so that this is not done each time.
    if (count <= 0.9 * MOST_RESULTS && bytes <= 0.9 * MOST_BYTES) return;
    rmSync(join(folder, file), { force: true });
    bytes -= size;
    count--;
  }
}

function listFiles(folder: string): string[] {
  return existsSync(folder) ? readdirSync(folder) : [];
}
