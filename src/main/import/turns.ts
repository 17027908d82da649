/** Rows of a GPU that has lost its name. */
import type { GpuIdentity } from './imported-trace';

/**
 * A GPU that is lost no longer tells its index or uuid, but nvidia-smi goes through the GPUs of each round in one order:
 * a row without a name is of the GPU whose turn it is.
 */
export class Turns {
  readonly #gpus: GpuIdentity[] = [];
  readonly #places = new Map<number | string, number>();
  #last = -1;

  /** `identity`, or that of the GPU whose turn it is where it has no name. */
  assign(identity: GpuIdentity): GpuIdentity {
    const name = identity.index ?? identity.uuid ?? identity.busId;
    if (name === undefined) {
      if (this.#gpus.length === 0) return identity;
      this.#last = (this.#last + 1) % this.#gpus.length;
      return this.#gpus[this.#last]!;
    }
    let place = this.#places.get(name);
    if (place === undefined) {
      place = this.#gpus.push(identity) - 1;
      this.#places.set(name, place);
    }
    this.#last = place;
    return identity;
  }
}
