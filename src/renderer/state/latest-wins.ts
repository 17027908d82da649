/**
 * A question that is asked again and again. Latest wins: at most one call is in flight, and of those that queue behind
 * it only the newest is made; an answer to a question that is no longer asked is passed over. Knows nothing of React.
 */

export type Settled<T> =
  | { readonly key: string; readonly data: T }
  | { readonly key: string; readonly error: unknown };

export class LatestWins<T> {
  readonly #onSettled: (settled: Settled<T>) => void;
  #key: string;
  #ask: () => Promise<T>;
  #isBusy = false;
  #again = false;
  #isStopped = false;

  constructor(key: string, ask: () => Promise<T>, onSettled: (settled: Settled<T>) => void) {
    this.#key = key;
    this.#ask = ask;
    this.#onSettled = onSettled;
  }

  /** What is asked from now on. Answers to another key are passed over. */
  change(key: string, ask: () => Promise<T>): void {
    this.#key = key;
    this.#ask = ask;
  }

  /** Asks, or asks once more when the call in flight is back. */
  async run(): Promise<void> {
    this.#isStopped = false;
    if (this.#isBusy) {
      this.#again = true;
      return;
    }
    this.#isBusy = true;
    do {
      this.#again = false;
      const settled = await settle(this.#key, this.#ask);
      if (!this.#isStopped && this.#key === settled.key) this.#onSettled(settled);
    } while (this.#again && !this.#isStopped);
    this.#isBusy = false;
  }

  /** Nothing is told any more, until `run`. */
  stop(): void {
    this.#isStopped = true;
  }
}

async function settle<T>(key: string, ask: () => Promise<T>): Promise<Settled<T>> {
  try {
    return { key, data: await ask() };
  } catch (error) {
    return { key, error };
  }
}
