/** A selected span in figures and as Markdown to paste. Pure. */
import {
  formatBytes,
  formatDuration,
  formatEnergy,
  formatPercent,
  formatSignedBytes,
} from '../../../shared/base/format';
import type { Bytes, Micros } from '../../../shared/base/units';
import { componentLabel, LEDGER_NAMES } from '../../../shared/present/names';
import type { Moment } from '../../../shared/session/at-moment';
import type { SeriesStatistics } from '../../../shared/session/statistics';
import { formatReading, seriesName } from '../../../shared/trace/series-names';

export const SELECTION_HEAD = ['', 'lowest', 'mean', 'p95', 'highest', 'in all'] as const;

/** A row a series, its name first. */
export function statisticsCells(of: SeriesStatistics): readonly string[] {
  const { info, min, mean, p95, max } = of;
  const reading = (value: number | null | undefined) => formatReading(value, info.unit);
  return [
    seriesName(info.id),
    reading(min?.value),
    reading(mean),
    reading(p95),
    reading(max?.value),
    integralWords(of),
  ];
}

function integralWords({ integral }: SeriesStatistics): string {
  if (integral === null) return '';
  return integral.unit === 'bytes'
    ? formatBytes(Math.round(integral.value))
    : formatEnergy(integral.value);
}

/** A row as it stands over the budget: less what was in use before the run. */
export function lessBaseline(of: SeriesStatistics, baseline: Bytes): SeriesStatistics {
  const less = <T extends { readonly value: number } | null>(sample: T): T =>
    sample && { ...sample, value: sample.value - baseline };
  const { min, mean, p95, max } = of;
  return {
    ...of,
    min: less(min),
    max: less(max),
    mean: mean === null ? null : mean - baseline,
    p95: p95 === null ? null : p95 - baseline,
  };
}

export interface SelectionFacts {
  readonly name: string;
  readonly span: readonly [Micros, Micros];
  readonly rows: readonly SeriesStatistics[];
  /** At the highest moment of the span. */
  readonly peak: Moment | null;
  /** Time over the budget; null where nothing is predicted. */
  readonly overUs: Micros | null;
}

/** How long a span held more than the budget allows; a run that never did is told so, not as 0 µs. */
export function overBudgetWords(overUs: Micros, [t0, t1]: readonly [Micros, Micros]): string {
  const rounded = Math.round(overUs);
  return rounded === 0
    ? 'Never over the budget'
    : `Over the budget for ${formatDuration(rounded)} (${formatPercent((overUs / Math.max(1, t1 - t0)) * 100)})`;
}

export function selectionMarkdown({ name, span, rows, peak, overUs }: SelectionFacts): string {
  const table = (head: readonly string[], body: readonly (readonly string[])[]) =>
    [head, head.map((_, i) => (i === 0 ? '---' : '---:')), ...body]
      .map((cells) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`)
      .join('\n');
  const ledger = peak?.ledger;
  return [
    `### ${name}, ${formatDuration(span[0])} to ${formatDuration(span[1])} (${formatDuration(span[1] - span[0])})`,
    ...(overUs === null ? [] : [`${overBudgetWords(overUs, span)}.`]),
    table(SELECTION_HEAD, rows.map(statisticsCells)),
    ...(ledger
      ? [
          `What the ${formatBytes(ledger.measured)} at its highest moment are made of:`,
          table(
            ['part', 'bytes'],
            [
              ...ledger.entries.map(({ kind, component, bytes }) => [
                component ? componentLabel(component) : LEDGER_NAMES[kind],
                (kind === 'predicted' ? formatBytes : formatSignedBytes)(bytes),
              ]),
              ['**measured**', `**${formatBytes(ledger.measured)}**`],
            ],
          ),
        ]
      : []),
  ].join('\n\n');
}
