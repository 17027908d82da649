/** A choice of the person that this browser keeps: where a drawer stands. */
import { useCallback, useState } from 'react';

/** `values` are those there are; another one that was kept is passed over. */
export function useKept<T extends string>(
  key: string,
  values: readonly T[],
  initial: T,
): readonly [T, (value: T) => void] {
  const [value, setValue] = useState(() => {
    const kept = read(key);
    return values.find((each) => each === kept) ?? initial;
  });
  const keep = useCallback(
    (next: T) => {
      setValue(next);
      try {
        localStorage.setItem(key, next);
      } catch {
        // A browser that keeps nothing still shows what was chosen.
      }
    },
    [key],
  );
  return [value, keep];
}

function read(key: string): string | null {
  try {
    return localStorage.getItem(key);
  } catch {
    return null;
  }
}
