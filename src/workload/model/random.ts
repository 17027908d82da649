/**
 * Seeded random numbers, fast enough for a hundred million weights in about a second. Not for statistics or secrets:
 * a 32-bit xorshift generator, uniform in place of GPT-2's normal distribution with the same standard deviation.
 */

export class Random {
  #state: number;

  constructor(seed: number) {
    // Spreads small seeds over the whole state; a xorshift state must never be 0.
    this.#state = (Math.imul(seed ^ 0x9e3779b9, 0x85ebca6b) ^ 0x2545f491) | 0 || 1;
  }

  /** Uniform integer in [0, bound). */
  integer(bound: number): number {
    return Math.floor(((this.#next() >>> 0) / 4294967296) * bound);
  }

  /** Uniform in [0, 1). */
  fraction(): number {
    return (this.#next() >>> 0) / 4294967296;
  }

  integers(count: number, bound: number): Int32Array {
    return Int32Array.from({ length: count }, () => this.integer(bound));
  }

  /** Uniform values of mean 0 and the given standard deviation: in ±std·√3. */
  uniform(count: number, std: number): Float32Array {
    const values = new Float32Array(count);
    const scale = (std * Math.sqrt(3)) / 2147483648;
    let s = this.#state;
    for (let i = 0; i < count; i++) {
      s ^= s << 13;
      s ^= s >>> 17;
      s ^= s << 5;
      values[i] = s * scale;
    }
    this.#state = s;
    return values;
  }

  #next(): number {
    let s = this.#state;
    s ^= s << 13;
    s ^= s >>> 17;
    s ^= s << 5;
    this.#state = s;
    return s;
  }
}
