/**
 * The predicted edge inside a phase, where theory knows more of it than its highest moment: the stack ends at the curve,
 * so that a line which climbs where it should is not read as a gap.
 */
import { lowerBound } from '../../shared/base/search';
import type { PlacedCurve } from '../../shared/picture/placed-curves';
import type { PredictedSpan } from '../../shared/picture/predicted-spans';
import type { Sheet } from '../chart/lane';

/** A span with the curve inside it; null where it is drawn at its highest. */
export interface CurvedSpan {
  readonly span: PredictedSpan;
  readonly curve: PlacedCurve | null;
}

/** Of spans narrower than this a curve shows nothing. */
const LEAST_PX = 3;

export function findCurves(
  { x }: Sheet,
  shown: readonly PredictedSpan[],
  at: (t: number) => PlacedCurve | null,
): readonly CurvedSpan[] {
  return shown.map((span) => ({
    span,
    curve:
      span.held || span.isJoined || x(span.t1) - x(span.t0) < LEAST_PX
        ? null
        : at((span.t0 + span.t1) / 2),
  }));
}

/** Keeps what is painted next below the curves; beside them it is free. Call between save and restore. */
export function clipToCurves(sheet: Sheet, curved: readonly CurvedSpan[]): void {
  const { context, box, x } = sheet;
  const floor = box.top + box.height;
  context.beginPath();
  let from = box.left;
  for (const { span, curve } of curved) {
    if (curve === null) continue;
    const [left, right] = [Math.round(x(span.t0)), Math.round(x(Math.min(span.t1, curve.t1)))];
    context.rect(from, box.top, Math.max(0, left - from), box.height);
    context.moveTo(left, floor);
    traceSteps(sheet, curve, left, right, true);
    context.lineTo(right, floor);
    context.closePath();
    from = right;
  }
  context.rect(from, box.top, Math.max(0, box.left + box.width - from), box.height);
  context.clip();
}

export function strokeCurves(sheet: Sheet, curved: readonly CurvedSpan[]): void {
  const { context, ink, x } = sheet;
  context.strokeStyle = ink.lane;
  context.lineWidth = 1.25;
  context.lineJoin = 'bevel';
  context.beginPath();
  for (const { span, curve } of curved)
    if (curve) traceSteps(sheet, curve, x(span.t0), x(Math.min(span.t1, curve.t1)), false);
  context.stroke();
}

/** Each value until the next, within the view. */
function traceSteps(
  { context, view, x, y }: Sheet,
  { line: { times, values } }: PlacedCurve,
  left: number,
  right: number,
  isJoined: boolean,
): void {
  const from = Math.max(0, lowerBound(times, view.t0) - 1);
  const to = Math.min(times.length, lowerBound(times, view.t1) + 1);
  let level = y(values[from] ?? 0);
  if (isJoined) context.lineTo(left, level);
  else context.moveTo(left, level);
  for (let i = from + 1; i < to; i++) {
    const at = Math.min(right, Math.max(left, x(times[i]!)));
    context.lineTo(at, level);
    level = y(values[i]!);
    context.lineTo(at, level);
  }
  context.lineTo(right, level);
}
