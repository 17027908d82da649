/** The lanes of a comparison: the measured lines, in one lane or beneath each other, and each one's difference to the base. */
import { ABSENT, formatBytes, formatSignedBytes } from '../../../shared/base/format';
import type { Bytes, Micros } from '../../../shared/base/units';
import { COMPONENTS } from '../../../shared/base/vocabulary';
import type { ComponentBytes } from '../../../shared/budget/types';
import { letter } from '../../../shared/present/comparison';
import { seriesName } from '../../../shared/trace/series-names';
import type { Lane, Sheet, ValueScale } from '../../chart/lane';
import { paintLine } from '../../chart/paint-lines';
import { COMPONENT_COLOR } from '../../chart/palette';
import { byteLabel, byteScale, HEADROOM } from '../../chart/scale';
import type { AlignedSession } from './aligned-session';
import { differences } from './difference';
import { paintMark, sessionColor, sessionDash } from './session-mark';

export type Layout = 'overlaid' | 'beside';

export function compareLanes(
  sessions: readonly AlignedSession[],
  base: AlignedSession | undefined,
  layout: Layout,
  labels: readonly string[],
  end: Micros,
): readonly Lane[] {
  const scale = memoryScale(sessions);
  const lines =
    layout === 'overlaid'
      ? [lineLane('lines', 'Measured memory', sessions, scale, 240)]
      : sessions.map((each) =>
          lineLane(
            `line-${each.place}`,
            `${letter(each.place)}  ${labels[each.place] ?? ''}`,
            [each],
            scale,
            110,
          ),
        );
  if (base === undefined) return lines;
  const others = sessions.filter((each) => each !== base);
  const bound = differenceBound(others, base, end);
  return [...lines, ...others.map((each) => differenceLane(each, base, bound))];
}

/** What was measured, where it is one thing. */
function nameLine(sessions: readonly AlignedSession[]): string {
  const names = new Set(
    sessions.map(({ session: { overlay } }) =>
      overlay.series === null ? 'nothing measured' : seriesName(overlay.series),
    ),
  );
  return names.size === 1 ? [...names].join() : 'different lines';
}

function memoryScale(sessions: readonly AlignedSession[]): ValueScale {
  const highest = Math.max(1, ...sessions.map(({ peak }) => peak?.bytes ?? 0));
  const { max, step } = byteScale(highest * HEADROOM, 5);
  const count = Math.round(max / step) + 1;
  const ticks = Array.from({ length: count }, (_, i) => ({
    value: i * step,
    label: byteLabel(i * step, step),
  }));
  return { min: 0, max, ticks };
}

function lineLane(
  id: string,
  name: string,
  sessions: readonly AlignedSession[],
  scale: ValueScale,
  height: number,
): Lane {
  return {
    id,
    name,
    unit: nameLine(sessions),
    about: 'Measured memory, what was in use before each run taken off',
    height,
    grows: true,
    scale,
    paint(sheet) {
      for (const each of sessions) paintSession(sheet, each);
      for (const each of sessions) paintPeak(sheet, each);
    },
    readAt: (t, pixelUs) =>
      sessions
        .map((each) => {
          const bytes = each.highestIn({ t0: t, t1: t + pixelUs }, t, t + pixelUs);
          return `${sessions.length > 1 ? `${letter(each.place)} ` : ''}${bytes === null ? ABSENT : formatBytes(bytes)}`;
        })
        .join('  '),
  };
}

function paintSession(sheet: Sheet, each: AlignedSession): void {
  const drawn = each.line(sheet.view);
  if (!drawn) return;
  const line = { ...drawn, less: each.session.overlay.baselineBytes, between: 'joined' as const };
  paintLine(sheet, line, {
    color: sessionColor(each.place),
    width: 1.75,
    dash: sessionDash(each.place),
  });
}

const MARK_LIFT = 13;

function paintPeak(sheet: Sheet, { place, peak }: AlignedSession): void {
  if (!peak || peak.t < sheet.view.t0 || peak.t > sheet.view.t1) return;
  const { box } = sheet;
  const x = Math.min(Math.max(sheet.x(peak.t), box.left + 12), box.left + box.width - 12);
  paintMark(sheet, place, x, Math.max(box.top + 10, sheet.y(peak.bytes) - MARK_LIFT));
}

/** Places of the axis that the widest difference is looked for at. */
const PROBES = 400;

