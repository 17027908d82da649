/** The chart of a session: the measured line over the stacked predicted bands, with the phases in a lane beneath. */

import { formatBytes, formatDuration } from '../../shared/base/format';
import { greatest } from '../../shared/base/statistics';
import type { Micros } from '../../shared/base/units';
import { type Component, PHASES } from '../../shared/base/vocabulary';
import type { Budget, ComponentBytes } from '../../shared/budget/types';
import type { OverlayPhase } from '../../shared/divergence/overlay/types';
import { LINE_COLORS, STACK_ORDER } from '../../shared/present/colors';
import { componentName } from '../../shared/present/names';
import { drawPhases, type PhaseBar } from '../../shared/session/phase-bars';
import { envelope } from '../../shared/trace/envelope';
import { sampleCount } from '../../shared/trace/series';
import type { SeriesData } from '../../shared/trace/types';
import { axes, buildFrame, type Frame, linePath, peakMark, round } from './chart-frame';
import { escapeHtml } from './escape';
import type { ChartReadings } from './html-script';
import type { ReportInput } from './protocol';

/** More bands than columns cannot be told apart: per column the highest is drawn. */
const COLUMNS = 500;

/** A stretch of time with the bytes that are predicted for it. */
interface PredictedSpan {
  readonly t0: Micros;
  readonly t1: Micros;
  readonly components: ComponentBytes;
  readonly total: number;
}

export function sessionChart({ doc, budget, series }: ReportInput): string {
  const { overlay, durationUs } = doc;
  const line = findLine(series, overlay.series);
  const spans = thinned(predictedSpans(overlay.phases, budget, durationUs), durationUs);
  const highest = Math.max(
    overlay.measuredPeak?.bytes ?? 0,
    overlay.predictedPeak.refined ?? 0,
    overlay.predictedPeak.textbook ?? 0,
    ...spans.map(({ total }) => total),
  );
  if (highest <= 0) return '';
  const lane = overlay.phases.length > 0;
  const frame = buildFrame(durationUs, highest, lane ? 66 : 34);
  const laneY = frame.top + frame.plotHeight + 8;
  const peak = overlay.measuredPeak;
  return [
    `<svg viewBox="0 0 ${frame.width} ${frame.height}" role="img" data-chart="${escapeHtml(JSON.stringify(readable(frame, doc, spans, line)))}" aria-label="${escapeHtml(altText(doc.name, overlay.series, peak?.bytes ?? null, overlay.predictedPeak.refined))}">`,
    bands(frame, spans),
    axes(frame, laneY + (lane ? 38 : 16)),
    level(frame, overlay.predictedPeak.refined, 'refined'),
    level(frame, overlay.predictedPeak.textbook, 'textbook'),
    lane ? phaseLane(frame, overlay.phases, laneY) : '',
    line ? measuredLine(frame, line, overlay.baselineBytes, durationUs, 'var(--line)') : '',
    peak
      ? peakMark(
          frame,
          peak.at,
          peak.bytes,
          `peak ${formatBytes(peak.bytes)} at ${formatDuration(peak.at)}`,
          'var(--line)',
        )
      : '',
    '</svg>',
  ].join('');
}

/** What the page's script reads out under the pointer; kept to what the picture's width can tell apart. */
function readable(
  { left, top, plotWidth, plotHeight }: Frame,
  { overlay, durationUs }: ReportInput['doc'],
  spans: readonly PredictedSpan[],
  line: SeriesData | undefined,
): ChartReadings {
  const samples = line && envelope(line, 0, durationUs, Math.round(plotWidth / 2));
  const parts = STACK_ORDER.filter((component) =>
    spans.some(({ components }) => (components[component] ?? 0) > 0),
  );
  return {
    plot: [left, top, plotWidth, plotHeight],
    end: durationUs,
    times: [...(samples?.times ?? [])],
    values: [...(samples?.values ?? [])].map((value) =>
      Number.isNaN(value) ? null : value - overlay.baselineBytes,
    ),
    parts: parts.map((component) => [component, componentName(component)]),
    spans: spans.map(({ t0, t1, total, components }) => [
      t0,
      t1,
      total,
      ...parts.map((component) => components[component] ?? 0),
    ]),
  };
}

