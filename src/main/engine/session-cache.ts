/**
 * Sessions read from their files; the last few stay in memory, since a window asks for one session many times over.
 * A file that changed is read again, and one that is still being recorded every time: its newest samples lie in the
 * log beside it, which changes neither its size nor its time.
 */
import { statSync } from 'node:fs';
import type { SessionData } from '../../shared/session/types';
import type { Library } from '../store/library';
import { readSession } from '../store/session-data';
import { openSession } from '../store/session-file';

const MAX_SESSIONS = 8;

export class SessionCache {
  readonly #library: Library;
  readonly #sessions = new Map<string, { readonly stamp: string; readonly data: SessionData }>();

  constructor(library: Library) {
    this.#library = library;
  }

  /** The session whose id is, or uniquely begins with, `id`. Throws a Failure where it cannot be read. */
  load(id: string): SessionData {
    const path = this.#library.locate(id);
    const { mtimeMs, size } = statSync(path);
    const stamp = `${mtimeMs}:${size}`;
    const hit = this.#sessions.get(path);
    if (hit?.stamp === stamp && hit.data.status !== 'recording') return hit.data;
    using reader = openSession(path);
    const data = readSession(reader);
    this.#keep(path, stamp, data);
    return data;
  }

  clear(): void {
    this.#sessions.clear();
  }

  #keep(path: string, stamp: string, data: SessionData): void {
    this.#sessions.delete(path);
    this.#sessions.set(path, { stamp, data });
    for (const oldest of this.#sessions.keys()) {
      if (this.#sessions.size <= MAX_SESSIONS) break;
      this.#sessions.delete(oldest);
    }
  }
}
