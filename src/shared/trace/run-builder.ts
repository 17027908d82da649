/** Puts samples and runs of samples together, as they come in order of time, into runs of `size` samples or a little more. */
import type { Micros } from '../base/units';
import type { Groups } from './levels';
import type { SampleRun } from './sample-source';

export class RunBuilder {
  readonly #size: number;
  readonly #runs: SampleRun[] = [];
  #t0: Micros = 0;
  #t1: Micros = 0;
  #count = 0;
  #low = Number.POSITIVE_INFINITY;
  #high = Number.NEGATIVE_INFINITY;

  constructor(size: number) {
    this.#size = size;
  }

  groups({ t0, t1, count, min, max }: Groups, from: number, to: number): void {
    for (let i = from; i < to; i++) this.#add(t0[i]!, t1[i]!, count[i]!, min[i]!, max[i]!);
  }

  samples(times: Float64Array, values: Float64Array, from: number, to: number): void {
    for (let i = from; i < to; i++) this.#add(times[i]!, times[i]!, 1, values[i]!, values[i]!);
  }

  finish(): SampleRun[] {
    this.#end();
    return this.#runs;
  }

  #add(t0: Micros, t1: Micros, count: number, low: number, high: number): void {
    if (this.#count === 0) this.#t0 = t0;
    this.#t1 = t1;
    this.#count += count;
    this.#low = Math.min(this.#low, low);
    this.#high = Math.max(this.#high, high);
    if (this.#count >= this.#size) this.#end();
  }

  #end(): void {
    if (this.#count === 0) return;
    this.#runs.push({
      t0: this.#t0,
      t1: this.#t1,
      count: this.#count,
      low: this.#low,
      high: this.#high,
    });
    this.#count = 0;
    this.#low = Number.POSITIVE_INFINITY;
    this.#high = Number.NEGATIVE_INFINITY;
  }
}
