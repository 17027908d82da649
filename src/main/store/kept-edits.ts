/**
 * What a person said of sessions of an older format: names, tags, notes and marked moments. Their files stay as the program that
 * recorded them left them, so these words lie beside them, in a folder of the library, a file for each session: two
 * programs that change two sessions at once do not undo each other's change.
 */
import { readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { z } from 'zod';
import type { SessionWords } from '../../shared/library/words';
import type { Mark } from '../../shared/session/marks';
import { makeFolder } from '../install/make-folder';
import { WORDS_FOLDER } from './library-folder';
import { EXTENSION } from './schema';
import { writing } from './sqlite-failures';

const edit = z.object({
  name: z.string().optional(),
  tags: z.array(z.string()).optional(),
  note: z.string().optional(),
  marks: z
    .array(z.object({ id: z.int(), t: z.number(), text: z.string(), createdAt: z.string() }))
    .optional(),
});

export interface KeptEdit extends SessionWords {
  readonly name?: string;
  readonly marks?: readonly Mark[];
}

/** What was said of the session at `path`; empty where nothing was, or nothing that can be read. */
export function keptEdit(path: string): KeptEdit {
  try {
    return edit.parse(JSON.parse(readFileSync(keptAt(path), 'utf8')));
  } catch {
    return {};
  }
}

/** When something was last said of the session at `path`; null where nothing was. */
export const editedAt = (path: string): number | null =>
  statSync(keptAt(path), { throwIfNoEntry: false })?.mtimeMs ?? null;

/** Lays `change` over what is kept; null forgets all of it. Throws a Failure where the folder cannot be written. */
export function keepEdit(path: string, change: KeptEdit | null): void {
  const file = keptAt(path);
  writing(path, () => {
    if (change === null) return rmSync(file, { force: true });
    makeFolder(dirname(file), 0o700);
    const draft = `${file}.${process.pid}.draft`;
    writeFileSync(draft, JSON.stringify({ ...keptEdit(path), ...change }), { mode: 0o600 });
    renameSync(draft, file);
  });
}

const keptAt = (path: string): string =>
  join(dirname(path), WORDS_FOLDER, `${basename(path, EXTENSION)}.json`);
