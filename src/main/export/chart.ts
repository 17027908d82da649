/** The chart of a session: the measured line over the stacked predicted bands, with the phases in a lane beneath. */

import { formatBytes, formatDuration } from '../../shared/base/format';
import { greatest } from '../../shared/base/statistics';
import type { Micros } from '../../shared/base/units';
import { type Component, PHASES } from '../../shared/base/vocabulary';
import type { OverlayPhase } from '../../shared/divergence/overlay/types';
import { reachOfAxis } from '../../shared/picture/budget-picture';
import { drawPhases, type PhaseBar } from '../../shared/picture/phase-bars';
import { namePoint, type PlacedCurve } from '../../shared/picture/placed-curves';
import { LINE_COLORS, LINE_DASHES } from '../../shared/present/colors';
import { letter } from '../../shared/present/comparison';
import { componentName } from '../../shared/present/names';
import { envelope } from '../../shared/trace/envelope';
import { sampleCount } from '../../shared/trace/series';
import type { SeriesData } from '../../shared/trace/types';
import { budgetBands, budgetLevels, type DrawnBudget } from './chart-budget';
import { axes, buildFrame, type Frame, linePath, peakMark, round } from './chart-frame';
import { escapeHtml } from './escape';
import type { ChartReadings, CurveReadings } from './html-script';
import type { ReportInput } from './protocol';

export function sessionChart(input: ReportInput, drawn: DrawnBudget): string {
  const { doc, series } = input;
  const { overlay, durationUs } = doc;
  const line = findLine(series, overlay.series);
  const highest = Math.max(
    reachOfAxis(overlay, drawn.picture),
    overlay.predictedPeak.refined ?? 0,
    overlay.predictedPeak.textbook ?? 0,
  );
  if (line === undefined && drawn.spans.length === 0) return '';
  const lane = overlay.phases.length > 0;
  const frame = buildFrame(durationUs, highest, lane ? 66 : 34);
  const laneY = frame.top + frame.plotHeight + 8;
  const peak = overlay.measuredPeak;
  return [
    `<svg viewBox="0 0 ${frame.width} ${frame.height}" role="img" data-chart="${escapeHtml(JSON.stringify(readable(frame, input, drawn, line)))}" aria-label="${escapeHtml(altText(doc.name, overlay.series, peak?.bytes ?? null, overlay.predictedPeak.refined))}">`,
    budgetBands(frame, drawn, doc.id),
    axes(frame, laneY + (lane ? 38 : 16)),
    budgetLevels(frame, drawn),
    level(frame, overlay.predictedPeak.refined, 'refined'),
    level(frame, overlay.predictedPeak.textbook, 'textbook'),
    lane ? phaseLane(frame, overlay.phases, laneY) : '',
    line ? measuredLine(frame, line, overlay.baselineBytes, durationUs, 'stroke:var(--line)') : '',
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
  { doc: { overlay, durationUs }, curves }: ReportInput,
  drawn: DrawnBudget,
  line: SeriesData | undefined,
): ChartReadings {
  const samples = line && envelope(line, 0, durationUs, Math.round(plotWidth / 2));
  const parts = drawn.picture.order;
  return {
    plot: [left, top, plotWidth, plotHeight],
    end: durationUs,
    times: [...(samples?.times ?? [])],
    values: [...(samples?.values ?? [])].map((value) =>
      Number.isNaN(value) ? null : value - overlay.baselineBytes,
    ),
    parts: parts.map((component) => [component, componentName(component)]),
    spans: drawn.spans.map(({ t0, t1, total, parts: held }) => [
      t0,
      t1,
      total,
      ...parts.map((component) => held?.[component] ?? 0),
    ]),
    curves: drawn.curves.flatMap((curve) =>
      curve ? [readCurve(curve, curves?.blocks ?? [])] : [],
    ),
  };
}

/** At the points whose moment is known. */
function readCurve(curve: PlacedCurve, blocks: readonly string[]): CurveReadings {
  const { times, predicted } = curve.points;
  return {
    end: curve.t1,
    times: [...times].map(Math.round),
    values: [...predicted],
    names: [...times].map((_, i) => namePoint(curve, i, blocks)),
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
      ? measuredLine(frame, line, doc.overlay.baselineBytes, doc.durationUs, lineStyle(i))
      : '';
  });
  const peaks = inputs.map(({ doc }, i) => {
    const peak = doc.overlay.measuredPeak;
    return peak
      ? peakMark(
          frame,
          peak.at,
          peak.bytes,
          `${letter(i)}: ${formatBytes(peak.bytes)}`,
          sessionColor(i),
        )
      : '';
  });
  return `<svg viewBox="0 0 ${frame.width} ${frame.height}" role="img" aria-label="Measured memory of ${inputs.length} sessions, each from its start">${axes(frame, frame.top + frame.plotHeight + 24)}${lines.join('')}${peaks.join('')}</svg>`;
}

export function sessionColor(index: number): string {
  return `var(--s-${index % LINE_COLORS.length})`;
}

/** A colour and a stroke, so that lines are told apart without the one. */
const lineStyle = (index: number): string =>
  `stroke:${sessionColor(index)};stroke-dasharray:${(LINE_DASHES[index % LINE_DASHES.length] ?? []).join(' ') || 'none'}`;

export function componentColor(component: Component): string {
  return `var(--c-${component})`;
}

/** Components that have a band, from the top of the stack down, with the most bytes of each. */
export const buildLegend = ({
  picture,
  spans,
}: DrawnBudget): { component: Component; bytes: number }[] =>
  picture.order.toReversed().map((component) => ({
    component,
    bytes: greatest(spans.map(({ parts }) => parts?.[component] ?? 0)),
  }));

function findLine(series: readonly SeriesData[], id: string | null): SeriesData | undefined {
  return series.find((data) => data.info.id === id && sampleCount(data) > 0);
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
  style: string,
): string {
  const { times, values } = envelope(line, 0, durationUs, Math.round(frame.plotWidth));
  const path = linePath(frame, times, values, baseline);
  return `<path class="halo" d="${path}"/><path class="line" style="${style}" d="${path}"/>`;
}

function altText(
  name: string,
  series: string | null,
  measured: number | null,
  predicted: number | null,
): string {
  return `Memory of ${name} over time${series === null ? '' : `, measured by ${series}`}: measured peak ${formatBytes(measured)}, predicted peak ${formatBytes(predicted)}`;
}
