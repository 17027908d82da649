/**
 * How hands move over lanes: the wheel zooms about the pointer (sideways, or with Shift, it pans), a drag selects a
 * span, a drag with Shift, with the middle button or along the axis of time pans, a double click asks for what lies
 * there. A pan ends where the hand ends: no momentum.
 *
 * Guarantees that it always acts on the latest view, and that `detach` leaves no listener behind.
 */
import type { Micros } from '../../shared/base/units';
import { xToTime } from './lane';
import { clampView, pan, type View, zoomAround } from './view';

export interface PointerTarget {
  readonly view: View;
  readonly end: Micros;
  /** The plot, in pixels from the element's left edge; above `floor` it is lanes, below it the axis of time. */
  readonly left: number;
  readonly width: number;
  readonly floor: number;
  onView(view: View): void;
  /** Null where the pointer is outside. */
  onCursor(t: Micros | null): void;
  /** Null where a click clears the selection. */
  onSelect(span: readonly [Micros, Micros] | null): void;
  /** `y` is from the element's top edge. */
  onDoubleClick(t: Micros, y: number): void;
}

/** A selection narrower than this was a click. */
const CLICK_PX = 4;
/** How much of a turn of the wheel is taken at once, and what a pixel of it zooms by. */
const MAX_WHEEL_PX = 240;
const ZOOM_PER_PX = 0.0022;
const LINE_PX = 16;

interface Drag {
  readonly x: number;
  readonly isPanning: boolean;
  readonly view: View;
}

export class LanePointer {
  readonly #element: HTMLElement;
  readonly #target: () => PointerTarget;
  readonly #listening = new AbortController();
  #drag: Drag | null = null;
  /** Where the pointer rests, so that a view moving beneath it is read at the right instant. */
  #restingX: number | null = null;

  constructor(element: HTMLElement, target: () => PointerTarget) {
    this.#element = element;
    this.#target = target;
    const { signal } = this.#listening;
    element.addEventListener('wheel', (event) => this.#wheel(event), { passive: false, signal });
    element.addEventListener('pointerdown', (event) => this.#press(event), { signal });
    element.addEventListener('pointermove', (event) => this.#move(event), { signal });
    element.addEventListener('pointerup', (event) => this.#release(event), { signal });
    element.addEventListener('pointercancel', () => this.#cancel(), { signal });
    element.addEventListener('pointerleave', () => this.#leave(), { signal });
    element.addEventListener('dblclick', (event) => this.#doubleClick(event), { signal });
  }

  detach(): void {
    this.#listening.abort();
  }

  /** The view moved: the resting pointer stands on another instant now. */
  readAgain(): void {
    if (this.#restingX === null) return;
    const target = this.#target();
    target.onCursor(xToTime(this.#restingX, target.view, target));
  }

  #wheel(event: WheelEvent): void {
    const target = this.#target();
    if (this.#rawX(event) < target.left) return;
    const { view, end, width, onView } = target;
    const sideways = sidewaysTurn(event);
    event.preventDefault();
    const isWhole = view.t0 <= 0 && view.t1 >= end;
    if (isWhole && (sideways !== 0 || event.deltaY > 0)) return;
    const pixels = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? LINE_PX : 1;
    if (sideways !== 0) {
      onView(pan(view, (sideways * pixels) / width, end));
      return;
    }
    const turn = Math.max(-MAX_WHEEL_PX, Math.min(MAX_WHEEL_PX, event.deltaY * pixels));
    const at = xToTime(this.#plotX(event), view, target);
    onView(zoomAround(view, at, Math.exp(turn * ZOOM_PER_PX), end));
  }

  #press(event: PointerEvent): void {
    const target = this.#target();
    const isOnControl =
      event.target instanceof Element && event.target.closest('button,summary,label') !== null;
    if (event.button > 1 || isOnControl || this.#rawX(event) < target.left) return;
    const isOnAxis = this.#y(event) > target.floor;
    this.#drag = {
      x: this.#plotX(event),
      isPanning: event.shiftKey || event.button === 1 || isOnAxis,
      view: target.view,
    };
    this.#element.setPointerCapture(event.pointerId);
  }

  #move(event: PointerEvent): void {
    const target = this.#target();
    const { view, end, left, width, onView, onCursor, onSelect } = target;
    if (this.#rawX(event) < left && !this.#drag) {
      this.#leave();
      return;
    }
    const x = this.#plotX(event);
    const drag = this.#drag;
    if (drag?.isPanning) {
      const by = ((drag.x - x) / width) * (drag.view.t1 - drag.view.t0);
      onView(clampView({ t0: drag.view.t0 + by, t1: drag.view.t1 + by }, end));
    } else if (drag && Math.abs(x - drag.x) > CLICK_PX) onSelect(this.#span(drag.x, x, target));
    this.#restingX = x;
    onCursor(xToTime(x, view, target));
  }

  #release(event: PointerEvent): void {
    const drag = this.#drag;
    this.#drag = null;
    if (!drag || drag.isPanning) return;
    const target = this.#target();
    const x = this.#plotX(event);
    target.onSelect(Math.abs(x - drag.x) > CLICK_PX ? this.#span(drag.x, x, target) : null);
  }

  #cancel(): void {
    this.#drag = null;
  }

  #leave(): void {
    if (this.#drag) return;
    this.#restingX = null;
    this.#target().onCursor(null);
  }

  #doubleClick(event: MouseEvent): void {
    const target = this.#target();
    const x = this.#rawX(event);
    if (x >= target.left) target.onDoubleClick(xToTime(x, target.view, target), this.#y(event));
  }

  #span(a: number, b: number, target: PointerTarget): readonly [Micros, Micros] {
    const at = (x: number) => Math.round(xToTime(x, target.view, target));
    return [at(Math.min(a, b)), at(Math.max(a, b))];
  }

  #rawX(event: MouseEvent): number {
    return event.clientX - this.#element.getBoundingClientRect().left;
  }

  #y(event: MouseEvent): number {
    return event.clientY - this.#element.getBoundingClientRect().top;
  }

  /** Where the pointer is in the plot, held within its edges. */
  #plotX(event: MouseEvent): number {
    const { left, width } = this.#target();
    return Math.min(left + width, Math.max(left, this.#rawX(event)));
  }
}

/** Pixels or lines to the side: by a wheel that tilts, or by any wheel with Shift. */
function sidewaysTurn(event: WheelEvent): number {
  if (event.shiftKey) return event.deltaY || event.deltaX;
  return Math.abs(event.deltaX) > Math.abs(event.deltaY) ? event.deltaX : 0;
}
