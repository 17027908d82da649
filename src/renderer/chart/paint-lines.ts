/**
 * Lines of samples on a sheet. Few samples are joined as they are; where they crowd the columns they were asked for,
 * every column shows its lowest and highest as a band with the line along the upper edge, so that no peak is ever lost
 * and the cost of a frame follows the pixels, not the samples. What was asked for a wider view keeps its columns while
 * it is drawn larger: joined one by one, the lowest and highest of each would be strokes that nobody measured.
 */
import { lowerBound } from '../../shared/base/search';
import type { Micros } from '../../shared/base/units';
import type { Envelope } from '../../shared/trace/envelope';
import type { Sheet } from './lane';

export interface LineStyle {
  readonly color: string;
  readonly width: number;
  /** Opacity of the area below the line; none without it. */
  readonly area?: number;
  /** Drawn beneath the line, wider, so that it stays legible over bands. */
  readonly halo?: string;
  readonly dash?: readonly number[];
}

/** How samples stand for the time between them: joined, each held until the next, or each true since the one before. */
export type Between = 'joined' | 'held' | 'since';

/** Stretches of time as long as each other, one of which begins at `t0`. */
export interface TimeColumns {
  readonly t0: Micros;
  readonly us: Micros;
}

export interface LineData {
  readonly envelope: Envelope;
  /** The columns it was asked for; a pixel each where they are not told. */
  readonly columns?: TimeColumns;
  /** Subtracted from every value: the baseline. */
  readonly less?: number;
  readonly between: Between;
  /** The last sample is held until here, for as long as `longest`: a slow counter says nothing new before its next reading. */
  readonly heldUntil?: Micros;
  readonly longest?: Micros;
}

/** More samples than this to a column are drawn as columns. */
const CROWDED = 1.5;
/** Narrower columns are drawn together, as near to this as whole ones come. */
const LEAST_COLUMN_PX = 2;
/** Columns that are farther apart than so many have none between them that holds a sample. */
const APART = 1.5;

export function paintLine(sheet: Sheet, line: LineData, style: LineStyle): void {
  const { times } = line.envelope;
  if (times.length === 0) return;
  const from = Math.max(0, lowerBound(times, sheet.view.t0) - 1);
  const to = Math.min(times.length, lowerBound(times, sheet.view.t1) + 1);
  const { view, box } = sheet;
  const pixelUs = (view.t1 - view.t0) / box.width;
  const asked = line.columns ?? { t0: view.t0, us: pixelUs };
  if (to - from > (CROWDED * (view.t1 - view.t0)) / Math.max(pixelUs, asked.us)) {
    const together = Math.max(1, Math.round((LEAST_COLUMN_PX * pixelUs) / asked.us));
    paintColumns(sheet, line, style, { t0: asked.t0, us: asked.us * together });
  } else paintSamples(sheet, line, style, from, to);
}

function paintSamples(
  sheet: Sheet,
  line: LineData,
  style: LineStyle,
  from: number,
  to: number,
): void {
  const { times, values } = line.envelope;
  const { less = 0, between } = line;
  const path = new Path2D();
  const area = new Path2D();
  const floor = sheet.y(0);
  let begun = Number.NaN;
  let [x, y] = [0, 0];
  const end = () => {
    if (Number.isNaN(begun)) return;
    area.lineTo(x, floor);
    area.lineTo(begun, floor);
    begun = Number.NaN;
  };
  for (let i = from; i < to; i++) {
    const value = values[i]!;
    if (Number.isNaN(value)) {
      end();
      continue;
    }
    const [left, before] = [x, y];
    x = sheet.x(times[i]!);
    y = sheet.y(value - less);
    if (Number.isNaN(begun)) {
      begun = x;
      path.moveTo(x, y);
      area.moveTo(x, y);
      continue;
    }
    if (between !== 'joined') {
      const [cornerX, cornerY] = between === 'held' ? [x, before] : [left, y];
      path.lineTo(cornerX, cornerY);
      area.lineTo(cornerX, cornerY);
    }
    path.lineTo(x, y);
    area.lineTo(x, y);
  }
  const last = to === times.length ? sheet.x(lastHeld(line)) : x;
  if (last > x && !Number.isNaN(begun)) {
    x = last;
    path.lineTo(x, y);
    area.lineTo(x, y);
  }
  end();
  stroke(sheet, path, area, style);
}

