/**
 * Readings of one line that may be wanted later, in a bounded number: where there are too many, of each pair the higher is
 * kept with its time. No peak is lost, whatever its age.
 */
import type { Bytes, Micros } from '../../../shared/base/units';

export class HeldReadings {
  readonly #most: number;
  #kept: { readonly t: Micros; readonly value: Bytes }[] = [];

  /** `most`: an hour at four a second as they were read, unless told otherwise. */
  constructor(most = 14_400) {
    this.#most = most;
  }

  add(t: Micros, value: Bytes): void {
    if (this.#kept.length >= this.#most) this.#halve();
    this.#kept.push({ t, value });
  }

  /** Times and values in order, held no longer. */
  take(): [Float64Array, Float64Array] {
    const kept = this.#kept;
    this.#kept = [];
    return [Float64Array.from(kept, ({ t }) => t), Float64Array.from(kept, ({ value }) => value)];
  }

  #halve(): void {
    this.#kept = this.#kept.filter(({ value }, i, all) => {
      const beside = all[i ^ 1];
      if (beside === undefined || value > beside.value) return true;
      return value === beside.value && i % 2 === 0;
    });
  }
}
