/**
 * The budget in the picture of a report, as the window draws it: bands that end at the predicted curve where theory and
 * trace know one, fade where a phase is known by its highest moment alone, and the levels that hold for the whole run.
 */
import { formatBytes } from '../../shared/base/format';
import type { Bytes, Micros } from '../../shared/base/units';
import type { Component } from '../../shared/base/vocabulary';
import { type BudgetPicture, drawBudget } from '../../shared/picture/budget-picture';
import { curvedRank, type PlacedCurve } from '../../shared/picture/placed-curves';
import { indexAt, type PredictedSpan, visibleSpans } from '../../shared/picture/predicted-spans';
import { STACK_ORDER } from '../../shared/present/colors';
import { componentName } from '../../shared/present/names';
import { type Frame, PICTURE_COLUMNS, round } from './chart-frame';
import { escapeHtml } from './escape';
import type { ReportInput } from './protocol';

/** Narrower spans show no gradient. */
const FADED_PX = 10;
/** How much of the page's colour lies over a band where it is only a ceiling. */
const FADE = 0.62;
/** Dashes need room. */
const DASHED_PX = 12;
/** What the name of a level takes. */
const LABEL_ROOM = 18;

export interface DrawnBudget {
  readonly picture: BudgetPicture;
  /** What the picture's width can tell apart. */
  readonly spans: readonly PredictedSpan[];
  /** Of each span, where there is one. */
  readonly curves: readonly (PlacedCurve | null)[];
}

export function layBudget({ doc, budget, curves }: ReportInput): DrawnBudget {
  const picture = drawBudget(doc, budget, 'refined');
  const end = doc.durationUs;
  const spans = visibleSpans(
    picture.levels.within({ t0: 0, t1: end }, PICTURE_COLUMNS),
    0,
    end,
    PICTURE_COLUMNS / 3,
  );
  const rank = curvedRank(doc.overlay.series);
  const own = (curves?.curves ?? []).filter((curve) => curve.rank === rank);
  return {
    picture,
    spans,
    curves: spans.map((span) => {
      const middle = (span.t0 + span.t1) / 2;
      const found = span.held ? undefined : own[indexAt(own, middle, ({ t0 }) => t0)];
      return found && middle <= found.t1 ? found : null;
    }),
  };
}

/** `id` names what it defines, and is the picture's alone on its page. */
export function budgetBands(frame: Frame, drawn: DrawnBudget, id: string): string {
  const { picture, spans, curves } = drawn;
  if (spans.length === 0) return '';
  const isCurved = curves.some((curve) => curve !== null);
  const clip = `below-${escapeHtml(id)}`;
  const gradient = `fade-${escapeHtml(id)}`;
  return [
    `<linearGradient id="${gradient}" x2="0" y2="1"><stop class="fade" stop-opacity="${FADE}"/><stop class="fade" offset="1" stop-opacity="0"/></linearGradient>`,
    isCurved ? `<clipPath id="${clip}"><path d="${belowCurves(frame, drawn)}"/></clipPath>` : '',
    `<g${isCurved ? ` clip-path="url(#${clip})"` : ''}>${bands(frame, spans)}</g>`,
    `<g fill="url(#${gradient})">${picture.isWhole ? fadeWhole(frame, picture) : fadeSpans(frame, drawn)}</g>`,
    ceiling(frame, drawn),
    isCurved
      ? `<path class="curve" d="${curveLines(frame, drawn)}"><title>predicted within a phase</title></path>`
      : '',
  ].join('');
}

/** A null component is a total that is not split. */
function bands(frame: Frame, spans: readonly PredictedSpan[]): string {
  const floors = spans.map(() => 0);
  const component = (part: Component | null): string => {
    let path = '';
    for (const [i, span] of spans.entries()) {
      const { t0, t1 } = span;
      const bytes = part === null ? unsplitTotal(span) : (span.parts?.[part] ?? 0);
      if (bytes <= 0) continue;
      const floor = floors[i]!;
      floors[i] = floor + bytes;
      const [y0, y1] = [round(frame.y(floor)), round(frame.y(floor + bytes))];
      path += `M${round(frame.x(t0))} ${y0}V${y1}H${round(frame.x(t1))}V${y0}Z`;
    }
    const [name, words] = part === null ? ['whole', 'not split'] : [part, componentName(part)];
    return path
      ? `<path class="band" data-part="${name}" style="fill:var(--c-${name})" d="${path}"><title>${words}</title></path>`
      : '';
  };
  return [null, ...STACK_ORDER].map(component).join('');
}

const unsplitTotal = ({ parts, total }: PredictedSpan): Bytes => (parts ? 0 : total);

/** All below the curves, and all beside them. */
function belowCurves(frame: Frame, { spans, curves }: DrawnBudget): string {
  const { left, top, plotWidth, plotHeight } = frame;
  const floor = top + plotHeight;
  let path = '';
  let from = left;
  for (const [i, span] of spans.entries()) {
    const curve = curves[i];
    if (!curve) continue;
    const [x0, x1] = [frame.x(span.t0), frame.x(Math.min(span.t1, curve.t1))];
    path += `M${round(from)} ${top}H${round(x0)}V${floor}H${round(from)}Z`;
    path += `M${round(x0)} ${floor}V${steps(frame, curve, x0, x1)}V${floor}Z`;
    from = x1;
  }
  return `${path}M${round(from)} ${top}H${left + plotWidth}V${floor}H${round(from)}Z`;
}

