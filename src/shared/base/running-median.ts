/** The median of values that come one by one: exact at every moment, at the cost of those that are new. */

/** So many are put into their places one by one; more are sorted together. */
const FEW = 32;

export class RunningMedian {
  #sorted = new Float64Array(16);
  #count = 0;
  #waiting: number[] = [];

  get count(): number {
    return this.#count + this.#waiting.length;
  }

  add(value: number): void {
    this.#waiting.push(value);
  }

  /** As if `more` had been added too; of an even number the mean of the two in the middle, NaN of none. */
  median(more: readonly number[] = []): number {
    this.#putInOrder();
    const beside = [...more].sort((a, b) => a - b);
    const n = this.#count + beside.length;
    if (n === 0) return Number.NaN;
    const upper = this.#smallest(n >> 1, beside);
    return n % 2 === 1 ? upper : (this.#smallest((n >> 1) - 1, beside) + upper) / 2;
  }

  #putInOrder(): void {
    const all = this.count;
    if (all > this.#sorted.length) {
      const bigger = new Float64Array(2 * all);
      bigger.set(this.#sorted.subarray(0, this.#count));
      this.#sorted = bigger;
    }
    if (this.#waiting.length > FEW) {
      this.#sorted.set(this.#waiting, this.#count);
      this.#sorted.subarray(0, all).sort();
    } else for (const [i, value] of this.#waiting.entries()) this.#insert(value, this.#count + i);
    this.#count = all;
    this.#waiting = [];
  }

  #insert(value: number, count: number): void {
    let [low, high] = [0, count];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#sorted[middle]! <= value) low = middle + 1;
      else high = middle;
    }
    this.#sorted.copyWithin(low + 1, low, count);
    this.#sorted[low] = value;
  }

  /** The value at place `k` of both in one order. */
  #smallest(k: number, beside: readonly number[]): number {
    for (let taken = 0; ; taken++) {
      const own = k + 1 - taken;
      const [last, next] = [this.#at(own - 1), this.#at(own)];
      const [lastBeside, nextBeside] = [placed(beside, taken - 1), placed(beside, taken)];
      if (last <= nextBeside && lastBeside <= next) return Math.max(last, lastBeside);
    }
  }

  #at(place: number): number {
    return place < this.#count ? placed(this.#sorted, place) : Number.POSITIVE_INFINITY;
  }
}

/** What lies before the first is below everything, and behind the last above. */
function placed(values: ArrayLike<number>, place: number): number {
  if (place < 0) return Number.NEGATIVE_INFINITY;
  return values[place] ?? Number.POSITIVE_INFINITY;
}
