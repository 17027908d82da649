/**
 * Whether the machine's clock of day is set while something is recorded, or the machine sleeps. A session's times are of
 * the monotonic clock, which neither moves: they go on as if nothing had happened, and only what a person reads off the
 * clock on the wall no longer fits. So it is told.
 */
import { formatDuration } from '../../shared/base/format';
import type { Micros, Millis } from '../../shared/base/units';

/** A clock that is drawn towards the right time is not set; neither is one looked at a moment late. */
const STEP_MS: Millis = 2000;

export interface Clocks {
  /** The clock of day, in milliseconds. */
  wall(): Millis;
  /** The session's own. */
  session(): Micros;
}

export class ClockWatch {
  readonly #clocks: Clocks;
  #ahead: Millis;

  constructor(clocks: Clocks) {
    this.#clocks = clocks;
    this.#ahead = this.#difference();
  }

  /** To be called about once a second. A sentence where the clock was set since the last call, else null. */
  check(): string | null {
    const ahead = this.#difference();
    const step = ahead - this.#ahead;
    this.#ahead = ahead;
    if (Math.abs(step) < STEP_MS) return null;
    const by = formatDuration(Math.abs(step) * 1000);
    const what =
      step > 0
        ? `jumped ahead by ${by}: it was set, or the machine slept`
        : `was set back by ${by}`;
    return `The clock of this machine ${what}, ${formatDuration(this.#clocks.session())} into the recording. Times of the session are counted from its start and leave the jump out.`;
  }

  #difference(): Millis {
    return this.#clocks.wall() - this.#clocks.session() / 1000;
  }
}