/** Several sessions on one pair of axes, each from its own start. */
export function comparisonChart(inputs: readonly ReportInput[]): string {
  const duration = Math.max(...inputs.map(({ doc }) => doc.durationUs));
  const highest = Math.max(...inputs.map(({ doc }) => doc.overlay.measuredPeak?.bytes ?? 0));
  if (highest <= 0) return '';
  const frame = buildFrame(duration, highest, 34);
  const lines = inputs.map(({ doc, series }, i) => {
    const line = findLine(series, doc.overlay.series);
    return line
      ? measuredLine(frame, line, doc.overlay.baselineBytes, doc.durationUs, sessionColor(i))
      : '';
  });
  const peaks = inputs.map(({ doc }, i) => {
    const peak = doc.overlay.measuredPeak;
    return peak
      ? peakMark(frame, peak.at, peak.bytes, formatBytes(peak.bytes), sessionColor(i))
      : '';
  });
  return `<svg viewBox="0 0 ${frame.width} ${frame.height}" role="img" aria-label="Measured memory of ${inputs.length} sessions, each from its start">${axes(frame, frame.top + frame.plotHeight + 24)}${lines.join('')}${peaks.join('')}</svg>`;
}

export function sessionColor(index: number): string {
  return `var(--s-${index % LINE_COLORS.length})`;
}

export function componentColor(component: Component): string {
  return `var(--c-${component})`;
}

/** Components that have a band, from the top of the stack down, with their bytes at the predicted peak. */
export function buildLegend({
  doc,
  budget,
}: ReportInput): { component: Component; bytes: number }[] {
  const spans = predictedSpans(doc.overlay.phases, budget, doc.durationUs);
  return STACK_ORDER.toReversed().flatMap((component) => {
    const bytes = greatest([0, ...spans.map(({ components }) => components[component] ?? 0)]);
    return bytes > 0 ? [{ component, bytes }] : [];
  });
}

function findLine(series: readonly SeriesData[], id: string | null): SeriesData | undefined {
  return series.find((data) => data.info.id === id && sampleCount(data) > 0);
}

/** Each phase at its highest moment, and between phases what the one before left behind. Of several ranks the first. */
function predictedSpans(
  phases: readonly OverlayPhase[],
  budget: Budget | null,
  durationUs: Micros,
): PredictedSpan[] {
  if (!budget) return [];
  const rank = phases[0]?.rank;
  const known = phases.filter((row) => row.rank === rank && row.predictedComponents !== null);
  const [first] = known;
  if (first === undefined) {
    const { components, total } = budget.tiers.refined;
    return [{ t0: 0, t1: durationUs, components, total }];
  }
  const spans: PredictedSpan[] = [];
  let reached = first.span[0];
  let left: { components: ComponentBytes; total: number } | null = null;
  for (const row of known) {
    const [t0, t1] = [Math.max(reached, row.span[0]), row.span[1]];
    if (left && t0 > reached) spans.push({ t0: reached, t1: t0, ...left });
    if (t1 > t0)
      spans.push({
        t0,
        t1,
        components: row.predictedComponents ?? {},
        total: row.predicted.refined ?? 0,
      });
    left = { components: row.predictedEndComponents ?? {}, total: row.predictedEnd.refined ?? 0 };
    reached = Math.max(reached, t1);
  }
  return spans;
}

function thinned(spans: readonly PredictedSpan[], durationUs: Micros): readonly PredictedSpan[] {
  if (spans.length <= COLUMNS) return spans;
  const width = Math.max(1, durationUs) / COLUMNS;
  const columns = new Map<number, PredictedSpan>();
  for (const span of spans) {
    for (
      let column = Math.floor(span.t0 / width);
      column <= Math.floor(span.t1 / width);
      column++
    ) {
      if (span.total > (columns.get(column)?.total ?? -1)) columns.set(column, span);
    }
  }
  return [...columns]
    .sort(([a], [b]) => a - b)
    .map(([column, span]) => ({ ...span, t0: column * width, t1: (column + 1) * width }));
}

