/** A canvas that writes down what is drawn on it, for tests of pictures without a browser. */
import type { Sheet } from '../../src/renderer/chart/lane';
import { inkFor } from '../../src/renderer/chart/palette';
import type { View } from '../../src/renderer/chart/view';

export type Point = readonly [x: number, y: number];

export interface Drawn {
  readonly kind: 'fill' | 'stroke' | 'rect' | 'text';
  readonly color: string;
  readonly opacity: number;
  readonly points: readonly Point[];
  readonly text?: string;
}

/** What `Path2D` and the context's own path have in common. */
class Path {
  points: Point[] = [];
  moveTo(x: number, y: number): void {
    this.points.push([x, y]);
  }
  lineTo(x: number, y: number): void {
    this.points.push([x, y]);
  }
  rect(x: number, y: number, width: number, height: number): void {
    this.points.push([x, y], [x + width, y + height]);
  }
  roundRect(x: number, y: number, width: number, height: number): void {
    this.rect(x, y, width, height);
  }
  arc(x: number, y: number): void {
    this.points.push([x, y]);
  }
}
Object.assign(globalThis, { Path2D: Path });

/** The part of a context that lanes draw with; what it does not have, they may not use. */
class LoggedContext extends Path {
  readonly log: Drawn[] = [];
  fillStyle: string | { readonly gradient: true } = '#000000';
  strokeStyle = '#000000';
  globalAlpha = 1;
  lineWidth = 1;
  lineJoin = 'miter';
  font = '';
  textAlign = 'left';
  textBaseline = 'top';
  beginPath(): void {
    this.points = [];
  }
  save(): void {}
  restore(): void {}
  clip(): void {}
  setLineDash(): void {}
  createLinearGradient() {
    return { gradient: true as const, addColorStop() {} };
  }
  fill(path: Path = this): void {
    this.#note('fill', path.points);
  }
  stroke(path: Path = this): void {
    this.#note('stroke', path.points);
  }
  fillRect(x: number, y: number, width: number, height: number): void {
    this.#note('rect', [
      [x, y],
      [x + width, y + height],
    ]);
  }
  fillText(text: string, x: number, y: number): void {
    this.#note('text', [[x, y]], text);
  }
  strokeText(): void {}
  #note(kind: Drawn['kind'], points: readonly Point[], text?: string): void {
    const style = kind === 'stroke' ? this.strokeStyle : this.fillStyle;
    const color = typeof style === 'string' ? style : 'gradient';
    this.log.push({
      kind,
      color,
      opacity: this.globalAlpha,
      points: [...points],
      ...(text !== undefined && { text }),
    });
  }
}

const isContext = (context: unknown): context is CanvasRenderingContext2D =>
  context instanceof LoggedContext;

/** A sheet of 1000 × 200 pixels over `view`, with values from `min` to `max`; what is drawn on it is in `log`. */
export function drawLog(view: View, min: number, max: number) {
  const logged = new LoggedContext();
  const context: unknown = logged;
  const box = { left: 0, top: 0, width: 1000, height: 200 };
  if (!isContext(context)) throw new Error('The canvas of the log is no canvas.');
  const sheet: Sheet = {
    context,
    ink: inkFor('light'),
    view,
    box,
    x: (t) => ((t - view.t0) / (view.t1 - view.t0)) * box.width,
    y: (value) => box.height * (1 - (value - min) / (max - min)),
  };
  return { sheet, log: logged.log };
}
