/**
 * Lines of samples on a sheet. Few samples are joined as they are; where they crowd the pixels, every column shows its
 * lowest and highest as a band with the line along the upper edge, so that no peak is ever lost and the cost of a frame
 * follows the pixels, not the samples.
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

export interface LineData {
  readonly envelope: Envelope;
  /** Subtracted from every value: the baseline. */
  readonly less?: number;
  readonly between: Between;
  /** The last sample is held until here, for as long as `longest`: a slow counter says nothing new before its next reading. */
  readonly heldUntil?: Micros;
  readonly longest?: Micros;
}

/** More samples than this to a pixel are drawn as columns. */
const CROWDED = 1.5;
/** Columns of two pixels that are farther apart have none between them that holds a sample. */
const APART_PX = 3;

export function paintLine(sheet: Sheet, line: LineData, style: LineStyle): void {
  const { times } = line.envelope;
  if (times.length === 0) return;
  const from = Math.max(0, lowerBound(times, sheet.view.t0) - 1);
  const to = Math.min(times.length, lowerBound(times, sheet.view.t1) + 1);
  if (to - from > CROWDED * sheet.box.width) paintColumns(sheet, line, style, from, to);
  else paintSamples(sheet, line, style, from, to);
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

function paintColumns(
  sheet: Sheet,
  line: LineData,
  style: LineStyle,
  from: number,
  to: number,
): void {
  const { less = 0 } = line;
  const upper = new Path2D();
  const area = new Path2D();
  const floor = sheet.y(0);
  for (const run of pixelColumns(sheet, line.envelope, from, to)) {
    const { x, low, high, count } = run;
    const top = (i: number) => sheet.y(high[i]! - less);
    for (let i = 0; i < count; i++)
      if (i === 0) upper.moveTo(x[i]!, top(i));
      else upper.lineTo(x[i]!, top(i));
    // Between columns that are apart nothing is known to lie below the line: what they span ends with each of them.
    for (let begin = 0, i = 1; i <= count; i++) {
      if (i < count && (style.area !== undefined || x[i]! - x[i - 1]! <= APART_PX)) continue;
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

interface Columns {
  readonly x: Float64Array;
  readonly low: Float64Array;
  readonly high: Float64Array;
  count: number;
}

/** Lowest and highest of each column of two pixels, one run for every unbroken stretch of samples. */
export function pixelColumns(
  sheet: Pick<Sheet, 'x' | 'box'>,
  { times, values }: Envelope,
  from: number,
  to: number,
): readonly Columns[] {
  const room = Math.ceil(sheet.box.width / 2) + 4;
  const begin = (): Columns => ({
    x: new Float64Array(room),
    low: new Float64Array(room),
    high: new Float64Array(room),
    count: 0,
  });
  const runs: Columns[] = [];
  let run: Columns | null = null;
  let current = Number.NaN;
  const last = room - 4;
  for (let i = from; i < to; i++) {
    const value = values[i]!;
    if (Number.isNaN(value)) {
      run = null;
      continue;
    }
    const at = Math.floor((sheet.x(times[i]!) - sheet.box.left) / 2);
    const column = Math.min(last, Math.max(-1, at));
    if (run === null) {
      run = begin();
      runs.push(run);
      current = Number.NaN;
    }
    if (column !== current) {
      current = column;
      run.x[run.count] = sheet.box.left + column * 2 + 1;
      run.low[run.count] = value;
      run.high[run.count++] = value;
    } else if (value > run.high[run.count - 1]!) run.high[run.count - 1] = value;
    else if (value < run.low[run.count - 1]!) run.low[run.count - 1] = value;
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
