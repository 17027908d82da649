/** What may be changed of a recorded session: its name, notes and marks, and the engine's summary. Never a measurement. */

import { Failure } from '../../shared/base/failure';
import type { Micros } from '../../shared/base/units';
import type { SessionSummary } from '../../shared/session/types';
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

/** Kept in the file itself, so that a list needs no recomputation. */
export function storeSummary(path: string, summary: SessionSummary): void {
  editDatabase(path, (db) => db.prepare(SET_META).run('summary', JSON.stringify(summary)));
}

/** Adds a note at a moment of the session, or on the whole with t null; returns its id. */
export function addNote(path: string, t: Micros | null, text: string): number {
  let id = 0;
  editDatabase(path, (db) => {
    id = Number(
      db
        .prepare('INSERT INTO note (t, text, created) VALUES (?, ?, ?)')
        .run(t, text, new Date().toISOString()).lastInsertRowid,
    );
  });
  return id;
}

export function removeNote(path: string, id: number): void {
  editDatabase(path, (db) => {
    if (db.prepare('DELETE FROM note WHERE seq = ?').run(id).changes === 0) {
      throw new Failure(
        'not_found',
        `The session has no note ${id}.`,
        'Open the session again to see its notes.',
      );
    }
  });
}
