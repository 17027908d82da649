/**
 * Which of the driver's stamps are new. It stamps with the time of day, and is asked for what it stamped after the newest
 * that is known. Where the clock is set back everything that it stamps from then on is older than that, and would be
 * passed over until the same time comes again: so it is asked from the new time on, and what it keeps of the old one,
 * which now lies ahead, is known by its stamps and left out.
 */
import type { Millis } from '../../../shared/base/units';

/** The driver stamps with the time of day; a stamp that lies further off is of some other clock. */
export const ASTRAY_US = 60_000_000n;
/** A clock that is drawn towards the right time is not set. */
const STEP_US = 1_000_000n;
export interface Clocks {
  /** The clock of day. */
  wall(): Millis;
  /** One that is never set. */
  steady(): Millis;
}

export class DriverStamps {
  readonly #clocks: Clocks;
  #newest = 0n;
  #ahead: Millis;
  /** Stamps of the time before the clock was set back, as far as they lie ahead. */
  #old: ReadonlySet<bigint> = new Set();
  /** The clock was set back since the last question: what lies ahead now is old. */
  #gathered: Set<bigint> | null = null;

  constructor(clocks: Clocks = { wall: Date.now, steady: () => performance.now() }) {
    this.#clocks = clocks;
    this.#ahead = clocks.wall() - clocks.steady();
  }

  /** The time of day in microseconds since 1970. */
  get now(): bigint {
    return BigInt(Math.round(this.#clocks.wall() * 1000));
  }

  /** The stamp to ask from. */
  get since(): bigint {
    return this.#newest;
  }

  /** To be called before each question. */
  look(): void {
    if (this.#gathered !== null) this.#old = this.#gathered;
    this.#gathered = null;
    const ahead = this.#clocks.wall() - this.#clocks.steady();
    const step = BigInt(Math.round((ahead - this.#ahead) * 1000));
    this.#ahead = ahead;
    const before = this.now - step;
    const isOfDay = before - this.#newest < ASTRAY_US && this.#newest - before < ASTRAY_US;
    if (step > -STEP_US || !isOfDay) return;
    this.#newest = this.now;
    this.#gathered = new Set();
  }

  isNew(stamp: bigint): boolean {
    if (stamp <= this.#newest || this.#old.has(stamp)) return false;
    this.#gathered?.add(stamp);
    return this.#gathered === null;
  }

  /** What is not newer from then on is known. */
  take(stamp: bigint): void {
    if (stamp > this.#newest) this.#newest = stamp;
  }
}
