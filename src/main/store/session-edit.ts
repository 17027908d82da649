/** What may be changed of a recorded session: its name, its tags, the note on it, the moments marked in it, and when it came into this library. Never a measurement, and nothing in a file of an older format. */

import { Failure } from '../../shared/base/failure';
import { checkTags, MAX_NOTE, type SessionWords } from '../../shared/library/words';
import { checkMark, MAX_MARKS, type Mark, type MarkDraft } from '../../shared/session/marks';
import type { SessionSummary } from '../../shared/session/types';
import { keepEdit } from './kept-edits';
import { editDatabase, openDatabase } from './open-database';
import { sealed } from './row-checks';
import { SCHEMA_VERSION } from './schema';
import { ADDED, marksAmong, NOTE, type Note, SUMMARY, storeDocument, TAGS } from './session-meta';
import { openSession } from './session-reader';

/** The session came into the library now, whenever it started. */
export function markAdded(path: string, now: Date = new Date()): void {
  editMeta(path, { [ADDED]: now.toISOString() });
}

/** What lists show of the session, where its recorder did not come to write it. False where it stays without. */
export function completeSummary(path: string, summary: SessionSummary): boolean {
  if (isOld(path)) return false;
  editMeta(path, { [SUMMARY]: summary });
  return true;
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

/** Sets a mark, or puts it in place of the one with its id; returns it as it is kept. */
export function markSession(path: string, draft: MarkDraft, now: Date = new Date()): Mark {
  const { id, ...words } = checkMark(draft);
  const kept = editMarks(path, (marks, free) => {
    const old = marks.find((mark) => mark.id === id);
    if (old === undefined && marks.length >= MAX_MARKS)
      throw new Failure(
        'bad_input',
        `A session keeps at most ${MAX_MARKS} marks.`,
        'Remove some of them first.',
      );
    const mark = { id: id ?? free, ...words, createdAt: old?.createdAt ?? now.toISOString() };
    return [...marks.filter((each) => each !== old), mark];
  });
  return kept[kept.length - 1]!;
}

/** A mark that is not there is no failure: somebody else removed it. */
export function unmarkSession(path: string, id: number): void {
  editMarks(path, (marks) => marks.filter((mark) => mark.id !== id));
}

/** In place of all there are. */
export function replaceMarks(path: string, marks: readonly Mark[]): void {
  editMarks(path, () => marks);
}

type ChangeMarks = (marks: readonly Mark[], free: number) => readonly Mark[];

/**
 * `free` is an id that no note has: those on the whole session share the table, and stay as they are. Of a session of an
 * older format all marks lie beside its file once one was changed. Returns the marks as they are now.
 */
function editMarks(path: string, change: ChangeMarks): readonly Mark[] {
  if (isOld(path)) {
    using reader = openSession(path);
    const before = reader.marks();
    const marks = change(before, freeId([...before, ...reader.notes()]));
    keepEdit(path, { marks });
    return marks;
  }
  return editDatabase(path, (edited) => {
    const notes = edited
      .prepare<[], Note>('SELECT seq AS id, t, text, created AS createdAt FROM note')
      .all();
    const after = change(marksAmong(notes), freeId(notes));
    edited.prepare('DELETE FROM note WHERE t IS NOT NULL').run();
    const put = edited.prepare('INSERT INTO note VALUES (?, ?, ?, ?, ?)');
    for (const { id, t, text, createdAt } of after) put.run(...sealed(id, t, text, createdAt));
    return after;
  });
}

const freeId = (notes: readonly Pick<Note, 'id'>[]): number =>
  notes.reduce((highest, { id }) => Math.max(highest, id), 0) + 1;

function isOld(path: string): boolean {
  const { db, version } = openDatabase(path);
  db.close();
  return version < SCHEMA_VERSION;
}

function editMeta(path: string, documents: Readonly<Record<string, unknown>>): void {
  editDatabase(path, (edited) => {
    for (const [key, value] of Object.entries(documents)) storeDocument(edited, key, value);
  });
}