function bands(frame: Frame, spans: readonly PredictedSpan[]): string {
  const floors = spans.map(() => 0);
  return STACK_ORDER.map((component) => {
    let path = '';
    spans.forEach((span, i) => {
      const bytes = span.components[component] ?? 0;
      if (bytes <= 0) return;
      const [x0, x1] = [round(frame.x(span.t0)), round(frame.x(span.t1))];
      path += `M${x0} ${round(frame.y(floors[i]!))}V${round(frame.y(floors[i]! + bytes))}H${x1}V${round(frame.y(floors[i]!))}Z`;
      floors[i]! += bytes;
    });
    return path
      ? `<path class="band" data-part="${component}" style="fill:${componentColor(component)}" d="${path}"><title>${componentName(component)}</title></path>`
      : '';
  }).join('');
}

function level(frame: Frame, bytes: number | null, tier: 'refined' | 'textbook'): string {
  if (bytes === null) return '';
  const y = round(frame.y(bytes));
  const { left, plotWidth } = frame;
  return `<g class="level ${tier}"><line x1="${left}" x2="${left + plotWidth}" y1="${y}" y2="${y}"/><title>${tier} peak ${formatBytes(bytes)}</title></g>`;
}

function phaseLane(frame: Frame, phases: readonly OverlayPhase[], y: number): string {
  const rank = phases[0]?.rank;
  const end = phases.reduce((latest, { span }) => Math.max(latest, span[1]), 0);
  const shown = drawPhases(
    phases.filter((row) => row.rank === rank),
    0,
    end,
    frame.plotWidth,
  );
  // One path per phase keeps many steps small; names stand where there is room.
  const fills = [...PHASES, null].map((phase) => {
    const path = shown
      .filter((bar) => bar.phase === phase)
      .map(
        ({ span: [t0, t1] }) =>
          `M${round(frame.x(t0))} ${y}H${round(Math.max(frame.x(t1), frame.x(t0) + 0.6))}v14H${round(frame.x(t0))}Z`,
      )
      .join('');
    return path
      ? `<path class="phase" style="fill:var(--p-${phase ?? 'idle'})" d="${path}"><title>${phase ?? 'several phases'}</title></path>`
      : '';
  });
  const flags = shown
    .filter(({ flagged }) => flagged > 0)
    .map(
      ({ span: [t0, t1] }) =>
        `M${round(frame.x(t0))} ${y + 16}H${round(Math.max(frame.x(t1), frame.x(t0) + 1))}`,
    )
    .join('');
  return `${fills.join('')}${flags ? `<path class="flag" d="${flags}"/>` : ''}${shown.map((bar) => phaseLabel(frame, bar, y)).join('')}`;
}

function phaseLabel(frame: Frame, { phase, span: [t0, t1], count, worst }: PhaseBar, y: number) {
  if (phase === null || count > 1) return '';
  const width = frame.x(t1) - frame.x(t0);
  const label = worst.step === null ? phase : `${phase} ${worst.step}`;
  const text = [label, phase].find((words) => width > words.length * 6.4 + 6);
  return text === undefined
    ? ''
    : `<text class="phase-name" text-anchor="middle" x="${round((frame.x(t0) + frame.x(t1)) / 2)}" y="${y + 7}" dy="0.34em">${escapeHtml(text)}</text>`;
}

function measuredLine(
  frame: Frame,
  line: SeriesData,
  baseline: number,
  durationUs: Micros,
  color: string,
): string {
  const { times, values } = envelope(line, 0, durationUs, Math.round(frame.plotWidth));
  const path = linePath(frame, times, values, baseline);
  return `<path class="halo" d="${path}"/><path class="line" style="stroke:${color}" d="${path}"/>`;
}

function altText(
  name: string,
  series: string | null,
  measured: number | null,
  predicted: number | null,
): string {
  return `Memory of ${name} over time${series === null ? '' : `, measured by ${series}`}: measured peak ${formatBytes(measured)}, predicted peak ${formatBytes(predicted)}`;
}
