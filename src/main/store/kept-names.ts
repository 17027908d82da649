/**
 * Names that a person gave to sessions of an older format. Their files stay as the program that recorded them left
 * them, so the names lie beside them, in the folder of the library.
 */
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { z } from 'zod';
import { EXTENSION } from './schema';
import { writing } from './sqlite-failures';

const NAMES_FILE = 'names.json';
const names = z.record(z.string(), z.string());

/** The name given to the session at `path`; null where none was. */
export function keptName(path: string): string | null {
  return readNames(dirname(path))[basename(path, EXTENSION)] ?? null;
}

/** Null takes the name away again. Throws a Failure where the folder cannot be written. */
export function keepName(path: string, name: string | null): void {
  const dir = dirname(path);
  const id = basename(path, EXTENSION);
  const { [id]: before, ...others } = readNames(dir);
  if ((before ?? null) === name) return;
  const draft = join(dir, `${NAMES_FILE}.${process.pid}.draft`);
  writing(path, () => {
    writeFileSync(draft, JSON.stringify(name === null ? others : { ...others, [id]: name }), {
      mode: 0o600,
    });
    renameSync(draft, join(dir, NAMES_FILE));
  });
}

function readNames(dir: string): Readonly<Record<string, string>> {
  try {
    return names.parse(JSON.parse(readFileSync(join(dir, NAMES_FILE), 'utf8')));
  } catch {
    // No names, or none that can be read: the sessions keep those they were recorded with.
    return {};
  }
}
