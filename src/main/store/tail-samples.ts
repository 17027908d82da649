/**
 * What the tail of a file holds of one series, followed as it grows: columns that are added to, and what is known of them
 * as a whole. A look costs what is new.
 */
import { mergeSummaries, type Summary, summarize } from '../../shared/trace/summary';
import type { Samples } from './chunk';

const FIRST_ROOM = 256;

export class TailSamples {
  #times = new Float64Array(FIRST_ROOM);
  #values = new Float64Array(FIRST_ROOM);
  #n = 0;
  #summary: Summary | null = null;

  /** `samples`, of which there is one or more, come after all that were added before. */
  add({ times, values }: Samples): void {
    const end = this.#n + times.length;
    if (end > this.#times.length) this.#makeRoom(end);
    this.#times.set(times, this.#n);
    this.#values.set(values, this.#n);
    this.#n = end;
    const added = summarize(times, values, 0, times.length);
    this.#summary = this.#summary === null ? added : mergeSummaries(this.#summary, added);
  }

  /** As they are by now; what is added later is not among them. */
  get samples(): Samples {
    return {
      times: this.#times.subarray(0, this.#n),
      values: this.#values.subarray(0, this.#n),
    };
  }

  /** Null where nothing was added. */
  get summary(): Summary | null {
    return this.#summary;
  }

  #makeRoom(least: number): void {
    const length = Math.max(least, 2 * this.#times.length);
    const [times, values] = [new Float64Array(length), new Float64Array(length)];
    times.set(this.#times.subarray(0, this.#n));
    values.set(this.#values.subarray(0, this.#n));
    [this.#times, this.#values] = [times, values];
  }
}
