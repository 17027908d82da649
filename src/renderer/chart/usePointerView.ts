/** A view that hands can change, on an element of React's. */
import { type RefObject, useEffect, useRef, useState } from 'react';
import { PointerView, type Selection, type ViewControl } from './pointer-view';

/** `selection`: what a drag is selecting, in pixels; null while nothing is dragged. */
export function usePointerView(
  target: RefObject<HTMLElement | null>,
  control: ViewControl,
): { readonly selection: Selection | null } {
  const latest = useRef(control);
  const [selection, setSelection] = useState<Selection | null>(null);
  useEffect(() => {
    latest.current = control;
  });
  useEffect(() => {
    if (!target.current) return;
    const pointer = new PointerView(target.current, () => latest.current, setSelection);
    return () => pointer.detach();
  }, [target]);
  return { selection };
}
