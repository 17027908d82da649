/**
 * Spans at several resolutions, so that a frame costs what its pixels need and not what the run holds.
 *
 *     all of them   ▏▎▏▎▏▎▏▎▏▎▏▎   for a view near enough to see each
 *     16384 columns ▎ ▎ ▎ ▎ ▎ ▎     joined where several fall into one
 *      4096 columns ▌   ▌   ▌       for the whole run on a screen
 *
 * Levels are made when they are first needed. `join` decides what a joined span keeps: for a budget the highest, for
 * residuals the widest.
 */
import type { Micros } from '../base/units';
import { indexAt } from './predicted-spans';

interface Spanned {
  readonly t0: Micros;
  readonly t1: Micros;
}

const COARSEST = 4096;
const FINER = 4;

export class SpanLevels<T extends Spanned> {
  readonly #items: readonly T[];
  readonly #end: Micros;
  readonly #join: (items: readonly T[], view: Spanned, columns: number) => readonly T[];
  readonly #levels = new Map<number, readonly T[]>();

  /** `items` in time order, none overlapping the next; `join` makes of them at most some for each of `columns`. */
  constructor(
    items: readonly T[],
    end: Micros,
    join: (items: readonly T[], view: Spanned, columns: number) => readonly T[],
  ) {
    this.#items = items;
    this.#end = end;
    this.#join = join;
  }

  /** Those that touch the view, at a resolution finer than `width` pixels. */
  within({ t0, t1 }: Spanned, width: number): readonly T[] {
    const items = this.#levelFor(((t1 - t0) / Math.max(1, width)) * 0.5);
    const first = Math.max(
      0,
      indexAt(items, t0, (span) => span.t0),
    );
    const last = indexAt(items, t1, (span) => span.t0);
    return items.slice(first, last + 1).filter((span) => span.t1 >= t0);
  }

  /** The one in progress at `t`, as it is; null between two. */
  at(t: Micros): T | null {
    const found = this.#items[indexAt(this.#items, t, (span) => span.t0)];
    return found && t <= found.t1 ? found : null;
  }

  /** The coarsest level with columns no longer than `most` microseconds. */
  #levelFor(most: Micros): readonly T[] {
    let columns = COARSEST;
    while (this.#end / columns > most) columns *= FINER;
    if (columns >= this.#items.length) return this.#items;
    const known = this.#levels.get(columns);
    if (known) return known;
    const made = this.#join(this.#items, { t0: 0, t1: this.#end }, columns);
    this.#levels.set(columns, made);
    return made;
  }
}
