/**
 * How the recording thread steers a sampling thread: it asks it to end, and says how often readings are to be handed
 * over. Both lie in shared memory, since a thread that sleeps or waits in the driver takes no messages.
 */
import type { Millis } from '../../../shared/base/units';

/** Words of the shared memory. */
export const STOP = 0;
const DELIVERY = 1;

/**
 * How long readings wait on a sampling thread: with what the store waits, a killed recorder loses less than a second.
 * Each delivery wakes the recording thread, which costs more than all that it then does.
 */
const UNWATCHED_MS: Millis = 800;
/** The same while somebody looks at the trace as it grows. */
const WATCHED_MS: Millis = 250;

export class ThreadControl {
  readonly shared = new SharedArrayBuffer(8);
  readonly #words = new Int32Array(this.shared);

  constructor() {
    this.setWatched(false);
  }

  setWatched(isWatched: boolean): void {
    Atomics.store(this.#words, DELIVERY, isWatched ? WATCHED_MS : UNWATCHED_MS);
  }

  /** Ends the thread's sleep too. */
  stop(): void {
    Atomics.store(this.#words, STOP, 1);
    Atomics.notify(this.#words, STOP);
  }
}

export const isStopped = (words: Int32Array): boolean => Atomics.load(words, STOP) !== 0;
/** A plain read: when a new pace is seen does not matter. */
export const deliveryMs = (words: Int32Array): Millis => words[DELIVERY]!;
