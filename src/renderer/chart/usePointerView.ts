/**
 * Zooming and panning by hand: wheel zooms about the pointer, sideways wheel pans, a drag selects a span to zoom into,
 * a drag with Shift or the middle button pans, a double click fits, keys move by their place on the keyboard.
 */
import { type RefObject, useEffect, useRef, useState } from 'react';
import type { Micros } from '../../shared/base/units';
import { type PictureFrame, xToTime } from './picture-frame';
import { clampView, findViewCommand, pan, type View, zoomAround } from './view';

export interface ViewControl {
  readonly view: View;
  readonly end: Micros;
  readonly frame: PictureFrame;
  /** Null fits the whole run. */
  onView(view: View | null): void;
  onHover(t: Micros | null, x: number, y: number): void;
  onPeak(): void;
}

/** A selection narrower than this was a click. */
const CLICK_PX = 4;

export function usePointerView(
  target: RefObject<HTMLElement | null>,
  control: ViewControl,
): { readonly selection: readonly [number, number] | null } {
  const latest = useRef(control);
  const [selection, setSelection] = useState<readonly [number, number] | null>(null);
  useEffect(() => {
    latest.current = control;
  });
  useEffect(() => {
    const element = target.current!;
    let drag: { id: number; x: number; panning: boolean; view: View } | null = null;
    const xIn = (event: MouseEvent) => event.clientX - element.getBoundingClientRect().left;
    const yIn = (event: MouseEvent) => event.clientY - element.getBoundingClientRect().top;
    const clampX = (x: number) => {
      const { frame } = latest.current;
      return Math.min(frame.left + frame.plotWidth, Math.max(frame.left, x));
    };
    const onWheel = (event: WheelEvent) => {
      const { view, end, frame, onView } = latest.current;
      const sideways = event.shiftKey
        ? event.deltaY || event.deltaX
        : Math.abs(event.deltaX) > Math.abs(event.deltaY)
          ? event.deltaX
          : 0;
      const whole = view.t0 <= 0 && view.t1 >= end;
      if (whole && (sideways !== 0 || event.deltaY > 0)) return;
      event.preventDefault();
      const pixels = event.deltaMode === 1 ? 16 : 1;
      if (sideways !== 0) onView(pan(view, (sideways * pixels) / frame.plotWidth, end));
      else
        onView(
          zoomAround(
            view,
            xToTime(clampX(xIn(event)), view, frame),
            Math.exp(Math.max(-240, Math.min(240, event.deltaY * pixels)) * 0.0022),
            end,
          ),
        );
    };
    const onDown = (event: PointerEvent) => {
      if (event.button > 1 || (event.target as HTMLElement).closest('button')) return;
      drag = {
        id: event.pointerId,
        x: clampX(xIn(event)),
        panning: event.shiftKey || event.button === 1,
        view: latest.current.view,
      };
      element.setPointerCapture(event.pointerId);
    };
    const onMove = (event: PointerEvent) => {
      const { frame, view, end, onView, onHover } = latest.current;
      const x = clampX(xIn(event));
      if (drag?.panning) {
        const by = ((drag.x - x) / frame.plotWidth) * (drag.view.t1 - drag.view.t0);
        onView(clampView({ t0: drag.view.t0 + by, t1: drag.view.t1 + by }, end));
      } else if (drag && Math.abs(x - drag.x) > CLICK_PX)
        setSelection([Math.min(drag.x, x), Math.max(drag.x, x)]);
      onHover(xToTime(x, view, frame), x, yIn(event));
    };
    const onUp = (event: PointerEvent) => {
      const { frame, view, end, onView } = latest.current;
      if (drag && !drag.panning) {
        const x = clampX(xIn(event));
        if (Math.abs(x - drag.x) > CLICK_PX) {
          onView(
            clampView(
              {
                t0: xToTime(Math.min(drag.x, x), view, frame),
                t1: xToTime(Math.max(drag.x, x), view, frame),
              },
              end,
            ),
          );
        }
      }
      drag = null;
      setSelection(null);
    };
    const onLeave = () => {
      if (!drag) latest.current.onHover(null, 0, 0);
    };
    const onDouble = () => latest.current.onView(null);
    const onKey = (event: KeyboardEvent) => {
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      const command = findViewCommand(event.code);
      if (command === null) return;
      event.preventDefault();
      const { view, end, onView, onPeak } = latest.current;
      const middle = (view.t0 + view.t1) / 2;
      if (command === 'fit') onView(null);
      else if (command === 'peak') onPeak();
      else if (command === 'left' || command === 'right')
        onView(pan(view, command === 'left' ? -0.2 : 0.2, end));
      else onView(zoomAround(view, middle, command === 'in' ? 0.7 : 1 / 0.7, end));
    };
    const listeners: [string, (event: never) => void, AddEventListenerOptions?][] = [
      ['wheel', onWheel, { passive: false }],
      ['pointerdown', onDown],
      ['pointermove', onMove],
      ['pointerup', onUp],
      ['pointercancel', onUp],
      ['pointerleave', onLeave],
      ['dblclick', onDouble],
      ['keydown', onKey],
    ];
    for (const [type, listener, options] of listeners)
      element.addEventListener(type, listener as EventListener, options);
    return () => {
      for (const [type, listener] of listeners)
        element.removeEventListener(type, listener as EventListener);
    };
  }, [target]);
  return { selection };
}
