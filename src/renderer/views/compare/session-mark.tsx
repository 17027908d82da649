/** What tells a compared session from the others: a letter, a colour and a shape, the same in legend, chart and table. */
import { LINE_DASHES } from '../../../shared/present/colors';
import { letter } from '../../../shared/present/comparison';
import type { Sheet } from '../../chart/lane';
import { LINE_COLORS } from '../../chart/palette';

export const sessionColor = (place: number): string =>
  LINE_COLORS[place % LINE_COLORS.length] ?? LINE_COLORS[0];

export const sessionDash = (place: number): readonly number[] =>
  LINE_DASHES[place % LINE_DASHES.length] ?? [];

/** Outlines within a square of 20 around 0, as SVG and canvas both read them. */
const SHAPES = [
  'M-9 0A9 9 0 1 0 9 0A9 9 0 1 0 -9 0Z',
  'M-8.5 -8.5H8.5V8.5H-8.5Z',
  'M0 -11L11 0L0 11L-11 0Z',
  'M0 -10.5L11.5 9H-11.5Z',
  'M0 10.5L-11.5 -9H11.5Z',
  'M-5 -9.5H5L10.5 0L5 9.5H-5L-10.5 0Z',
  'M0 -10.5L10 -3.2L6.2 8.5H-6.2L-10 -3.2Z',
  'M-4 -10H4V-4H10V4H4V10H-4V4H-10V-4H-4Z',
] as const;
const shape = (place: number): string => SHAPES[place % SHAPES.length] ?? SHAPES[0];
/** A triangle's middle lies off its box's. */
const LETTER_AT: Readonly<Record<number, number>> = { 3: 3.5, 4: -2 };

export function SessionMark({ place, size = 20 }: { place: number; size?: number }) {
  return (
    <svg
      className="session-mark"
      viewBox="-12 -12 24 24"
      width={size}
      height={size}
      role="img"
      aria-label={letter(place)}
    >
      <path d={shape(place)} fill={sessionColor(place)} />
      <text y={LETTER_AT[place] ?? 0} dy="0.35em">
        {letter(place)}
      </text>
    </svg>
  );
}

/** The same mark on a chart, its middle at a point. */
export function paintMark({ context, ink }: Sheet, place: number, x: number, y: number): void {
  context.save();
  context.translate(x, y);
  context.scale(0.78, 0.78);
  const outline = new Path2D(shape(place));
  context.strokeStyle = ink.surface;
  context.lineWidth = 3;
  context.stroke(outline);
  context.fillStyle = sessionColor(place);
  context.fill(outline);
  context.fillStyle = '#ffffff';
  context.font = '700 12px system-ui, sans-serif';
  context.textAlign = 'center';
  context.textBaseline = 'middle';
  context.fillText(letter(place), 0, LETTER_AT[place] ?? 0);
  context.restore();
}
