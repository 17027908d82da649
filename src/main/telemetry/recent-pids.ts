/**
 * Pids that are, or lately were, the workload's. The driver takes seconds to give back what a process that has ended held,
 * and lists it all the while: it must not be taken for somebody else's.
 */
import type { Millis } from '../../shared/base/units';
import type { ProcessScope } from './sampler';

/** Longer than a driver takes, and short for a pid to be given to another process that uses the device. */
const LATELY_MS: Millis = 60_000;

export class RecentPids {
  readonly #scope: Pick<ProcessScope, 'pids'>;
  readonly #now: () => Millis;
  readonly #seenAt = new Map<number, Millis>();

  constructor(scope: Pick<ProcessScope, 'pids'>, now: () => Millis = () => performance.now()) {
    this.#scope = scope;
    this.#now = now;
  }

  /** To be asked before the driver is asked and after: what ends between counts as well. */
  look(): readonly number[] {
    const now = this.#now();
    for (const pid of this.#scope.pids()) this.#seenAt.set(pid, now);
    for (const [pid, at] of this.#seenAt) if (now - at > LATELY_MS) this.#seenAt.delete(pid);
    return [...this.#seenAt.keys()];
  }
}
