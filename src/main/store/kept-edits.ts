/**
 * What a person said of sessions of an older format: names, tags, notes and marked moments. Their files stay as the program that
 * recorded them left them, so these words lie beside them, in the folder of the library.
 */
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { z } from 'zod';
import type { SessionWords } from '../../shared/library/words';
import type { Mark } from '../../shared/session/marks';
import { EXTENSION } from './schema';
import { writing } from './sqlite-failures';

const EDITS_FILE = 'names.json';
const edit = z.object({
  name: z.string().optional(),
  tags: z.array(z.string()).optional(),
  note: z.string().optional(),
  marks: z
    .array(z.object({ id: z.int(), t: z.number(), text: z.string(), createdAt: z.string() }))
    .optional(),
});
/** A bare text is a name: it was all that could be kept once. */
const edits = z.record(z.string(), z.union([z.string().transform((name) => ({ name })), edit]));

export interface KeptEdit extends SessionWords {
  readonly name?: string;
  readonly marks?: readonly Mark[];
}

/** What was said of the session at `path`; empty where nothing was. */
export function keptEdit(path: string): KeptEdit {
  return readEdits(dirname(path))[basename(path, EXTENSION)] ?? {};
}

/** Lays `change` over what is kept; null forgets all of it. Throws a Failure where the folder cannot be written. */
export function keepEdit(path: string, change: KeptEdit | null): void {
  const dir = dirname(path);
  const id = basename(path, EXTENSION);
  const { [id]: before, ...others } = readEdits(dir);
  if (change === null && before === undefined) return;
  const draft = join(dir, `${EDITS_FILE}.${process.pid}.draft`);
  writing(path, () => {
    writeFileSync(
      draft,
      JSON.stringify(change === null ? others : { ...others, [id]: { ...before, ...change } }),
      { mode: 0o600 },
    );
    renameSync(draft, join(dir, EDITS_FILE));
  });
}

function readEdits(dir: string): Readonly<Record<string, KeptEdit>> {
  try {
    return edits.parse(JSON.parse(readFileSync(join(dir, EDITS_FILE), 'utf8')));
  } catch {
    // Nothing was said, or nothing that can be read: the sessions keep the words they were recorded with.
    return {};
  }
}
