/**
 * How hands change the view: the wheel zooms about the pointer, sideways it pans, a drag selects a span to zoom into, a
 * drag with Shift or the middle button pans, a double click fits, keys move by their place on the keyboard.
 *
 * Guarantees that a listener always sees the latest view, and that `detach` leaves no listener behind.
 */
import type { Micros } from '../../shared/base/units';
import { type PictureFrame, xToTime } from './picture-frame';
import { clampView, findViewCommand, pan, type View, type ViewCommand, zoomAround } from './view';

export interface ViewControl {
  readonly view: View;
  readonly end: Micros;
  readonly frame: PictureFrame;
  /** Null fits the whole run. */
  onView(view: View | null): void;
  onHover(t: Micros | null, x: number, y: number): void;
  onPeak(): void;
}

/** Left and right edge of what a drag selects, in pixels. */
export type Selection = readonly [left: number, right: number];

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

export class PointerView {
  readonly #element: HTMLElement;
  readonly #control: () => ViewControl;
  readonly #onSelection: (selection: Selection | null) => void;
  readonly #listening = new AbortController();
  #drag: Drag | null = null;

  constructor(
    element: HTMLElement,
    control: () => ViewControl,
    onSelection: (selection: Selection | null) => void,
  ) {
    this.#element = element;
    this.#control = control;
    this.#onSelection = onSelection;
    const { signal } = this.#listening;
    element.addEventListener('wheel', (event) => this.#wheel(event), { passive: false, signal });
    element.addEventListener('pointerdown', (event) => this.#press(event), { signal });
    element.addEventListener('pointermove', (event) => this.#move(event), { signal });
    element.addEventListener('pointerup', (event) => this.#release(event), { signal });
    element.addEventListener('pointercancel', (event) => this.#release(event), { signal });
    element.addEventListener('pointerleave', () => this.#leave(), { signal });
    element.addEventListener('dblclick', () => this.#control().onView(null), { signal });
    element.addEventListener('keydown', (event) => this.#key(event), { signal });
  }

  detach(): void {
    this.#listening.abort();
  }

  #wheel(event: WheelEvent): void {
    const { view, end, frame, onView } = this.#control();
    const sideways = sidewaysTurn(event);
    const isWhole = view.t0 <= 0 && view.t1 >= end;
    if (isWhole && (sideways !== 0 || event.deltaY > 0)) return;
    event.preventDefault();
    const pixels = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? LINE_PX : 1;
    if (sideways !== 0) {
      onView(pan(view, (sideways * pixels) / frame.plotWidth, end));
      return;
    }
    const turn = Math.max(-MAX_WHEEL_PX, Math.min(MAX_WHEEL_PX, event.deltaY * pixels));
    const at = xToTime(this.#plotX(event), view, frame);
    onView(zoomAround(view, at, Math.exp(turn * ZOOM_PER_PX), end));
  }

  #press(event: PointerEvent): void {
    const onButton = event.target instanceof Element && event.target.closest('button') !== null;
    if (event.button > 1 || onButton) return;
    this.#drag = {
      x: this.#plotX(event),
      isPanning: event.shiftKey || event.button === 1,
      view: this.#control().view,
    };
    this.#element.setPointerCapture(event.pointerId);
  }

  #move(event: PointerEvent): void {
    const { frame, view, end, onView, onHover } = this.#control();
    const x = this.#plotX(event);
    const drag = this.#drag;
    if (drag?.isPanning) {
      const by = ((drag.x - x) / frame.plotWidth) * (drag.view.t1 - drag.view.t0);
      onView(clampView({ t0: drag.view.t0 + by, t1: drag.view.t1 + by }, end));
    } else if (drag && Math.abs(x - drag.x) > CLICK_PX)
      this.#onSelection([Math.min(drag.x, x), Math.max(drag.x, x)]);
    const top = this.#element.getBoundingClientRect().top;
    onHover(xToTime(x, view, frame), x, event.clientY - top);
  }

  #release(event: PointerEvent): void {
    const { frame, view, end, onView } = this.#control();
    const drag = this.#drag;
    const x = this.#plotX(event);
    if (drag && !drag.isPanning && Math.abs(x - drag.x) > CLICK_PX) {
      const t0 = xToTime(Math.min(drag.x, x), view, frame);
      const t1 = xToTime(Math.max(drag.x, x), view, frame);
      onView(clampView({ t0, t1 }, end));
    }
    this.#drag = null;
    this.#onSelection(null);
  }

  #leave(): void {
    if (!this.#drag) this.#control().onHover(null, 0, 0);
  }

  #key(event: KeyboardEvent): void {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const command = findViewCommand(event.code);
    if (command === null) return;
    event.preventDefault();
    runViewCommand(command, this.#control());
  }

  /** Where the pointer is in the plot, held within its edges. */
  #plotX(event: MouseEvent): number {
    const { frame } = this.#control();
    const x = event.clientX - this.#element.getBoundingClientRect().left;
    return Math.min(frame.left + frame.plotWidth, Math.max(frame.left, x));
  }
}

/** How far each command moves: by a share of the view, or by a factor about its middle. */
const PAN_SHARE = { left: -0.2, right: 0.2 } as const;
const ZOOM_FACTOR = { in: 0.7, out: 1 / 0.7 } as const;

function runViewCommand(command: ViewCommand, { view, end, onView, onPeak }: ViewControl): void {
  if (command === 'fit') onView(null);
  else if (command === 'peak') onPeak();
  else if (command === 'left' || command === 'right') onView(pan(view, PAN_SHARE[command], end));
  else onView(zoomAround(view, (view.t0 + view.t1) / 2, ZOOM_FACTOR[command], end));
}

/** Pixels or lines to the side: by a wheel that tilts, or by any wheel with Shift. */
function sidewaysTurn(event: WheelEvent): number {
  if (event.shiftKey) return event.deltaY || event.deltaX;
  return Math.abs(event.deltaX) > Math.abs(event.deltaY) ? event.deltaX : 0;
}
