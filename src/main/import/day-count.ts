/**
 * Times of day without a date (and dates without a year) go on past midnight (and New Year). Whatever part of a file
 * tells the time, every stamp of a trace comes through here, in the order of the file.
 */
import type { Micros } from '../../shared/base/units';
import type { Stamp } from './stamps';

const DAY_US: Micros = 86_400_000_000;
/** What a stamp without a date comes round by, and one without a year (the years of such stamps are leap years). */
const ROUNDS_US: readonly Micros[] = [366 * DAY_US, DAY_US];

export class DayCount {
  #comeRoundUs: Micros = 0;
  #lastUs: Micros | null = null;

  /** Microseconds on one axis. A clock that goes back by less than half of what it comes round by was set. */
  place({ us, undated }: Stamp): Micros {
    if (undated !== 'date') return us;
    const backUs = this.#lastUs === null ? 0 : this.#lastUs - us;
    this.#comeRoundUs += ROUNDS_US.find((round) => backUs > round / 2) ?? 0;
    this.#lastUs = us;
    return us + this.#comeRoundUs;
  }
}
