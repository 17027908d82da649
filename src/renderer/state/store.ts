/** The smallest store React can follow: an immutable value, a setter, and listeners. */
import { useSyncExternalStore } from 'react';

export interface Store<T> {
  get(): T;
  set(value: T): void;
  subscribe(listener: () => void): () => void;
}

export function createStore<T>(initial: T): Store<T> {
  let value = initial;
  const listeners = new Set<() => void>();
  return {
    get: () => value,
    set(next) {
      if (Object.is(next, value)) return;
      value = next;
      for (const listener of listeners) listener();
    },
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

export const useStore = <T>(store: Store<T>): T => useSyncExternalStore(store.subscribe, store.get);

/** A value derived from a store: renders only when it is another one, however often the store changes. */
export const useDerived = <T, D extends string | number | boolean | null>(
  store: Store<T>,
  derive: (value: T) => D,
): D => useSyncExternalStore(store.subscribe, () => derive(store.get()));
