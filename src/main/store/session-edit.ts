/** What may be changed of a recorded session: its name. Never a measurement. */

import { Failure } from '../../shared/base/failure';
import { editDatabase } from './open-database';

const SET_META =
  'INSERT INTO meta VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value';

export function renameSession(path: string, name: string): void {
  const trimmed = name.trim();
  if (trimmed === '')
    throw new Failure(
      'bad_input',
      'A session needs a name.',
      'Give at least one visible character.',
    );
  editDatabase(path, (db) => db.prepare(SET_META).run('name', JSON.stringify(trimmed)));
}
