/**
 * Recognizes how often a driver renews a counter that is read more often than that. Between two renewals the counter
 * repeats its last value: a repetition is no reading, and storing it would invent samples.
 *
 * The time between two changes is the period, or several where a renewal brought the same value again, each known to
 * within one read. The shorter times tell the period: their mean, which the coarseness of reading does not shift.
 */
import type { Micros } from '../../../shared/base/units';

const REMEMBERED = 64;
/** Changes seen before a period is given. */
const ENOUGH = 12;

export class Refresh {
  readonly #readUs: Micros;
  readonly #nominalUs: Micros;
  readonly #between: number[] = [];
  #value = Number.NaN;
  #changedAt: Micros | null = null;
  #keptAt = Number.NEGATIVE_INFINITY;
  #periodUs: Micros | null = null;

  /** `readUs`: how often it is read; `nominalUs`: how often it is renewed, as far as is known beforehand. */
  constructor(readUs: Micros, nominalUs: Micros) {
    this.#readUs = readUs;
    this.#nominalUs = nominalUs;
  }

  /** As seen so far; null while that is too little, or where every read brings a new value. */
  get periodUs(): Micros | null {
    return this.#periodUs;
  }

  /** Whether this is a reading of its own: a new value, or the same one after a whole period. */
  offer(t: Micros, value: number): boolean {
    const changed = value !== this.#value;
    if (changed) {
      this.#learn(t);
      this.#value = value;
    }
    if (!changed && t - this.#keptAt < (this.#periodUs ?? this.#nominalUs) - this.#readUs / 2)
      return false;
    this.#keptAt = t;
    return true;
  }

  /** After a gap the first value says nothing of when it was renewed. */
  forget(): void {
    this.#value = Number.NaN;
    this.#changedAt = null;
    this.#keptAt = Number.NEGATIVE_INFINITY;
  }

  #learn(t: Micros): void {
    if (this.#changedAt !== null && !Number.isNaN(this.#value)) {
      this.#between.push(t - this.#changedAt);
      if (this.#between.length > REMEMBERED) this.#between.shift();
    }
    // The first value was there for an unknown time.
    this.#changedAt = Number.isNaN(this.#value) ? null : t;
    if (this.#between.length < ENOUGH) return;
    const sorted = [...this.#between].sort((a, b) => a - b);
    const quick = sorted[sorted.length >> 2]!;
    const short = sorted.filter((us) => us <= Math.max(1.6 * quick, quick + this.#readUs));
    const mean = short.reduce((sum, us) => sum + us, 0) / short.length;
    this.#periodUs = mean > 1.5 * this.#readUs ? Math.round(mean) : null;
  }
}
