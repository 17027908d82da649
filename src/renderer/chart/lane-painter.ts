/**
 * Draws lanes in one canvas, at most once a frame however often it is asked. It holds no data: a frame is a function of
 * the scene, the view and what the lanes themselves hold, so a change of view costs a drawing and nothing else.
 */
import type { Micros } from '../../shared/base/units';
import type { Sheet } from './lane';
import { AXIS_HEIGHT, type LaneLayout, type LaneRow } from './lane-layout';
import { FONT } from './paint-text';
import type { Ink } from './palette';
import { timeLabel, timeTicks } from './scale';
import type { View } from './view';

export interface Scene {
  readonly layout: LaneLayout;
  readonly ink: Ink;
  /** Of the canvas, in CSS pixels. */
  readonly width: number;
  readonly height: number;
  /** How far the lanes are scrolled. */
  readonly scrollTop: number;
  readonly view: View;
}

/** About as far apart as labels of time need to be. */
const TICK_PX = 110;

export class LanePainter {
  readonly #canvas: HTMLCanvasElement;
  readonly #context: CanvasRenderingContext2D;
  #frame = 0;
  #scene: () => Scene | null = () => null;

  /** Null where the browser gives no canvas to draw on. */
  static on(canvas: HTMLCanvasElement): LanePainter | null {
    const context = canvas.getContext('2d');
    return context && new LanePainter(canvas, context);
  }

  private constructor(canvas: HTMLCanvasElement, context: CanvasRenderingContext2D) {
    this.#canvas = canvas;
    this.#context = context;
  }

  /** Draws `scene()` in the next frame, or a scene that is asked for after it and before that frame. */
  request(scene: () => Scene | null): void {
    this.#scene = scene;
    if (this.#frame !== 0) return;
    this.#frame = requestAnimationFrame(() => {
      this.#frame = 0;
      const now = this.#scene();
      if (now) this.draw(now);
    });
  }

  dispose(): void {
    cancelAnimationFrame(this.#frame);
  }

  draw(scene: Scene): void {
    this.#resize(scene);
    const { layout, view, width, height, scrollTop } = scene;
    this.#context.clearRect(0, 0, width, height);
    const ticks = timeTicks(view.t0, view.t1, layout.width / TICK_PX);
    const floor = height - AXIS_HEIGHT;
    for (const row of layout.rows) {
      const top = row.top - scrollTop;
      if (top + row.height >= 0 && top <= floor) this.#paintRow(scene, row, top, ticks.values);
    }
    paintTimeAxis(this.#context, scene, ticks);
  }

  /** One picture of the whole run by itself: no scale, no axis, the plot from edge to edge. */
  drawAlone(
    { width, height, ink, end }: Pick<Scene, 'width' | 'height' | 'ink'> & { readonly end: Micros },
    paint: (sheet: Sheet) => void,
  ): void {
    this.#resize({ width, height });
    this.#context.clearRect(0, 0, width, height);
    const box = { left: 0, top: 0, width, height };
    paint({
      context: this.#context,
      ink,
      view: { t0: 0, t1: end },
      box,
      x: (t) => (t / end) * width,
      y: (share) => height * (1 - share),
    });
  }

  #resize({ width, height }: Pick<Scene, 'width' | 'height'>): void {
    const ratio = window.devicePixelRatio || 1;
    const [w, h] = [Math.round(width * ratio), Math.round(height * ratio)];
    if (this.#canvas.width !== w || this.#canvas.height !== h) {
      this.#canvas.width = w;
      this.#canvas.height = h;
    }
    this.#context.setTransform(ratio, 0, 0, ratio, 0, 0);
  }

  #paintRow(scene: Scene, row: LaneRow, top: number, times: readonly number[]): void {
    const { layout, ink, view } = scene;
    const context = this.#context;
    const box = { left: layout.left, top, width: layout.width, height: row.height };
    const { min, max } = row.lane.scale;
    const perUs = box.width / (view.t1 - view.t0);
    const perValue = box.height / Math.max(Number.MIN_VALUE, max - min);
    const sheet: Sheet = {
      context,
      ink,
      view,
      box,
      x: (t) => box.left + (t - view.t0) * perUs,
      y: (value) => top + box.height - (value - min) * perValue,
    };
    if (!row.isFolded) paintScale(sheet, row);
    context.save();
    context.beginPath();
    context.rect(box.left, top - 1, box.width, box.height + 2);
    context.clip();
    if (!row.isFolded) paintTimes(sheet, times);
    row.lane.paint(sheet);
    context.restore();
  }
}

/** Lines and labels of the values; labels lie left of the plot. */
function paintScale({ context, ink, box, y }: Sheet, { lane }: LaneRow): void {
  context.font = `11px ${FONT}`;
  context.textAlign = 'right';
  context.textBaseline = 'middle';
  context.strokeStyle = ink.grid;
  context.lineWidth = 1;
  context.beginPath();
  for (const { value } of lane.scale.ticks) {
    const at = Math.round(y(value)) + 0.5;
    context.moveTo(box.left, at);
    context.lineTo(box.left + box.width, at);
  }
  context.stroke();
  context.fillStyle = ink.muted;
  let above = Number.POSITIVE_INFINITY;
  for (const { value, label } of lane.scale.ticks) {
    const at = Math.min(box.top + box.height - 5, Math.max(box.top + 5, y(value)));
    if (above - at < 12) continue;
    context.fillText(label, box.left - 8, at);
    above = at;
  }
}

function paintTimes({ context, ink, box, x }: Sheet, times: readonly number[]): void {
  context.strokeStyle = ink.grid;
  context.lineWidth = 1;
  context.beginPath();
  for (const t of times) {
    const at = Math.round(x(t)) + 0.5;
    context.moveTo(at, box.top);
    context.lineTo(at, box.top + box.height);
  }
  context.stroke();
}

function paintTimeAxis(
  context: CanvasRenderingContext2D,
  { layout, view, ink, width, height }: Scene,
  { values, step }: ReturnType<typeof timeTicks>,
): void {
  const top = height - AXIS_HEIGHT;
  context.fillStyle = ink.surface;
  context.fillRect(0, top, width, AXIS_HEIGHT);
  context.strokeStyle = ink.axis;
  context.lineWidth = 1;
  context.beginPath();
  context.moveTo(layout.left, top + 0.5);
  context.lineTo(layout.left + layout.width, top + 0.5);
  const x = (t: number) => layout.left + ((t - view.t0) / (view.t1 - view.t0)) * layout.width;
  for (const t of values) {
    const at = Math.round(x(t)) + 0.5;
    context.moveTo(at, top);
    context.lineTo(at, top + 5);
  }
  context.stroke();
  context.font = `11px ${FONT}`;
  context.textAlign = 'center';
  context.textBaseline = 'top';
  context.fillStyle = ink.muted;
  for (const t of values) {
    const at = Math.min(width - 24, Math.max(layout.left + 8, x(t)));
    context.fillText(timeLabel(t, step), at, top + 8);
  }
}
