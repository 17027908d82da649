/**
 * A sequence of whole numbers told in two: how many there are, and a number that another sequence shares only by chance
 * (one in four billion). Two programs that walked the same way need not exchange the way.
 */

/** The largest prime below 2^32: products with the factor stay exact in a double. */
const MODULUS = 4_294_967_291;
const FACTOR = 65_599;

export interface Digest {
  readonly count: number;
  readonly digest: number;
}

export class RunningDigest {
  #count = 0;
  #digest = 1;

  /** `value`: a whole number, not negative. */
  add(value: number): void {
    this.#count++;
    this.#digest = (this.#digest * FACTOR + (value % MODULUS)) % MODULUS;
  }

  /** What was added since the last time it was asked; then it starts anew. */
  take(): Digest {
    const taken = { count: this.#count, digest: this.#digest };
    this.#count = 0;
    this.#digest = 1;
    return taken;
  }
}
