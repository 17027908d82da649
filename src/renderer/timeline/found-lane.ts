/**
 * What the analysis found in the line of a run that announced nothing: its periods, and below them the levels it rests
 * on. Drawn as outlines, so that nobody takes them for phases, which are filled.
 */
import { formatBytes, formatInteger } from '../../shared/base/format';
import type { Micros } from '../../shared/base/units';
import {
  countPeriods,
  type FoundLevel,
  type FoundPeriod,
  type FoundSpans,
  nameLevel,
  namePeriod,
  namePeriodOf,
} from '../../shared/trace/found-spans';
import type { Lane, Sheet } from '../chart/lane';
import { FONT, textWidth } from '../chart/paint-text';

const ROW_PX = 18;
/** Periods narrower than this are drawn as one stretch. */
const NARROW_PX = 4;

type Span = readonly [Micros, Micros];

export function foundLane({ levels, periods }: FoundSpans): Lane {
  const rows = [periods, levels].filter((some) => some.length > 0).length;
  return {
    id: 'found',
    name: 'Found in trace',
    unit: periods.length > 0 ? `${formatInteger(countPeriods(periods))} periods` : '',
    about: 'Levels and periods found in the measured line; the workload announced no phases',
    height: rows * ROW_PX + 4,
    scale: { min: 0, max: 1, ticks: [] },
    paint(sheet) {
      const height = sheet.box.height / rows;
      if (periods.length > 0) paintPeriods(sheet, periods, sheet.box.top, height);
      const top = sheet.box.top + (periods.length > 0 ? height : 0);
      for (const [i, level] of levels.entries())
        paintSpan(sheet, level.span, top, height, namesOfLevel(level, i));
    },
    readAt: (t) => describe({ levels, periods }, t),
  };
}

const namesOfLevel = ({ rest }: FoundLevel, index: number): readonly string[] => [
  `${nameLevel(index)}: ${formatBytes(rest)}`,
  formatBytes(rest),
];

function describe({ levels, periods }: FoundSpans, t: Micros): string {
  const isAt = ({ span }: { readonly span: Span }) => span[0] <= t && t <= span[1];
  const period = periods.find(isAt);
  const level = levels.findIndex(isAt);
  const words = [
    ...(period === undefined ? [] : [namePeriodOf(period, periods)]),
    ...(level < 0 ? [] : [nameLevel(level)]),
  ];
  return words.join(', ') || 'nothing found';
}

/** One by one where they are wide enough; else each stretch of them that knows no pause as one. */
function paintPeriods(
  sheet: Sheet,
  periods: readonly FoundPeriod[],
  top: number,
  height: number,
): void {
  const shown = periods.filter(({ span }) => span[1] >= sheet.view.t0 && span[0] <= sheet.view.t1);
  const width = ({ span }: FoundPeriod) => sheet.x(span[1]) - sheet.x(span[0]);
  if (shown.every((one) => width(one) >= NARROW_PX)) {
    for (const one of shown) {
      const name = namePeriod(one);
      const names = [namePeriodOf(one, periods), name, name.replace(/^periods? /, '')];
      paintSpan(sheet, one.span, top, height, names);
    }
    return;
  }
  for (const stretch of joinStretches(shown)) {
    const [first, last] = [stretch[0]!, stretch.at(-1)!];
    const count = countPeriods(stretch) - first.index + 1;
    const name = `${formatInteger(count)} periods`;
    paintSpan(sheet, [first.span[0], last.span[1]], top, height, [name]);
  }
}

function joinStretches(periods: readonly FoundPeriod[]): FoundPeriod[][] {
  const stretches: FoundPeriod[][] = [];
  for (const one of periods) {
    const open = stretches.at(-1);
    if (open?.at(-1)?.span[1] === one.span[0]) open.push(one);
    else stretches.push([one]);
  }
  return stretches;
}

/** An outline with the first of `names` that fits. */
function paintSpan(
  { context, ink, view, box, x }: Sheet,
  [t0, t1]: Span,
  top: number,
  height: number,
  names: readonly string[],
): void {
  if (t1 < view.t0 || t0 > view.t1) return;
  const left = Math.max(box.left - 2, x(t0)) + 0.5;
  const width = Math.min(box.left + box.width + 2, x(t1)) - left - 0.5;
  context.strokeStyle = ink.lane;
  context.lineWidth = 1;
  context.strokeRect(left, Math.round(top) + 1.5, Math.max(1, width), Math.round(height) - 4);
  const name = names.find((one) => textWidth(one) <= width - 8);
  if (name === undefined) return;
  context.font = `11px ${FONT}`;
  context.textAlign = 'center';
  context.textBaseline = 'middle';
  context.fillStyle = ink.text;
  context.fillText(name, left + width / 2, top + height / 2 + 0.5);
}
