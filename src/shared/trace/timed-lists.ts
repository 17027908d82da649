/** Markers of a kind, or whatever has a time, by key and in order of time: looked up by binary search. */
import type { Micros } from '../base/units';

export class TimedLists<T extends { readonly t: Micros }> {
  readonly #lists: ReadonlyMap<string, readonly T[]>;

  /** What has the same time stays in the order given. */
  constructor(all: readonly T[], key: (one: T) => string) {
    const lists = Map.groupBy(all, key);
    for (const list of lists.values()) list.sort((a, b) => a.t - b.t);
    this.#lists = lists;
  }

  /** Everything, list by list. */
  all(): T[] {
    return [...this.#lists.values()].flat();
  }

  /** The last at or before `t`; null where there is none. */
  lastBy(key: string, t: Micros): T | null {
    const list = this.#lists.get(key) ?? [];
    return list[countWhile(list, (one) => one.t <= t) - 1] ?? null;
  }

  /** Those with t0 <= t <= t1. */
  within(key: string, t0: Micros, t1: Micros): readonly T[] {
    const list = this.#lists.get(key) ?? [];
    return list.slice(
      countWhile(list, ({ t }) => t < t0),
      countWhile(list, ({ t }) => t <= t1),
    );
  }
}

/** How many of the first of `list` hold; none after the first that does not. */
function countWhile<T>(list: readonly T[], holds: (one: T) => boolean): number {
  let low = 0;
  let high = list.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (holds(list[middle]!)) low = middle + 1;
    else high = middle;
  }
  return low;
}
