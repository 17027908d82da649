/**
 * The overlay: the measured line of a session laid over its budget, by phase and as a whole. Pure and deterministic;
 * an empty trace, a missing budget or a phase without a reading leaves nulls, never zeros.
 */

import type { Bytes, Micros } from '../../base/units';
import type { Budget } from '../../budget/types';
import { sampleCount } from '../../trace/series';
import { deviceIn, FRAMEWORK_ALLOCATED, isDeviceLine } from '../../trace/series-ids';
import type { Marker, PhaseSpan } from '../../trace/types';
import type { CompletedPhases } from './completed-phases';
import { mustFlag } from './flags';
import { inferredSpans } from './inferred';
import { baselineFor, candidateLines, type Lines, mayUseGpu, seriesById } from './lines';
import { type Measured, MeasuredLine } from './measured-line';
import { predictedPeak, predictedRow } from './predicted';
import { findShape, findStairs, type Shape } from './segmentation';
import type { Overlay, OverlayPhase } from './types';

export interface OverlayInput {
  readonly lines: Lines;
  readonly markers: readonly Marker[];
  readonly spans: readonly PhaseSpan[];
  readonly durationUs: Micros;
  /** Device memory in use before launch, by series id. */
  readonly baselines: Readonly<Record<string, Bytes>>;
  readonly budget: Budget | null;
  /** The bundled workload: its framework bytes must equal the prediction to the byte. */
  readonly mustMatchExactly: boolean;
  /** The line to use instead of the best one; ignored where the session has none of that id. */
  readonly use?: string;
  /** Of a session being recorded: rows of phases that are over, kept from one look to the next. */
  readonly completed?: CompletedPhases;
  /** MIG devices that the workload is confined to, by `gpu0.mig1`. */
  readonly confinedTo?: readonly string[];
  /** Memory of each device, by `gpu0`, `gpu1`, `gpu0.mig1`, … */
  readonly deviceBytes?: Readonly<Record<string, Bytes>>;
}

const NOTHING_MEASURED: Measured = {
  highest: null,
  end: null,
  components: null,
  endComponents: null,
  highWater: false,
};

export function buildOverlay(input: OverlayInput): Overlay {
  const { budget, baselines, lines: all } = input;
  const candidates = candidateLines(
    all,
    mayUseGpu(input.markers, budget?.run.backend ?? null),
    input.confinedTo,
  );
  const chosen =
    input.use !== undefined && candidates.includes(input.use) ? input.use : candidates[0];
  const data = chosen === undefined ? undefined : seriesById(all, chosen);
  const textbook = budget?.tiers.textbook.total ?? null;
  if (chosen === undefined || data === undefined) {
    return {
      series: null,
      alternatives: [],
      baselineBytes: 0,
      measuredPeak: null,
      predictedPeak: { textbook, refined: budget?.tiers.refined.total ?? null },
      residualBytes: null,
      residualPercent: null,
      phases: input.spans.map((span) => phaseRow(span, null, input)),
    };
  }
  const line = new MeasuredLine(data, baselineFor(chosen, baselines), input.markers);
  const peak = line.peak();
  const top = budget && predictedPeak(budget.tiers.refined, chosen);
  const peaks = { textbook, refined: top?.total ?? null };
  const residualBytes = difference(peak?.bytes ?? null, peaks.refined);
  const announced = input.spans.length > 0 || budget === null;
  // The framework's bytes come with phases, and the shape of resident memory is the runtime's.
  const shape = announced || !isDeviceLine(chosen) ? null : findShape(data, line.baseline);
  const stairs = shape && findStairs(shape);
  const device = input.deviceBytes?.[deviceIn(chosen) ?? ''];
  return {
    series: chosen,
    alternatives: candidates.filter((id) => id !== chosen),
    baselineBytes: line.baseline,
    measuredPeak: peak && { ...peak, intervalUs: line.isFramework ? null : data.info.intervalUs },
    predictedPeak: peaks,
    residualBytes,
    residualPercent:
      residualBytes === null || !peaks.refined ? null : (100 * residualBytes) / peaks.refined,
    phases: announced
      ? input.spans.map((span) => completedRow(span, line, input))
      : shape
        ? inferredRows(shape, line, input)
        : [],
    ...(stairs === null ? {} : { stairs }),
    ...(device === undefined ? {} : { deviceBytes: device }),
  };
}

