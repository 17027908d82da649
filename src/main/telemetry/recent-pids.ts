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

  /** Before the driver is asked: what ends meanwhile counts as well. */
  note(): void {
    this.#see(false);
  }

  /** When the driver has answered: whom it lists may have been started a moment ago, and is no stranger. */
  look(): readonly number[] {
    this.#see(true);
    return [...this.#seenAt.keys()];
  }

  #see(fresh: boolean): void {
    const now = this.#now();
    for (const pid of this.#scope.pids(fresh)) this.#seenAt.set(pid, now);
    for (const [pid, at] of this.#seenAt) if (now - at > LATELY_MS) this.#seenAt.delete(pid);
  }
}
