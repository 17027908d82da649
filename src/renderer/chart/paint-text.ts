/** Text on the canvas: its font, its width, and labels that stay legible over what they lie on. */
import type { Ink } from './palette';

export const FONT = 'system-ui, -apple-system, "Segoe UI", Roboto, "Liberation Sans", sans-serif';

/** Rough, and enough to decide whether a label has room: measuring text is too slow for every frame. */
export const textWidth = (text: string): number => text.length * 6.4;

/** A label with a halo of the surface's colour. */
export function paintLabel(
  context: CanvasRenderingContext2D,
  ink: Ink,
  text: string,
  x: number,
  y: number,
  align: CanvasTextAlign = 'left',
): void {
  context.font = `600 11px ${FONT}`;
  context.textAlign = align;
  context.textBaseline = 'middle';
  context.lineJoin = 'round';
  context.lineWidth = 3;
  context.strokeStyle = ink.surface;
  context.strokeText(text, x, y);
  context.fillStyle = ink.text;
  context.fillText(text, x, y);
}
