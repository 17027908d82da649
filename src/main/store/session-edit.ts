/** What may be changed of a recorded session: its name, and when it came into this library. Never a measurement, and nothing in a file of an older format. */

import { Failure } from '../../shared/base/failure';
import { keepName } from './kept-names';
import { editDatabase, openDatabase } from './open-database';
import { SCHEMA_VERSION } from './schema';
import { ADDED } from './session-meta';

const SET_META =
  'INSERT INTO meta VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value';

/** The session came into the library now, whenever it started. */
export function markAdded(path: string, now: Date = new Date()): void {
  editDatabase(path, (edited) =>
    edited.prepare(SET_META).run(ADDED, JSON.stringify(now.toISOString())),
  );
}

export function renameSession(path: string, name: string): void {
  const trimmed = name.trim();
  if (trimmed === '')
    throw new Failure(
      'bad_input',
      'A session needs a name.',
      'Give at least one visible character.',
    );
  const { db, version } = openDatabase(path);
  db.close();
  if (version < SCHEMA_VERSION) keepName(path, trimmed);
  else
    editDatabase(path, (edited) => edited.prepare(SET_META).run('name', JSON.stringify(trimmed)));
}
