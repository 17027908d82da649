/**
 * The lane the product is about: the measured line over the stacked budget, its ceiling, the card's capacity, the peak.
 *
 * Inside a phase the stack ends at the predicted curve, where there is one and the trace tells where it stood. Else a
 * phase's height is its highest moment: above what is held before and after it the band fades towards its ceiling, so
 * that a line below it is not read as a gap.
 */
import { formatBytes } from '../../shared/base/format';
import type { Bytes, Micros } from '../../shared/base/units';
import { type BudgetPicture, reachOfAxis } from '../../shared/picture/budget-picture';
import { visibleSpans } from '../../shared/picture/predicted-spans';
import type { SessionDocument } from '../../shared/session/session-document';
import { seriesName } from '../../shared/trace/series-names';
import type { Lane, Sheet, ValueScale } from '../chart/lane';
import { FONT, paintLabel, textWidth } from '../chart/paint-text';
import { byteLabel, byteScale, HEADROOM } from '../chart/scale';
import { type CurveWindow, shortReading } from './curve-window';
import { paintBands } from './paint-bands';
import { type CurvedSpan, clipToCurves, findCurves, strokeCurves } from './paint-curve';
import { paintSeries, readSeries } from './trace-lines';
import type { TraceWindows } from './traces';

/** In pixels, what the name of a level takes, and what one at the upper edge does. */
const LABEL_ROOM = 18;
const EDGE_NAME = 16;
/** Spans are told apart where they are so wide in the mean. */
const SPAN_PX = 3;
/** How much of the surface's colour lies over a band where it is only a ceiling. */
const FADE = 0.62;

export function memoryLane(
  session: SessionDocument,
  budget: BudgetPicture,
  traces: TraceWindows,
  curves: CurveWindow,
): Lane {
  const { overlay } = session;
  const scale = memoryScale(session, budget);
  const name = overlay.series === null ? 'Predicted memory' : seriesName(overlay.series);
  return {
    id: 'memory',
    name,
    unit: overlay.baselineBytes > 0 ? `above ${formatBytes(overlay.baselineBytes)}` : '',
    about: `Measured memory (${overlay.series ?? 'nothing was measured'}) over the predicted budget${
      overlay.baselineBytes > 0
        ? `; what was in use before the run, ${formatBytes(overlay.baselineBytes)}, is taken off`
        : ''
    }`,
    height: 190,
    grows: true,
    scale,
    paint(sheet) {
      paintBudget(sheet, budget, curves);
      if (overlay.series !== null) {
        const style = {
          color: sheet.ink.measured,
          width: 1.75,
          ...(budget.ceiling > 0 && { halo: sheet.ink.surface }),
        };
        paintSeries(
          sheet,
          traces,
          overlay.series,
          style,
          overlay.baselineBytes,
          session.durationUs,
        );
      }
      paintLevels(sheet, budget);
      if (overlay.measuredPeak) paintPeak(sheet, overlay.measuredPeak);
    },
    readAt: (t) => {
      const reading = curves.readAt(t);
      return reading ? shortReading(reading) : describe(session, budget, traces, t);
    },
  };
}

function memoryScale({ overlay }: SessionDocument, budget: BudgetPicture): ValueScale {
  const { max, step } = byteScale(reachOfAxis(overlay, budget) * HEADROOM);
  const ticks = Array.from({ length: Math.round(max / step) + 1 }, (_, i) => ({
    value: i * step,
    label: byteLabel(i * step, step),
  }));
  return { min: 0, max, ticks };
}

function describe(
  { overlay }: SessionDocument,
  budget: BudgetPicture,
  traces: TraceWindows,
  t: Micros,
): string {
  const predicted = budget.at(t);
  const about = predicted && `${budget.isWhole ? 'at most ' : ''}${formatBytes(predicted.total)}`;
  if (overlay.series === null) return about ? `${about} predicted` : '';
  const { value, why } = readSeries(traces, overlay.series, t);
  if (value === null) return why || (about ? `not measured, ${about} predicted` : '');
  const measured = formatBytes(value - overlay.baselineBytes);
  return about ? `${measured}, predicted ${about}` : measured;
}

function paintBudget(sheet: Sheet, budget: BudgetPicture, curves: CurveWindow): void {
  const { view, box } = sheet;
  const spans = budget.levels.within(view, box.width);
  const shown = visibleSpans(spans, view.t0, view.t1, box.width / SPAN_PX);
  if (shown.length === 0) return;
  const curved = findCurves(sheet, shown, (t) => curves.at(t));
  sheet.context.save();
  clipToCurves(sheet, curved);
  paintBands(sheet, shown, budget.order);
  sheet.context.restore();
  if (budget.isWhole) fadeWhole(sheet, budget);
  else fadeSpans(sheet, curved);
  paintCeiling(sheet, curved);
  strokeCurves(sheet, curved);
}

/** Narrower spans show no gradient, and making one for each would cost more than the bands. */
const FADED_PX = 10;

function fadeSpans({ context, ink, x, y }: Sheet, shown: readonly CurvedSpan[]): void {
  for (const [i, { span, curve }] of shown.entries()) {
    // One colour for all of it tells of no order in which it comes, and several phases of no ramp.
    if (span.held || span.isJoined || span.parts === null || curve) continue;
    const [x0, x1] = [x(span.t0), x(span.t1)];
    if (x1 - x0 < FADED_PX) continue;
    const before = heldTotal(shown[i - 1]) ?? 0;
    const after = heldTotal(shown[i + 1]) ?? before;
    const certain = Math.min(span.total, Math.min(before, after));
    fade(context, ink.surface, [x0, y(span.total), x1 - x0, y(certain) - y(span.total)]);
  }
}

