/**
 * What moves at every frame is moved by hand, not rendered: a component gives the element its place after each
 * rendering, and again whenever a store says that the picture has moved.
 */
import { type RefObject, useEffect, useLayoutEffect, useRef } from 'react';
import type { Store } from '../state/store';

type Followed = Pick<Store<unknown>, 'subscribe'>;

export function useMoved<E extends HTMLElement>(
  move: (element: E) => void,
  one: Followed,
  other: Followed = one,
  third: Followed = one,
): RefObject<E | null> {
  const element = useRef<E>(null);
  const latest = useRef(move);
  useLayoutEffect(() => {
    latest.current = move;
    if (element.current) move(element.current);
  });
  useEffect(() => {
    const follow = () => {
      if (element.current) latest.current(element.current);
    };
    const offs = [...new Set([one, other, third])].map((store) => store.subscribe(follow));
    return () => {
      for (const off of offs) off();
    };
  }, [one, other, third]);
  return element;
}
