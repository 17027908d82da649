/**
 * The stacked budget as rectangles on whole pixels, one for each component of each span, or of neighbours between which
 * it stays as it is (weights, states): a software canvas fills those many times faster than outlines, and neighbours
 * meet without a seam. The cost follows the pixels: `shown` is what the width can tell apart.
 */
import type { Micros } from '../../shared/base/units';
import type { Component } from '../../shared/base/vocabulary';
import type { PredictedSpan } from '../../shared/picture/predicted-spans';
import type { Sheet } from '../chart/lane';
import { COMPONENT_COLOR, WHOLE_COLOR } from '../chart/palette';

export const BAND_OPACITY = 0.82;
/** Wider spans get a line between the components of their stack. */
const OUTLINED_PX = 6;

export function paintBands(
  sheet: Sheet,
  shown: readonly PredictedSpan[],
  order: readonly Component[],
): void {
  const edges = shown.map((span) => placeEdges(sheet, span));
  const held = new Float64Array(shown.length);
  for (const component of [null, ...order]) paintComponent(sheet, shown, edges, held, component);
}

type Edges = readonly [left: number, width: number];

/** Never without a pixel: a short phase may be the highest. */
function placeEdges({ box, x }: Sheet, { t0, t1 }: { t0: Micros; t1: Micros }): Edges {
  const left = Math.max(box.left, Math.round(x(t0)));
  const right = Math.min(box.left + box.width, Math.round(x(t1)));
  return [left, Math.max(1, right - left)];
}

/** `held`: what lies below in each span; raised by what is painted. A null component is a total that is not split. */
function paintComponent(
  { context, ink, y }: Sheet,
  shown: readonly PredictedSpan[],
  edges: readonly Edges[],
  held: Float64Array,
  component: Component | null,
): void {
  const color = component ? COMPONENT_COLOR[component] : WHOLE_COLOR;
  context.fillStyle = color;
  context.globalAlpha = BAND_OPACITY;
  const bands: Band[] = [];
  const tops: Band[] = [];
  for (const [i, { parts, total }] of shown.entries()) {
    const bytes = component === null ? (parts ? 0 : total) : (parts?.[component] ?? 0);
    if (bytes <= 0) continue;
    const [left, width] = edges[i]!;
    const bottom = Math.round(y(held[i]!));
    held[i]! += bytes;
    const top = Math.round(y(held[i]!));
    if (bottom === top) continue;
    append(bands, { left, right: left + width, top, bottom });
    if (width >= OUTLINED_PX && bottom - top > 2)
      append(tops, { left, right: left + width, top, bottom: top + 1 });
  }
  fillBands(context, bands);
  context.globalAlpha = 0.55;
  context.fillStyle = ink.surface;
  fillBands(context, tops);
  context.globalAlpha = 1;
}

/** A rectangle, in pixels. */
interface Band {
  readonly left: number;
  right: number;
  readonly top: number;
  readonly bottom: number;
}

/** The last one goes on where the next begins at its edge, as high as it. */
function append(bands: Band[], next: Band): void {
  const last = bands.at(-1);
  if (last?.right === next.left && last.top === next.top && last.bottom === next.bottom)
    last.right = next.right;
  else bands.push(next);
}

function fillBands(context: CanvasRenderingContext2D, bands: readonly Band[]): void {
  for (const { left, right, top, bottom } of bands)
    context.fillRect(left, top, right - left, bottom - top);
}