const heldTotal = (beside: CurvedSpan | undefined): Bytes | null =>
  beside?.span.held ? beside.span.total : null;

function fadeWhole({ context, ink, box, y }: Sheet, { resting, ceiling }: BudgetPicture): void {
  const top = y(ceiling);
  fade(context, ink.surface, [box.left, top, box.width, y(resting ?? 0) - top]);
}

function fade(
  context: CanvasRenderingContext2D,
  surface: string,
  [left, top, width, height]: readonly [number, number, number, number],
): void {
  if (height < 2) return;
  const gradient = context.createLinearGradient(0, top, 0, top + height);
  gradient.addColorStop(0, withOpacity(surface, FADE));
  gradient.addColorStop(1, withOpacity(surface, 0));
  context.fillStyle = gradient;
  context.fillRect(left, top, width, height);
}

const withOpacity = (hex: string, opacity: number): string =>
  `${hex}${Math.round(opacity * 255)
    .toString(16)
    .padStart(2, '0')}`;

/** Dashed where its steps have room for dashes. A curve of operations reaches it by itself; between the edges of blocks more may stand. */
function paintCeiling({ context, ink, box, x, y }: Sheet, shown: readonly CurvedSpan[]): void {
  context.strokeStyle = ink.lane;
  context.lineWidth = 1.25;
  context.setLineDash(shown.length < box.width / 12 ? [4, 3] : []);
  context.beginPath();
  let end: Micros | null = null;
  for (const { span, curve } of shown) {
    const { t1, total } = span;
    const t0 = curve?.of === 'operations' ? curve.t1 : span.t0;
    if (t0 >= t1) continue;
    if (end === t0) context.lineTo(x(t0), y(total));
    else context.moveTo(x(t0), y(total));
    context.lineTo(x(t1), y(total));
    end = t1;
  }
  context.stroke();
  context.setLineDash([]);
}

/** Levels that hold for the whole run, each with its name: the device's capacity, and without phases rest and peak. */
function paintLevels(sheet: Sheet, budget: BudgetPicture): void {
  const { capacity, isWhole, resting, ceiling, ceilingName, expected } = budget;
  if (capacity) {
    const text = `${formatBytes(capacity.bytes)} ${capacity.name}`;
    const room = sheet.y(capacity.bytes) - sheet.box.top;
    // Nothing measured lies above it, so that is where its name crosses no line.
    if (room >= 0) paintLevel(sheet, capacity.bytes, text, room > LABEL_ROOM ? 'above' : 'below');
    else paintBeyond(sheet, text);
  }
  if (expected !== null)
    paintLevel(
      sheet,
      expected,
      `expected ${formatBytes(expected)}, by its own first steps`,
      'below',
      true,
    );
  if (!isWhole) return;
  // Above the ceiling there may be no room beside the capacity's name, which stands at the edge where it lies beyond.
  const named = capacity ? Math.max(sheet.y(capacity.bytes), sheet.box.top + EDGE_NAME) : 0;
  const place = sheet.y(ceiling) - named < LABEL_ROOM ? 'below' : 'above';
  paintLevel(sheet, ceiling, `${ceilingName} ${formatBytes(ceiling)}`, place, true);
  if (resting !== null && resting > 0 && sheet.y(resting) - sheet.y(ceiling) > 2 * LABEL_ROOM)
    paintLevel(sheet, resting, `at rest ${formatBytes(resting)}`, 'above', true);
}

function paintLevel(
  sheet: Sheet,
  bytes: Bytes,
  text: string,
  place: 'above' | 'below',
  isPredicted = false,
): void {
  const { context, ink, box } = sheet;
  const at = Math.round(sheet.y(bytes)) + 0.5;
  context.strokeStyle = isPredicted ? ink.lane : ink.over;
  context.lineWidth = isPredicted ? 1.25 : 1.5;
  context.setLineDash(isPredicted ? [4, 3] : [8, 3, 2, 3]);
  context.beginPath();
  context.moveTo(box.left, at);
  context.lineTo(box.left + box.width, at);
  context.stroke();
  context.setLineDash([]);
  paintLabel(context, ink, text, box.left + 8, at + (place === 'above' ? -9 : 10));
}

/** A capacity far above everything drawn: told at the edge it lies beyond. */
function paintBeyond({ context, ink, box }: Sheet, text: string): void {
  if (textWidth(text) > box.width) return;
  const left = box.left + 8;
  context.fillStyle = ink.over;
  context.beginPath();
  context.moveTo(left, box.top + 13);
  context.lineTo(left + 8, box.top + 13);
  context.lineTo(left + 4, box.top + 6);
  context.fill();
  context.font = `11px ${FONT}`;
  context.textAlign = 'left';
  context.textBaseline = 'top';
  context.fillStyle = ink.muted;
  context.fillText(text, left + 14, box.top + 4);
}

function paintPeak(
  { context, ink, x, y }: Sheet,
  { at, bytes }: { readonly at: Micros; readonly bytes: Bytes },
): void {
  context.beginPath();
  context.arc(x(at), y(bytes), 5.5, 0, 2 * Math.PI);
  context.fillStyle = ink.surface;
  context.fill();
  context.strokeStyle = ink.measured;
  context.lineWidth = 2;
  context.stroke();
  context.beginPath();
  context.arc(x(at), y(bytes), 2, 0, 2 * Math.PI);
  context.fillStyle = ink.measured;
  context.fill();
}
