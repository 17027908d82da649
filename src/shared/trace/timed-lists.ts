/** Markers of a kind, or whatever has a time, by key and in order of time: looked up by binary search. */
import { countWhile } from '../base/search';
import type { Micros } from '../base/units';

export class TimedLists<T extends { readonly t: Micros }> {
  readonly #lists = new Map<string, T[]>();
  readonly #key: (one: T) => string;

  constructor(all: readonly T[], key: (one: T) => string) {
    this.#key = key;
    for (const one of all) this.take(one);
  }

  /** What has the same time stays in the order in which it is taken. */
  take(one: T): void {
    const key = this.#key(one);
    const list = this.#lists.get(key);
    if (list === undefined) this.#lists.set(key, [one]);
    else if (list.at(-1)!.t <= one.t) list.push(one);
    else
      list.splice(
        countWhile(list, ({ t }) => t <= one.t),
        0,
        one,
      );
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
