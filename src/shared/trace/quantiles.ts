/**
 * A quantile of values that were held for some time each, found by going through them several times: each pass cuts the
 * range in which it lies into parts and keeps one of them. Exact, in memory that does not grow with their number.
 */
import type { Micros } from '../base/units';
import type { Summary } from './summary';

/** Parts that a pass cuts the range into. */
const PARTS = 1024;

export class QuantileSearch {
  /** The quantile, once `narrow` has said so. */
  found = 0;
  readonly #wanted: Micros;
  #low: number;
  #high: number;
  #below = 0;
  readonly #held = new Float64Array(PARTS);
  readonly #least = new Float64Array(PARTS);
  readonly #most = new Float64Array(PARTS);

  constructor(wanted: Micros, range: { readonly lowest: number; readonly highest: number }) {
    this.#wanted = wanted;
    this.#low = range.lowest;
    this.#high = range.highest;
  }

  /** Whether it is the same for the search which of the chunk's values was held how long. */
  canTake({ min, max }: Summary): boolean {
    return min === max || max < this.#low || min > this.#high;
  }

  add(value: number, us: Micros): void {
    if (value > this.#high) return;
    if (value < this.#low) {
      this.#below += us;
      return;
    }
    const width = this.#high / 2 - this.#low / 2;
    const share = width > 0 ? (value / 2 - this.#low / 2) / width : 0;
    const part = Math.min(PARTS - 1, Math.floor(share * PARTS));
    if (this.#held[part] === 0) {
      this.#least[part] = value;
      this.#most[part] = value;
    } else if (value < this.#least[part]!) this.#least[part] = value;
    else if (value > this.#most[part]!) this.#most[part] = value;
    this.#held[part] = this.#held[part]! + us;
  }

  /** After a pass: true when one value is left, else the range is that of the part the quantile lies in. */
  narrow(): boolean {
    let reached = this.#below;
    let part = 0;
    while (part < PARTS - 1 && reached + this.#held[part]! < this.#wanted)
      reached += this.#held[part++]!;
    while (this.#held[part] === 0 && part > 0) part--;
    this.#low = this.#least[part]!;
    this.#high = this.#most[part]!;
    this.found = this.#low;
    this.#below = 0;
    this.#held.fill(0);
    return this.#low === this.#high;
  }
}
