/**
 * A view that moves freely, kept in the address once it rests, and moved by it when that changes: a link, back and
 * forward, undo. The address is not told of every frame: it would cost the page a rendering, and browsers slow down
 * pages that write it often.
 */
import { useEffect, useRef } from 'react';
import { addressSpan, spanInAddress, subscribe } from './router';
import { changes } from './undo';

interface Span {
  readonly t0: number;
  readonly t1: number;
}

export interface AddressedView {
  /** Null: all there is. */
  get(): Span | null;
  /** Moves it; null is all there is. */
  show(span: Span | null): void;
  subscribe(listener: () => void): () => void;
}

/** A view rests so long before the address tells of it. */
const REST_MS = 250;

/**
 * `view`: the same one for as long as its axis is the same; another is moved to where the address says. A change that the
 * address is not told of yet is told before anything is taken back, so that undo takes back what was seen last.
 */
export function useAddressedView(view: AddressedView): void {
  /** What the address says as far as the view knows. */
  const told = useRef(spanInAddress());
  useEffect(() => {
    let timer = 0;
    const tell = () => {
      window.clearTimeout(timer);
      const now = view.get();
      if (isSame(now, told.current)) return;
      told.current = round(now);
      addressSpan(now);
    };
    // Not by what React has rendered: an undo may follow what it takes back at once.
    const follow = () => {
      const span = spanInAddress();
      if (isSame(told.current, span)) return;
      told.current = span;
      view.show(span);
    };
    follow();
    const offs = [
      subscribe(follow),
      changes.beforeUndo(tell),
      view.subscribe(() => {
        window.clearTimeout(timer);
        timer = window.setTimeout(tell, REST_MS);
      }),
    ];
    return () => {
      for (const off of offs) off();
      window.clearTimeout(timer);
    };
  }, [view]);
}

const round = (span: Span | null): Span | null =>
  span && { t0: Math.round(span.t0), t1: Math.round(span.t1) };

const isSame = (a: Span | null, b: Span | null): boolean => {
  const [one, other] = [round(a), round(b)];
  return one?.t0 === other?.t0 && one?.t1 === other?.t1;
};
