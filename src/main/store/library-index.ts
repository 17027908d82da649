/**
 * The library's index: what a list shows, remembered by each file's size and time of change. It is a convenience, never
 * the truth: whatever is missing, stale or damaged in it is read from the session files again.
 */
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import type { SessionSummary } from '../../shared/session/types';
import { summarySchema } from './session-meta';

const INDEX_FILE = 'index.json';
const INDEX_VERSION = 3;

export interface FileStamp {
  readonly size: number;
  readonly mtimeMs: number;
}

const entry = z.object({ size: z.number(), mtimeMs: z.number(), summary: summarySchema });
type Entry = FileStamp & { readonly summary: SessionSummary };
const document = z.object({
  version: z.literal(INDEX_VERSION),
  entries: z.record(z.string(), entry),
});

export class LibraryIndex {
  readonly #path: string;
  readonly #known: ReadonlyMap<string, Entry>;
  readonly #used = new Map<string, Entry>();

  constructor(dir: string) {
    this.#path = join(dir, INDEX_FILE);
    this.#known = load(this.#path);
  }

  /** What is remembered of a file, provided that it has not changed since. */
  get(file: string, stamp: FileStamp): SessionSummary | null {
    const known = this.#known.get(file);
    if (known === undefined || known.size !== stamp.size || known.mtimeMs !== stamp.mtimeMs)
      return null;
    this.#used.set(file, known);
    return known.summary;
  }

  set(file: string, stamp: FileStamp, summary: SessionSummary): void {
    this.#used.set(file, { size: stamp.size, mtimeMs: stamp.mtimeMs, summary });
  }

  /** Keeps what was used or set since loading. A folder that cannot be written only costs the next list its speed. */
  save(): void {
    const same =
      this.#used.size === this.#known.size &&
      [...this.#used].every(([file, used]) => this.#known.get(file) === used);
    if (same) return;
    const draft = `${this.#path}.${process.pid}.draft`;
    try {
      writeFileSync(
        draft,
        JSON.stringify({ version: INDEX_VERSION, entries: Object.fromEntries(this.#used) }),
        { mode: 0o600 },
      );
      renameSync(draft, this.#path);
    } catch {
      // Never the truth, so never an error.
    }
  }
}

function load(path: string): ReadonlyMap<string, Entry> {
  try {
    const { entries } = document.parse(JSON.parse(readFileSync(path, 'utf8')));
    return new Map(Object.entries(entries));
  } catch {
    return new Map();
  }
}