/** Until when the last sample stands. */
function lastHeld({ envelope: { times }, heldUntil, longest = 0 }: LineData): Micros {
  const last = times[times.length - 1] ?? 0;
  return Math.min(heldUntil ?? last, last + longest);
}

function paintColumns(sheet: Sheet, line: LineData, style: LineStyle, columns: TimeColumns): void {
  const { less = 0 } = line;
  const apart = APART * (sheet.x(columns.us) - sheet.x(0));
  const upper = new Path2D();
  const area = new Path2D();
  const floor = sheet.y(0);
  for (const run of gatherColumns(sheet, line.envelope, columns)) {
    const { x, low, high } = run;
    const count = x.length;
    const top = (i: number) => sheet.y(high[i]! - less);
    for (let i = 0; i < count; i++)
      if (i === 0) upper.moveTo(x[i]!, top(i));
      else upper.lineTo(x[i]!, top(i));
    // Between columns that are apart nothing is known to lie below the line: what they span ends with each of them.
    for (let begin = 0, i = 1; i <= count; i++) {
      if (i < count && (style.area !== undefined || x[i]! - x[i - 1]! <= apart)) continue;
      area.moveTo(x[begin]!, top(begin));
      for (let j = begin + 1; j < i; j++) area.lineTo(x[j]!, top(j));
      for (let j = i - 1; j >= begin; j--)
        area.lineTo(x[j]!, style.area === undefined ? sheet.y(low[j]! - less) : floor);
      begin = i;
    }
  }
  const { halo: _none, ...plain } = style;
  stroke(sheet, upper, area, {
    ...plain,
    area: style.area ?? 0.16,
    width: Math.min(1.5, style.width),
  });
}

/** Of one unbroken stretch of samples. */
interface Columns {
  readonly x: number[];
  readonly low: number[];
  readonly high: number[];
}

/** Lowest and highest of each column in sight, one run for every unbroken stretch of samples. */
function gatherColumns(
  { view, x }: Sheet,
  { times, values }: Envelope,
  { t0, us }: TimeColumns,
): readonly Columns[] {
  // Whole columns, one more on each side, and a sample beyond: so the line comes from where it was.
  const first = Math.floor((view.t0 - t0) / us) - 1;
  const last = Math.floor((view.t1 - t0) / us) + 1;
  const from = Math.max(0, lowerBound(times, t0 + first * us) - 1);
  const to = Math.min(times.length, lowerBound(times, t0 + (last + 1) * us) + 1);
  const runs: Columns[] = [];
  let run: Columns | null = null;
  let current = Number.NaN;
  for (let i = from; i < to; i++) {
    const value = values[i]!;
    if (Number.isNaN(value)) {
      run = null;
      continue;
    }
    const column = Math.floor((times[i]! - t0) / us);
    if (run === null) {
      run = { x: [], low: [], high: [] };
      runs.push(run);
      current = Number.NaN;
    }
    const { low, high } = run;
    const at = low.length - 1;
    if (column !== current) {
      current = column;
      run.x.push(x(t0 + (column + 0.5) * us));
      low.push(value);
      high.push(value);
    } else if (value > high[at]!) high[at] = value;
    else if (value < low[at]!) low[at] = value;
  }
  return runs;
}

function stroke({ context }: Sheet, path: Path2D, area: Path2D, style: LineStyle): void {
  if (style.area !== undefined) {
    context.fillStyle = style.color;
    context.globalAlpha = style.area;
    context.fill(area);
    context.globalAlpha = 1;
  }
  // Round joins cost a software canvas more than the line itself, and show on a wide line alone.
  context.lineJoin = 'bevel';
  context.setLineDash(style.dash ? [...style.dash] : []);
  if (style.halo !== undefined) {
    context.strokeStyle = style.halo;
    context.lineWidth = style.width + 2.5;
    context.stroke(path);
  }
  context.strokeStyle = style.color;
  context.lineWidth = style.width;
  context.stroke(path);
  context.setLineDash([]);
}
