/**
 * The frame of a report's chart: scales, ticks, grid and axes as SVG text. Colours are CSS variables of the page, so
 * that one picture serves light, dark and paper.
 */
import { formatBytes, formatDuration } from '../../shared/base/format';
import type { Bytes, Micros } from '../../shared/base/units';
import { escapeHtml } from './escape';

export interface Frame {
  readonly width: number;
  readonly height: number;
  readonly left: number;
  readonly top: number;
  readonly plotWidth: number;
  readonly plotHeight: number;
  /** At the upper edge of the plot. */
  readonly highest: Bytes;
  x(t: Micros): number;
  y(bytes: Bytes): number;
}

const MARGIN = { left: 74, right: 18, top: 30 } as const;
const WIDTH = 1080;
/** What the plot is wide: finer than this nothing is seen. */
export const PICTURE_COLUMNS = WIDTH - MARGIN.left - MARGIN.right;

export const round = (n: number): string => String(Math.round(n * 10) / 10);

export function buildFrame(
  duration: Micros,
  highest: Bytes,
  below: number,
): Frame & { readonly xTicks: number[]; readonly yTicks: number[] } {
  const { left, top } = MARGIN;
  const [plotWidth, plotHeight] = [PICTURE_COLUMNS, 300];
  const ceiling = Math.max(1024, highest * 1.05);
  const yTicks = byteTicks(ceiling);
  const span = Math.max(1, duration);
  return {
    width: WIDTH,
    height: top + plotHeight + below,
    left,
    top,
    plotWidth,
    plotHeight,
    highest: ceiling,
    yTicks,
    xTicks: timeTicks(span),
    x: (t) => left + (plotWidth * Math.min(Math.max(t, 0), span)) / span,
    y: (bytes) => top + plotHeight * (1 - Math.min(Math.max(bytes, 0), ceiling) / ceiling),
  };
}

/** From 0 to the last tick below `ceiling`, four to nine of them at powers of two (and halves between). */
function byteTicks(ceiling: Bytes): number[] {
  const wanted = ceiling / 6;
  const power = 2 ** Math.floor(Math.log2(wanted));
  const step = power * ([1, 1.5].find((factor) => wanted <= power * factor) ?? 2);
  return Array.from({ length: Math.floor(ceiling / step) + 1 }, (_, i) => i * step);
}

function timeTicks(duration: Micros): number[] {
  const wanted = duration / 8;
  const power = 10 ** Math.floor(Math.log10(Math.max(1, wanted)));
  const step = Math.max(
    1,
    power * ([1, 2, 5, 10].find((factor) => power * factor >= wanted) ?? 10),
  );
  return Array.from({ length: Math.floor(duration / step) + 1 }, (_, i) => i * step);
}

/** Grid, tick labels and the axis titles; `axisY` is where the time axis' labels stand. */
export function axes(frame: ReturnType<typeof buildFrame>, axisY: number): string {
  const { left, plotWidth, top, plotHeight } = frame;
  const rows = frame.yTicks.map((bytes) => {
    const y = round(frame.y(bytes));
    return `<line class="grid" x1="${left}" x2="${left + plotWidth}" y1="${y}" y2="${y}"/><text class="tick" text-anchor="end" x="${left - 8}" y="${y}" dy="0.32em">${bytes === 0 ? '0' : formatBytes(bytes)}</text>`;
  });
  const columns = frame.xTicks.map((t) => {
    const x = round(frame.x(t));
    return `<line class="axis" x1="${x}" x2="${x}" y1="${top + plotHeight}" y2="${top + plotHeight + 4}"/><text class="tick" text-anchor="middle" x="${x}" y="${axisY}">${t === 0 ? '0' : formatDuration(t)}</text>`;
  });
  return [
    ...rows,
    ...columns,
    `<line class="axis" x1="${left}" x2="${left + plotWidth}" y1="${top + plotHeight}" y2="${top + plotHeight}"/>`,
  ].join('');
}

/** A path through points, broken where a value is NaN. */
export function linePath(
  frame: Frame,
  times: Float64Array,
  values: Float64Array,
  baseline: Bytes,
): string {
  let path = '';
  let pen = false;
  for (let i = 0; i < times.length; i++) {
    const value = values[i]!;
    if (Number.isNaN(value)) {
      pen = false;
      continue;
    }
    path += `${pen ? 'L' : 'M'}${round(frame.x(times[i]!))} ${round(frame.y(value - baseline))}`;
    pen = true;
  }
  return path;
}

/** A dot with its label, kept inside the plot. */
export function peakMark(
  frame: Frame,
  t: Micros,
  bytes: Bytes,
  label: string,
  color: string,
): string {
  const [x, y] = [frame.x(t), frame.y(bytes)];
  const width = label.length * 6.6 + 14;
  const before = x + width + 14 > frame.left + frame.plotWidth;
  const boxX = before ? x - width - 9 : x + 9;
  const boxY = Math.max(frame.top - 26, y - 27);
  return `<g class="peak"><circle cx="${round(x)}" cy="${round(y)}" r="4.5" style="fill:${color}"/><rect x="${round(boxX)}" y="${round(boxY)}" width="${round(width)}" height="20" rx="5"/><text x="${round(boxX + width / 2)}" y="${round(boxY + 10)}" dy="0.34em" text-anchor="middle">${escapeHtml(label)}</text></g>`;
}
