/**
 * What listeners hear of the library: what this engine does to it and, for as long as anyone listens, what other
 * processes record, import or delete there.
 */
import type { EngineEvent } from '../../shared/contract/api';
import type { Library } from '../store/library';
import { type LibraryChanges, watchLibrary } from '../store/library-watch';

type Listener = (event: EngineEvent) => void;

export class EngineEvents {
  readonly #library: Library;
  readonly #isRecordedHere: (id: string) => boolean;
  readonly #listeners = new Set<Listener>();
  #watch: { close(): void } | null = null;

  /** `isRecordedHere`: sessions whose growth this engine reports itself. */
  constructor(library: Library, isRecordedHere: (id: string) => boolean) {
    this.#library = library;
    this.#isRecordedHere = isRecordedHere;
  }

  emit(event: EngineEvent): void {
    for (const listener of this.#listeners) listener(event);
  }

  /** Sessions came, went, ended or have another name. */
  libraryChanged(): void {
    this.emit({ type: 'library' });
  }

  /** Hands on what changed the library, once it is there, and says so to the listeners. */
  async announce<T>(change: T | Promise<T>): Promise<T> {
    const made = await change;
    this.libraryChanged();
    return made;
  }

  /** What it returns ends the listening. */
  on(listener: Listener): () => void {
    this.#listeners.add(listener);
    this.#watch ??= watchLibrary(this.#library.dir, (changes) => this.#othersChanged(changes));
    return () => {
      this.#listeners.delete(listener);
      if (this.#listeners.size === 0) this.close();
    };
  }

  /** Other processes are no longer followed. */
  close(): void {
    this.#watch?.close();
    this.#watch = null;
  }

  #othersChanged({ listing, grown }: LibraryChanges): void {
    if (listing) this.libraryChanged();
    for (const id of grown) {
      const summary = this.#isRecordedHere(id) ? null : this.#library.summarize(id);
      if (summary === null) continue;
      const { durationUs, status } = summary;
      this.emit({ type: 'session', id, durationUs, status });
    }
  }
}