function curveLines(frame: Frame, { spans, curves }: DrawnBudget): string {
  return spans
    .map((span, i) => {
      const curve = curves[i];
      if (!curve) return '';
      const [x0, x1] = [frame.x(span.t0), frame.x(Math.min(span.t1, curve.t1))];
      return `M${round(x0)} ${steps(frame, curve, x0, x1)}`;
    })
    .join('');
}

/** From its first height on: each value until the next. */
function steps(
  frame: Frame,
  { line: { times, values } }: PlacedCurve,
  x0: number,
  x1: number,
): string {
  let level = round(frame.y(values[0] ?? 0));
  let path = level;
  for (let i = 1; i < times.length; i++) {
    const next = round(frame.y(values[i]!));
    if (next === level) continue;
    path += `H${round(Math.min(x1, Math.max(x0, frame.x(times[i]!))))}V${next}`;
    level = next;
  }
  return `${path}H${round(x1)}`;
}

/** Of a phase without a curve, nothing tells when in it the highest moment comes. */
function fadeSpans(frame: Frame, { spans, curves }: DrawnBudget): string {
  return spans
    .map((span, i) => {
      if (span.held || span.parts === null || curves[i]) return '';
      const [x0, x1] = [frame.x(span.t0), frame.x(span.t1)];
      if (x1 - x0 < FADED_PX) return '';
      const before = heldTotal(spans[i - 1]) ?? 0;
      const certain = Math.min(span.total, before, heldTotal(spans[i + 1]) ?? before);
      return fade(frame, [x0, x1], [certain, span.total]);
    })
    .join('');
}

const heldTotal = (beside: PredictedSpan | undefined): Bytes | null =>
  beside?.held ? beside.total : null;

const fadeWhole = (frame: Frame, { resting, ceiling }: BudgetPicture): string =>
  fade(frame, [frame.left, frame.left + frame.plotWidth], [resting ?? 0, ceiling]);

function fade(
  frame: Frame,
  [x0, x1]: readonly [number, number],
  [from, to]: readonly [Bytes, Bytes],
): string {
  const [bottom, top] = [frame.y(from), frame.y(to)];
  return bottom - top < 2
    ? ''
    : `<rect x="${round(x0)}" y="${round(top)}" width="${round(x1 - x0)}" height="${round(bottom - top)}"/>`;
}

/** Dashed where its steps have room. A curve of operations reaches it by itself; between the edges of blocks more may stand. */
function ceiling(frame: Frame, { spans, curves }: DrawnBudget): string {
  let path = '';
  let end: Micros | null = null;
  for (const [i, { t0, t1, total }] of spans.entries()) {
    const curve = curves[i];
    const from: Micros = curve?.of === 'operations' ? curve.t1 : t0;
    if (from >= t1) continue;
    const y = round(frame.y(total));
    path += end === from ? `V${y}` : `M${round(frame.x(from))} ${y}`;
    path += `H${round(frame.x(t1))}`;
    end = t1;
  }
  const isDashed = spans.length < PICTURE_COLUMNS / DASHED_PX;
  return path ? `<path class="ceiling${isDashed ? ' dashed' : ''}" d="${path}"/>` : '';
}

/** What holds for the whole run, each with its name: the device's capacity, what is expected, and without phases rest and peak. */
export function budgetLevels(frame: Frame, { picture }: DrawnBudget): string {
  const { capacity, expected, isWhole, resting, ceiling: most } = picture;
  const parts: string[] = [];
  if (capacity) {
    const words = `${formatBytes(capacity.bytes)} ${capacity.name}`;
    const isWithin = capacity.bytes <= frame.highest;
    parts.push(isWithin ? level(frame, capacity.bytes, words, 'capacity') : beyond(frame, words));
  }
  if (expected !== null)
    parts.push(
      level(frame, expected, `expected ${formatBytes(expected)}, by its own first steps`, 'named'),
    );
  if (isWhole && resting && frame.y(resting) - frame.y(most) > 2 * LABEL_ROOM)
    parts.push(level(frame, resting, `at rest ${formatBytes(resting)}`, 'named'));
  return parts.join('');
}

function level(frame: Frame, bytes: Bytes, words: string, kind: string): string {
  const y = frame.y(bytes);
  const { left, plotWidth } = frame;
  const name = y - frame.top > LABEL_ROOM ? y - 6 : y + 14;
  return `<g class="level ${kind}"><line x1="${left}" x2="${left + plotWidth}" y1="${round(y)}" y2="${round(y)}"/><text x="${left + 8}" y="${round(name)}">${escapeHtml(words)}</text></g>`;
}

/** Above the picture: its triangle is drawn, since not every font has one. */
const beyond = ({ left, top }: Frame, words: string): string =>
  `<g class="beyond"><path d="M${left + 8} ${top - 8}h9l-4.5 -8z"/><text x="${left + 21}" y="${top - 8}">${escapeHtml(words)}</text></g>`;
