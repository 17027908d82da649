/**
 * What can be taken back: changes of the view and edits alike, the last first. A change that is made anew forgets what
 * had been taken back before it.
 */
import { createStore, type Store } from './store';

export interface Change {
  /** What was done, after the word "Undo": "zoom", "rename". */
  readonly label: string;
  undo(): void | Promise<void>;
  redo(): void | Promise<void>;
}

/** Older changes than these are forgotten. */
const KEPT = 100;

export class Changes {
  #past: readonly Change[] = [];
  #future: readonly Change[] = [];
  #turn: Promise<void> = Promise.resolve();
  readonly #unnoted = new Set<() => void>();
  /** What the next undo and the next redo would do. */
  readonly next: Store<{ readonly undo: string | null; readonly redo: string | null }> =
    createStore<{
      readonly undo: string | null;
      readonly redo: string | null;
    }>({ undo: null, redo: null });

  /** `note` is called before anything is taken back, to note a change that was made and waits to be noted. Returns how to leave. */
  beforeUndo(note: () => void): () => void {
    this.#unnoted.add(note);
    return () => this.#unnoted.delete(note);
  }

  /** Notes a change that has been made. */
  note(change: Change): void {
    this.#past = [...this.#past, change].slice(-KEPT);
    this.#future = [];
    this.#tell();
  }

  /**
   * Makes a change in its turn and notes it, as `describe` tells it (null: nothing was changed): what is taken back while
   * it is on its way waits for it.
   */
  make<T>(work: () => Promise<T>, describe: (done: T) => Change | null): Promise<T> {
    return this.#inTurn(async () => {
      const done = await work();
      const change = describe(done);
      if (change !== null) this.note(change);
      return done;
    });
  }

  /** The last change as if it had always ended as this one does: a zoom that goes on is one change. */
  extend(change: Change): void {
    const last = this.#past.at(-1);
    this.#past = this.#past.slice(0, -1);
    this.note(last === undefined ? change : { ...change, undo: last.undo });
  }

  /** What could not be taken back stays done. */
  undo(): Promise<void> {
    return this.#inTurn(async () => {
      for (const note of [...this.#unnoted]) note();
      const change = this.#past.at(-1);
      if (change === undefined) return;
      await change.undo();
      this.#past = this.#past.filter((each) => each !== change);
      this.#future = [change, ...this.#future];
      this.#tell();
    });
  }

  redo(): Promise<void> {
    return this.#inTurn(async () => {
      for (const note of [...this.#unnoted]) note();
      const [change] = this.#future;
      if (change === undefined) return;
      await change.redo();
      this.#future = this.#future.filter((each) => each !== change);
      this.#past = [...this.#past, change];
      this.#tell();
    });
  }

  /** A key pressed twice takes back two changes, however long the first takes. */
  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#turn.then(work);
    this.#turn = done.then(
      () => {},
      () => {},
    );
    return done;
  }

  #tell(): void {
    this.next.set({
      undo: this.#past.at(-1)?.label ?? null,
      redo: this.#future[0]?.label ?? null,
    });
  }
}

/** One for the window: Ctrl-Z takes back what was done last, wherever it was done. */
export const changes = new Changes();
