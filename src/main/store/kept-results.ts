/**
 * What was worked out of finished sessions, kept from one process to the next in `.kept` of the library's folder. A result
 * holds for as long as the program and the session's file are the ones it was made with and by; everything else in that
 * folder is thrown away unread. A folder that cannot be written costs nothing but the time to work it out again.
 */
import {
  existsSync,
  mkdirSync,
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
import { version } from '../install/paths';
import { editedAt } from './kept-edits';
import { EXTENSION } from './schema';

const FOLDER = '.kept';
/** Some 20 kB each; the oldest go first. */
const MOST_RESULTS = 2000;

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
  const stamp = readStamp(path);
  if (stamp === null) return compute();
  const file = join(dirname(path), FOLDER, fileName(path, name));
  const kept = read(file);
  if (kept?.program === program && kept.stamp === stamp) return kept.value as T;
  const value = compute();
  if (isFinal(value) && readStamp(path) === stamp)
    write(file, JSON.stringify({ program, stamp, value }));
  return value;
}

/** To be called when the session is deleted. */
export function dropResults(path: string): void {
  const folder = join(dirname(path), FOLDER);
  for (const file of listFiles(folder))
    if (file.startsWith(fileName(path, ''))) rmSync(join(folder, file), { force: true });
}

const fileName = (path: string, name: string): string =>
  `${basename(path, EXTENSION)}~${encodeURIComponent(name)}`;

/** Null where the file can change without its size or time telling: something is written beside it. */
function readStamp(path: string): string | null {
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
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    writeFileSync(draft, text, { mode: 0o600 });
    renameSync(draft, file);
    dropOldest(folder);
  } catch {
    // Never the truth, so never an error.
  }
}

function dropOldest(folder: string): void {
  const files = listFiles(folder);
  if (files.length <= MOST_RESULTS) return;
  const aged = files.map((file) => ({ file, at: statSync(join(folder, file)).mtimeMs }));
  // A tenth more than has to go, so that this is not done each time.
  const surplus = files.length - MOST_RESULTS * 0.9;
  for (const { file } of aged.sort((a, b) => a.at - b.at).slice(0, surplus))
    rmSync(join(folder, file), { force: true });
}

function listFiles(folder: string): string[] {
  return existsSync(folder) ? readdirSync(folder) : [];
}
