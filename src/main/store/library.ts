/**
 * The library: the folder where sessions live. Every answer comes from the session files; the index beside them only
 * saves opening those that have not changed. One damaged file never hides the others.
 */
import { randomInt } from 'node:crypto';
import { accessSync, constants, existsSync, readdirSync, statSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { Failure, unlessFailure } from '../../shared/base/failure';
import type { LibrarySettings } from '../../shared/library/settings';
import type { TrashedSession } from '../../shared/library/trashed-session';
import type { SessionWords } from '../../shared/library/words';
import type { Mark, MarkDraft } from '../../shared/session/marks';
import type { SessionSummary } from '../../shared/session/types';
import { makeFolder } from '../install/make-folder';
import { type KeptEdit, keepEdit, keptEdit } from './kept-edits';
import { dropResults } from './kept-results';
import {
  type DamagedFile,
  isSessionFile,
  type LibraryListing,
  type LookedUp,
  lookUp,
  readStamp,
  sortNewestFirst,
} from './library-folder';
import { libraryFolder } from './library-place';
import { readSettings } from './library-settings';
import { openDatabase } from './open-database';
import { EXTENSION } from './schema';
import {
  annotateSession,
  completeSummary,
  markSession,
  openSession,
  renameSession,
  type SessionReader,
  unmarkSession,
} from './session-file';
import { reading, unwritable, writing } from './sqlite-failures';
import { SUMMARY_LIMIT_MS, withinTime } from './time-limit';
import { Trash } from './trash';

/** Opens the library, creating its folder where there is none. Throws a Failure where that cannot be done. */
export function openLibrary(dir: string = libraryFolder()): Library {
  return new Library(resolve(dir));
}

export class Library {
  readonly dir: string;
  readonly #trash: Trash;

  /** Use `openLibrary`. */
  constructor(dir: string) {
    this.dir = dir;
    this.#trash = new Trash(dir, () => this.settings().trashDays);
    try {
      makeFolder(dir, 0o700);
    } catch (error) {
      throw unwritable(dir, (error as Error).message, error);
    }
  }

  /** As they are in the file now. */
  settings(): LibrarySettings {
    return readSettings(this.dir).settings;
  }

  list(): LibraryListing {
    return completeListing(writing(join(this.dir, 'library'), () => lookUp(this.dir)));
  }

  /** What a list shows of the session that `id` names. Throws a Failure where its file cannot be read. */
  summary(id: string): SessionSummary {
    return summarise(this.locate(id));
  }

  /** What a list shows of one session; null where its file cannot be read, or is not there any more. */
  summarize(id: string): SessionSummary | null {
    return unlessFailure(() => summarise(join(this.dir, id + EXTENSION)));
  }

  /** Path of the session whose id is, or uniquely begins or ends with, `id`; `last` is the one added last. */
  locate(id: string): string {
    // Most ask with a whole id, and a library of thousands need not be read for it.
    const whole = join(this.dir, id + EXTENSION);
    if (dirname(whole) === this.dir && isSessionFile(id + EXTENSION) && existsSync(whole))
      return whole;
    const ids = this.#files().map((file) => basename(file, EXTENSION));
    if (id === 'last') return join(this.dir, this.#last() + EXTENSION);
    const found = ids.includes(id)
      ? [id]
      : ids.filter((each) => id !== '' && (each.startsWith(id) || each.endsWith(id)));
    const [only] = found;
    if (only !== undefined && found.length === 1) return join(this.dir, only + EXTENSION);
    const remedy = 'Run "plumbline list" to see the sessions there are.';
    if (found.length === 0) throw new Failure('not_found', `There is no session "${id}".`, remedy);
    const shown = found.slice(0, 5).join(', ') + (found.length > 5 ? ', …' : '');
    throw new Failure(
      'not_found',
      `"${id}" is part of the ids of ${found.length} sessions: ${shown}.`,
      `Give more of the id. ${remedy}`,
    );
  }

  /** The whole id of that session. */
  identify(id: string): string {
    return basename(this.locate(id), EXTENSION);
  }

  open(id: string): SessionReader {
    return openSession(this.locate(id));
  }

  /**
   * Deletes a session into the trash, or for good. What cannot be opened can be deleted too, a folder or a pipe of that
   * name included; one being recorded cannot.
   */
  delete(id: string, isForGood = false): void {
    const path = this.locate(id);
    if (isRecording(path)) {
      throw new Failure(
        'bad_input',
        `Session ${basename(path, EXTENSION)} is still being recorded.`,
        'Stop the recording first.',
      );
    }
    this.#trash.take(path);
    dropResults(path);
    if (isForGood) this.emptyTrash(basename(path, EXTENSION));
    else this.#forget(this.#trash.expire());
  }

  /** What was deleted and can be had back, last deleted first. */
  trash(): readonly TrashedSession[] {
    this.#forget(this.#trash.expire());
    return this.#trash.list().map(({ path, ...file }) => ({
      ...file,
      // What was said of it lies beside its place in the library, where it goes back to.
      name: unlessFailure(
        () => layOver(summariseFile(path), keptEdit(join(this.dir, basename(path)))).name,
      ),
    }));
  }

  /** Takes a session, named by its id or the end of it, out of the trash; returns its id. */
  restore(id: string): string {
    return this.#trash.restore(id);
  }

  /** Deletes for good what is in the trash, or of it one session; returns the ids. */
  emptyTrash(id?: string): readonly string[] {
    const gone = this.#trash.empty(id);
    this.#forget(gone);
    return gone;
  }

  /** A new id that sorts by time (UTC), for example 20261123-1204-x7k2. Throws a Failure where nothing can be written. */
  newId(now: Date = new Date()): string {
    try {
      accessSync(this.dir, constants.W_OK);
    } catch (error) {
      throw unwritable(this.dir, (error as Error).message, error);
    }
    const digits = now.toISOString().replace(/\D/g, '');
    const stamp = `${digits.slice(0, 8)}-${digits.slice(8, 12)}`;
    for (;;) {
      const id = `${stamp}-${Array.from({ length: 4 }, () => LETTERS[randomInt(LETTERS.length)]).join('')}`;
      if (!existsSync(join(this.dir, id + EXTENSION))) return id;
    }
  }

  rename(id: string, name: string): void {
    renameSession(this.locate(id), name);
  }

  /** False where it stays without a summary. Throws a Failure where its file cannot be written. */
  complete(id: string, summary: SessionSummary): boolean {
    return completeSummary(this.locate(id), summary);
  }

  annotate(id: string, words: SessionWords): void {
    annotateSession(this.locate(id), words);
  }

  mark(id: string, draft: MarkDraft): Mark {
    return markSession(this.locate(id), draft);
  }

  unmark(id: string, mark: number): void {
    unmarkSession(this.locate(id), mark);
  }

  #last(): string {
    const [newest] = this.list().sessions;
    if (newest !== undefined) return newest.id;
    throw new Failure(
      'not_found',
      'The library holds no session.',
      'Record one: "plumbline record --bundled gpt2".',
    );
  }

  /** What was kept beside files that are gone for good. */
  #forget(ids: readonly string[]): void {
    for (const id of ids) keepEdit(join(this.dir, id + EXTENSION), null);
  }

  #files(): string[] {
    return this.#names().filter(isSessionFile);
  }

  #names(): string[] {
    return writing(join(this.dir, 'library'), () => readdirSync(this.dir));
  }
}