/** The widest difference over the whole axis, measured or predicted: the lane's axis, whatever is in sight. */
function differenceBound(
  others: readonly AlignedSession[],
  base: AlignedSession,
  end: Micros,
): Bytes {
  const us = end / PROBES;
  const whole = { t0: 0, t1: end };
  const from = base.rangesIn(whole, 0, us, PROBES);
  let widest = 1;
  for (const each of others) {
    for (const change of differences(each.rangesIn(whole, 0, us, PROBES), from))
      widest = Math.max(widest, Math.abs(change ?? 0));
    for (let i = 0; i < PROBES; i++) {
      const { up, down } = sumDifferences(each.predictedAt(i * us), base.predictedAt(i * us));
      widest = Math.max(widest, up, down);
    }
  }
  return widest * HEADROOM;
}

function sumDifferences(
  own: ComponentBytes | null,
  other: ComponentBytes | null,
): { readonly up: Bytes; readonly down: Bytes } {
  let [up, down] = [0, 0];
  if (own && other)
    for (const component of COMPONENTS) {
      const change = (own[component] ?? 0) - (other[component] ?? 0);
      up += Math.max(0, change);
      down += Math.max(0, -change);
    }
  return { up, down };
}

function differenceLane(each: AlignedSession, base: AlignedSession, bound: Bytes): Lane {
  const name = `${letter(each.place)} − ${letter(base.place)}`;
  return {
    id: `difference-${each.place}`,
    name,
    unit: 'measured; bands: predicted',
    about: `What ${letter(each.place)} holds more (above the line) or less (below) than ${letter(base.place)} at the same place of the axis. The line is measured, the bands are what the two predictions differ in, by component.`,
    height: 92,
    scale: {
      min: -bound,
      max: bound,
      ticks: [
        { value: bound, label: `+${formatBytes(bound)}` },
        { value: 0, label: '0' },
        { value: -bound, label: `−${formatBytes(bound)}` },
      ],
    },
    paint: (sheet) => paintDifference(sheet, each, base),
    readAt(t, pixelUs) {
      const us = COLUMN_PX * pixelUs;
      const view = { t0: t, t1: t + us };
      const [own, other] = [each, base].map((one) => one.rangesIn(view, t - us, us, 3));
      const change = differences(own ?? [], other ?? [])[1] ?? null;
      return change === null ? ABSENT : formatSignedBytes(change);
    },
  };
}

/** Pixels of one column of the difference. */
const COLUMN_PX = 2;

function paintDifference(sheet: Sheet, each: AlignedSession, base: AlignedSession): void {
  const { context, ink, view, box, x, y } = sheet;
  const us = (COLUMN_PX * (view.t1 - view.t0)) / box.width;
  const count = Math.ceil(box.width / COLUMN_PX);
  const [own, other] = [each, base].map((one) => one.rangesIn(view, view.t0, us, count));
  const zero = y(0);
  const line = new Path2D();
  let isDown = false;
  differences(own ?? [], other ?? []).forEach((change, column) => {
    const t = view.t0 + column * us;
    paintComponents(sheet, each, base, t, x(t));
    if (change !== null) {
      const at = Math.min(Math.max(y(change), box.top), box.top + box.height);
      if (isDown) line.lineTo(x(t), at);
      else line.moveTo(x(t), at);
    }
    isDown = change !== null;
  });
  context.strokeStyle = ink.axis;
  context.lineWidth = 1;
  context.beginPath();
  context.moveTo(box.left, Math.round(zero) + 0.5);
  context.lineTo(box.left + box.width, Math.round(zero) + 0.5);
  context.stroke();
  context.strokeStyle = ink.measured;
  context.lineWidth = 1.5;
  context.lineJoin = 'round';
  context.stroke(line);
}

const BAND_OPACITY = 0.75;

/** What the two predictions differ in, one above the other: more upwards, less downwards. */
function paintComponents(
  { context, y }: Sheet,
  each: AlignedSession,
  base: AlignedSession,
  t: Micros,
  left: number,
): void {
  if (t < Math.max(each.span.t0, base.span.t0) || t > Math.min(each.span.t1, base.span.t1)) return;
  const [own, other] = [each.predictedAt(t), base.predictedAt(t)];
  if (!own || !other) return;
  let [up, down] = [0, 0];
  context.globalAlpha = BAND_OPACITY;
  for (const component of COMPONENTS) {
    const change = (own[component] ?? 0) - (other[component] ?? 0);
    if (change === 0) continue;
    const from = change > 0 ? up : down;
    const [a, b] = [y(from), y(from + change)];
    context.fillStyle = COMPONENT_COLOR[component];
    context.fillRect(left, Math.min(a, b), COLUMN_PX, Math.abs(b - a));
    if (change > 0) up += change;
    else down += change;
  }
  context.globalAlpha = 1;
}
