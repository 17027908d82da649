/** What may be changed of a recorded session: its name, its tags, the note on it, and when it came into this library. Never a measurement, and nothing in a file of an older format. */

import { Failure } from '../../shared/base/failure';
import { checkTags, MAX_NOTE, type SessionWords } from '../../shared/library/words';
import { keepEdit } from './kept-edits';
import { editDatabase, openDatabase } from './open-database';
import { SCHEMA_VERSION } from './schema';
import { ADDED, NOTE, TAGS } from './session-meta';

const SET_META =
  'INSERT INTO meta VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value';

/** The session came into the library now, whenever it started. */
export function markAdded(path: string, now: Date = new Date()): void {
  editMeta(path, { [ADDED]: now.toISOString() });
}

export function renameSession(path: string, name: string): void {
  const trimmed = name.trim();
  if (trimmed === '')
    throw new Failure(
      'bad_input',
      'A session needs a name.',
      'Give at least one visible character.',
    );
  if (isOld(path)) keepEdit(path, { name: trimmed });
  else editMeta(path, { name: trimmed });
}

/** Tags and note as given replace those there were; what is left out stays. Throws `bad_input` for what is no tag. */
export function annotateSession(path: string, { tags, note }: SessionWords): void {
  const words = {
    ...(tags !== undefined && { tags: checkTags(tags) }),
    ...(note !== undefined && { note: note.trim() }),
  };
  if ((words.note?.length ?? 0) > MAX_NOTE)
    throw new Failure(
      'bad_input',
      `A note of ${words.note?.length} characters is too long.`,
      `Keep it within ${MAX_NOTE} characters.`,
    );
  if (isOld(path)) keepEdit(path, words);
  else
    editMeta(path, {
      ...(words.tags && { [TAGS]: words.tags }),
      ...(words.note !== undefined && { [NOTE]: words.note }),
    });
}

function isOld(path: string): boolean {
  const { db, version } = openDatabase(path);
  db.close();
  return version < SCHEMA_VERSION;
}

function editMeta(path: string, documents: Readonly<Record<string, unknown>>): void {
  editDatabase(path, (edited) => {
    const set = edited.prepare(SET_META);
    for (const [key, value] of Object.entries(documents)) set.run(key, JSON.stringify(value));
  });
}