/** The overlay on the framework's bytes, which know most, whichever line is shown; null where it does not tell. */
export function frameworkOverlay(
  input: Omit<OverlayInput, 'baselines'> & { readonly overlay: Overlay },
): Overlay | null {
  if (input.overlay.series === FRAMEWORK_ALLOCATED) return input.overlay;
  if (sampleCount(seriesById(input.lines, FRAMEWORK_ALLOCATED)) === 0) return null;
  return buildOverlay({ ...input, baselines: {}, use: FRAMEWORK_ALLOCATED });
}

/** The most the framework ever had allocated, whichever line is shown. */
export function frameworkPeak({ lines, markers }: Pick<OverlayInput, 'lines' | 'markers'>): Bytes {
  const data = seriesById(lines, FRAMEWORK_ALLOCATED);
  return data ? (new MeasuredLine(data, 0, markers).peak()?.bytes ?? 0) : 0;
}

/** Rows of phases found in the trace. Where within a step it ends is not known, so only loading has an end. */
function inferredRows(shape: Shape, line: MeasuredLine, input: OverlayInput): OverlayPhase[] {
  return inferredSpans(shape, input.budget!).map((span) => {
    const own = phaseRow(span, line, input);
    // Where a cut is a little off, a phase looks too high or too low; only the highest of the run is beyond doubt.
    const isHighest = own.measured !== null && own.measured === line.peak()?.bytes;
    const row = {
      ...own,
      flagged: own.flagged && isHighest,
      inferred: true,
      stage: span.stage,
      confidence: span.confidence,
    };
    return span.phase === 'load'
      ? row
      : {
          ...row,
          end: null,
          residualEndBytes: null,
          predictedEnd: { textbook: null, refined: null },
          predictedEndComponents: null,
        };
  });
}

function completedRow(span: PhaseSpan, line: MeasuredLine, input: OverlayInput): OverlayPhase {
  const compute = () => phaseRow(span, line, input);
  return input.completed?.row(line.data.info.id, span, input.durationUs, compute) ?? compute();
}

function phaseRow(
  span: PhaseSpan,
  line: MeasuredLine | null,
  { budget, mustMatchExactly }: OverlayInput,
): OverlayPhase {
  const measured = line?.in(span) ?? NOTHING_MEASURED;
  const textbook = budget && predictedRow(budget.tiers.textbook, span, null);
  const refined = budget && predictedRow(budget.tiers.refined, span, line?.data.info.id ?? null);
  return {
    phase: span.phase,
    step: span.step,
    rank: span.rank,
    span: [span.t0, span.t1],
    measured: measured.highest,
    end: measured.end,
    predicted: { textbook: textbook?.total ?? null, refined: refined?.total ?? null },
    predictedEnd: { textbook: textbook?.end ?? null, refined: refined?.end ?? null },
    residualBytes: difference(measured.highest, refined?.total ?? null),
    residualEndBytes: difference(measured.end, refined?.end ?? null),
    flagged:
      line !== null &&
      refined !== null &&
      mustFlag(span, line, measured, refined, mustMatchExactly),
    ...(span.isOpen && { isOpen: true }),
    measuredComponents: measured.components,
    predictedComponents: refined?.components ?? null,
    measuredEndComponents: measured.endComponents,
    predictedEndComponents: refined?.endComponents ?? null,
  };
}

function difference(a: Bytes | null, b: Bytes | null): Bytes | null {
  return a === null || b === null ? null : a - b;
}
