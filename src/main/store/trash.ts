/**
 * Sessions that were deleted, kept for some days so that a slip can be undone. They lie in a folder of the library, in
 * one folder a day: when a session was deleted is where it lies, and nothing in its file is touched.
 */
import { existsSync, lstatSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { Failure } from '../../shared/base/failure';
import type { Bytes } from '../../shared/base/units';
import { makeFolder } from '../install/make-folder';
import { EXTENSION } from './schema';
import { writing } from './sqlite-failures';

const FOLDER = 'trash';
const DAY_MS = 86_400_000;
/** The file itself goes last, so that what is half moved still has its log beside it. */
const ENDINGS = ['-wal', '-shm', '-journal', ''] as const;

export interface TrashedFile {
  readonly id: string;
  readonly path: string;
  /** ISO 8601, a day. */
  readonly deletedOn: string;
  readonly bytes: Bytes;
}

export class Trash {
  readonly #dir: string;

  readonly #keptDays: () => number;

  /** `library`: the folder that it is a part of. `keptDays`: for how many days what is deleted can be had back. */
  constructor(library: string, keptDays: () => number) {
    this.#dir = join(library, FOLDER);
    this.#keptDays = keptDays;
  }

  /** Takes the session's files out of the library. */
  take(path: string, now: Date = new Date()): void {
    const day = join(this.#dir, now.toISOString().slice(0, 10));
    writing(path, () => {
      makeFolder(day, 0o700);
      move(path, join(day, basename(path)));
    });
  }

  /** Last deleted first. */
  list(): readonly TrashedFile[] {
    return this.#days()
      .sort()
      .reverse()
      .flatMap((deletedOn) =>
        readdirSync(join(this.#dir, deletedOn))
          .filter((name) => name.endsWith(EXTENSION))
          .sort()
          .reverse()
          .map((name) => {
            const path = join(this.#dir, deletedOn, name);
            return { id: basename(name, EXTENSION), path, deletedOn, bytes: sizeOf(path) };
          }),
      );
  }

  /** Puts a session back where it was. Throws a Failure where it is not in the trash, or its place is taken. */
  restore(id: string): string {
    const found = this.#find(id);
    const place = join(dirname(this.#dir), found.id + EXTENSION);
    if (isThere(place))
      throw new Failure(
        'bad_input',
        `The library holds a session ${found.id} already.`,
        'Delete that one first.',
      );
    writing(place, () => move(found.path, place));
    return found.id;
  }

  /** Deletes for good; without an id, all there is. */
  empty(id?: string): readonly string[] {
    const gone = id === undefined ? this.list() : [this.#find(id)];
    for (const { path } of gone) remove(path);
    return gone.map((each) => each.id);
  }

  /** Deletes for good what has lain here long enough; returns the ids. */
  expire(now: Date = new Date()): readonly string[] {
    const before = new Date(now.getTime() - this.#keptDays() * DAY_MS).toISOString().slice(0, 10);
    const gone: string[] = [];
    for (const day of this.#days()) {
      if (day >= before) continue;
      const names = readdirSync(join(this.#dir, day));
      gone.push(...names.filter((name) => name.endsWith(EXTENSION)));
      writing(this.#dir, () => rmSync(join(this.#dir, day), { recursive: true, force: true }));
    }
    return gone.map((name) => basename(name, EXTENSION));
  }

  #find(id: string): TrashedFile {
    const all = this.list();
    const found = all.filter((each) => each.id === id);
    const alike = found.length > 0 ? found : all.filter((each) => each.id.endsWith(id));
    const [only] = alike;
    if (only !== undefined && alike.length === 1) return only;
    throw new Failure(
      'not_found',
      alike.length === 0
        ? `There is no session "${id}" in the trash.`
        : `"${id}" is the end of ${alike.length} sessions in the trash.`,
      'Run "plumbline restore" to see what is there.',
    );
  }

  #days(): string[] {
    if (!existsSync(this.#dir)) return [];
    return readdirSync(this.#dir).filter((name) => /^\d{4}-\d\d-\d\d$/.test(name));
  }
}

function move(from: string, to: string): void {
  remove(to);
  for (const ending of ENDINGS) if (isThere(from + ending)) renameSync(from + ending, to + ending);
}

/** A link counts as itself, wherever it leads. */
const isThere = (path: string): boolean => lstatSync(path, { throwIfNoEntry: false }) !== undefined;

function remove(path: string): void {
  writing(path, () => {
    for (const ending of ENDINGS) rmSync(path + ending, { force: true, recursive: true });
  });
}

const sizeOf = (path: string): Bytes => lstatSync(path, { throwIfNoEntry: false })?.size ?? 0;
