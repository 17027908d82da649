/**
 * What is worked out of a list that only grows is carried on, not begun anew: whoever looks again at a recording pays for
 * what was added since. A book belongs to the list it was made of, and goes with it.
 */
import type { Marker } from './types';

/** What takes the items of a list one by one, in their order. */
export interface Book<Item> {
  take(item: Item): void;
}

/** The book of a list, brought up to its end; items that were taken stay as they are. */
export function carriedOn<Item, B extends Book<Item>>(make: () => B): (all: readonly Item[]) => B {
  const known = new WeakMap<readonly Item[], { readonly book: B; taken: number }>();
  return (all) => {
    let entry = known.get(all);
    if (entry === undefined || entry.taken > all.length) {
      entry = { book: make(), taken: 0 };
      known.set(all, entry);
    }
    while (entry.taken < all.length) entry.book.take(all[entry.taken++]!);
    return entry.book;
  };
}

/** Lists by a key of their items; each only grows, and stays the same list. */
class Lists<Item, Key> {
  readonly lists = new Map<Key, Item[]>();
  readonly #key: (item: Item) => Key;

  constructor(key: (item: Item) => Key) {
    this.#key = key;
  }

  take(item: Item): void {
    const key = this.#key(item);
    const list = this.lists.get(key);
    if (list === undefined) this.lists.set(key, [item]);
    else list.push(item);
  }
}

type Type = Marker['type'];
/** Of a type of marker; `model` and `run` are told alike. */
export type MarkerOf<T extends Type> = Extract<
  Marker,
  { type: T extends 'model' | 'run' ? 'model' | 'run' : T }
>;

const byType = carriedOn<Marker, Lists<Marker, Type>>(() => new Lists(({ type }) => type));
const byRank = carriedOn<Marker, Lists<Marker, number>>(() => new Lists(({ rank }) => rank));

/** In order of arrival. A list that only grows has lists that only grow. */
export const markersOf = <T extends Type>(
  markers: readonly Marker[],
  type: T,
): readonly MarkerOf<T>[] => (byType(markers).lists.get(type) ?? NONE) as readonly MarkerOf<T>[];

/** The same of one rank. */
export const markersOfRank = (markers: readonly Marker[], rank: number): readonly Marker[] =>
  byRank(markers).lists.get(rank) ?? NONE;

export const ranksAmong = (markers: readonly Marker[]): Iterable<number> =>
  byRank(markers).lists.keys();

const NONE: readonly Marker[] = [];
