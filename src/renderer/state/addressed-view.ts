/**
 * A view that moves freely, kept in the address once it rests, and moved by it when that changes: a link, back and
 * forward, undo. The address is not told of every frame: it would cost the page a rendering, and browsers slow down
 * pages that write it often.
 */
import { useEffect, useRef } from 'react';
import { useSpanParameter } from './router';

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

/** `view`: the same one for as long as its axis is the same; another is moved to where the address says. */
export function useAddressedView(view: AddressedView): void {
  const [span, setSpan] = useSpanParameter();
  /** What the address says as far as the view knows. */
  const told = useRef(span);
  useEffect(() => {
    if (isSame(told.current, span)) return;
    told.current = span;
    view.show(span);
  }, [view, span]);
  useEffect(() => {
    let timer = 0;
    const tell = () => {
      const now = view.get();
      if (isSame(now, told.current)) return;
      told.current = round(now);
      setSpan(now);
    };
    const off = view.subscribe(() => {
      window.clearTimeout(timer);
      timer = window.setTimeout(tell, REST_MS);
    });
    return () => {
      off();
      window.clearTimeout(timer);
    };
  }, [view, setSpan]);
}

const round = (span: Span | null): Span | null =>
  span && { t0: Math.round(span.t0), t1: Math.round(span.t1) };

const isSame = (a: Span | null, b: Span | null): boolean => {
  const [one, other] = [round(a), round(b)];
  return one?.t0 === other?.t0 && one?.t1 === other?.t1;
};
