/**
 * Sessions read from their files; the last few stay in memory, and their files open, since a window asks for one session
 * many times over. A file that changed is read again; one that is being recorded is followed.
 */
import { statSync } from 'node:fs';
import { unlessFailure } from '../../shared/base/failure';
import type { Micros } from '../../shared/base/units';
import type { RowCounts } from '../../shared/session/session-document';
import type { SessionData } from '../../shared/session/types';
import type { Marker, PhaseSpan } from '../../shared/trace/types';
import { checkIsFile } from '../store/connection';
import type { Library } from '../store/library';
import { readSession } from '../store/session-data';
import { openSession, type SessionReader, type Span } from '../store/session-file';
import { FollowedSession, followNotes } from './followed-session';

const MAX_SESSIONS = 8;

interface Known {
  readonly reader: SessionReader;
  readonly stamp: string;
  readonly data: SessionData;
  readonly followed: FollowedSession | null;
  readonly notes: ReturnType<typeof followNotes>;
}

export class SessionCache {
  readonly #library: Library;
  readonly #sessions = new Map<string, Known>();

  constructor(library: Library) {
    this.#library = library;
  }

  /** The session whose id is, or uniquely begins with, `id`. Throws a Failure where it cannot be read. */
  load(id: string): SessionData {
    return this.#look(id).data;
  }

  /** How many rows there are, without a look at any. */
  totals(id: string): RowCounts {
    return this.#look(id).reader.rows.totals();
  }

  /** What the workload noted, without a look at its other markers. In order of arrival. */
  notes(id: string): readonly Marker[] {
    const { followed, notes } = this.#look(id);
    return followed?.notes() ?? notes.upTo(Number.POSITIVE_INFINITY);
  }

  /** Announced phases that touch the span and take at least so long; null where none is stored, as while recording. */
  longPhases(id: string, span: Span, least: Micros): readonly PhaseSpan[] | null {
    const {
      followed,
      reader: { rows },
    } = this.#look(id);
    if (followed !== null || rows.longestPhase() === 0) return null;
    if (rows.longestPhase() < least) return [];
    const found = [...rows.all((query) => rows.phasesIn(span, query, least))];
    // What is lost of them the markers still tell.
    return rows.arePhasesWhole ? found : null;
  }

  /** What is asked within is of one moment of that session, and costs one look at what is new. */
  atOnce<T>(id: string, ask: (data: SessionData) => T): T {
    const { reader, data } = this.#look(id);
    return reader.atOnce(() => ask(data));
  }

  /** Forgets what was read, and closes the files. */
  clear(): void {
    for (const path of [...this.#sessions.keys()]) this.#drop(path);
  }

  #look(id: string): Known {
    const path = this.#library.locate(id);
    checkIsFile(path);
    const { mtimeMs, size, ino } = statSync(path);
    const stamp = `${ino}:${mtimeMs}:${size}`;
    const known = this.#sessions.get(path);
    if (known !== undefined) {
      const data = known.followed?.read() ?? known.data;
      const isCurrent = known.followed
        ? data.status === 'recording' && known.stamp.startsWith(`${ino}:`)
        : known.stamp === stamp;
      if (isCurrent) return this.#keep(path, { ...known, data });
      this.#drop(path);
    }
    const reader = openSession(path);
    try {
      const followed = reader.result.status === 'recording' ? new FollowedSession(reader) : null;
      const data = followed?.read() ?? readSession(reader);
      return this.#keep(path, { reader, stamp, data, followed, notes: followNotes(reader) });
    } catch (error) {
      reader.close();
      throw error;
    }
  }

  #keep(path: string, known: Known): Known {
    this.#sessions.delete(path);
    this.#sessions.set(path, known);
    for (const oldest of this.#sessions.keys()) {
      if (this.#sessions.size <= MAX_SESSIONS) break;
      this.#drop(oldest);
    }
    return known;
  }

  #drop(path: string): void {
    const known = this.#sessions.get(path);
    this.#sessions.delete(path);
    // One that ended meanwhile is closed as an ended one: what its recorder could not tidy, its last reader does.
    unlessFailure(() => known?.followed?.reader.refresh());
    known?.reader.close();
  }
}