/** Reads what the index does not know. One damaged file never hides the others. */
export function completeListing(looked: LookedUp): LibraryListing {
  const { dir, index, known, edited, folder } = looked;
  const sessions: SessionSummary[] = [];
  const damaged: DamagedFile[] = [];
  const unread = [...looked.unread];
  for (const one of known) {
    const summary = one.read();
    const { file, size, mtimeMs } = one;
    if (summary !== null) sessions.push(summary);
    else unread.push({ file, path: join(dir, file), stamp: { size, mtimeMs } });
  }
  for (const { file, path, stamp } of unread) {
    try {
      const summary = summariseFile(path);
      const after = readStamp(path);
      // Remembered only if the file did not change while it was read.
      const isSame = after?.mtimeMs === stamp?.mtimeMs && after?.size === stamp?.size;
      if (stamp !== null && isSame && summary.status !== 'recording')
        index.set(file, stamp, summary);
      sessions.push(summary);
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      // Deleted between the listing of the folder and its opening: not damaged, just gone.
      if (error.code !== 'not_found') damaged.push({ path, message: error.message });
    }
  }
  const said = sessions.map((summary) =>
    edited.has(summary.id)
      ? layOver(summary, keptEdit(join(dir, summary.id + EXTENSION)))
      : summary,
  );
  const newest = sortNewestFirst(said);
  index.close(edited.size > 0 ? null : { ...folder, newest });
  return { sessions: newest, damaged };
}

/** Digits and letters without those that are taken for another. */
const LETTERS = '23456789abcdefghjkmnpqrstuvwxyz';

function summarise(path: string): SessionSummary {
  return layOver(summariseFile(path), keptEdit(path));
}

/** What a person said of a session whose file cannot be changed, over what the file says. */
function layOver(summary: SessionSummary, said: KeptEdit): SessionSummary {
  const { tags: ownTags = [], note: ownNote = '', ...rest } = summary;
  const { name = rest.name, tags = ownTags, note = ownNote } = said;
  return { ...rest, name, ...(tags.length > 0 && { tags }), ...(note !== '' && { note }) };
}

/** The stored summary where there is one; what the file itself is sure of always comes from the file. */
function summariseFile(path: string): SessionSummary {
  return withinTime(SUMMARY_LIMIT_MS, () => readSummary(path));
}

function readSummary(path: string): SessionSummary {
  const { db, meta, result } = openDatabase(path);
  try {
    return reading(path, () => {
      const { name, startedAt, model, run, simulated } = meta.header();
      const { tags = [], note = '' } = meta.words();
      const addedAt = meta.addedAt() ?? startedAt ?? statSync(path).mtime.toISOString();
      return {
        model: model?.name ?? null,
        mode: run?.mode ?? null,
        measuredPeak: null,
        predictedPeak: null,
        residualPercent: null,
        ...meta.summary(),
        id: basename(path, EXTENSION),
        name,
        startedAt,
        status: result.status,
        durationUs: result.durationUs,
        simulated,
        ...(addedAt !== startedAt && { addedAt }),
        ...(tags.length > 0 && { tags }),
        ...(note !== '' && { note }),
      };
    });
  } finally {
    db.close();
  }
}

function isRecording(path: string): boolean {
  return (
    unlessFailure(() =>
      withinTime(SUMMARY_LIMIT_MS, () => {
        const { db, result } = openDatabase(path);
        db.close();
        return result.status === 'recording';
      }),
    ) ?? false
  );
}
