/**
 * The overlay: the measured line of a session laid over its budget, by phase and as a whole. Pure and deterministic;
 * an empty trace, a missing budget or a phase without a reading leaves nulls, never zeros.
 */

import type { Bytes, Micros } from '../../base/units';
import type { Budget } from '../../budget/types';
import { sampleCount } from '../../trace/series';
import { deviceIn, FRAMEWORK_ALLOCATED, isDeviceLine, TREE_RSS } from '../../trace/series-ids';
import type { Marker, PhaseSpan } from '../../trace/types';
import type { CompletedPhases, PhaseRows } from './completed-phases';
import { type FlagLimits, mustFlag } from './flags';
import { type InferredSpan, inferredSpans } from './inferred';
import { baselineFor, candidateLines, type Lines, saysNoGpu, seriesById, usedNoGpu } from './lines';
import { type Measured, MeasuredLine } from './measured-line';
import { ObservedTier, tellObserved } from './observed';
import { pairTiers, predictedPeak, predictedRow, predictsLine } from './predicted';
import { findShape, findStairs } from './segmentation';
import { showsRun } from './shows-run';
import { asBudgetCounts, stepOffset } from './step-numbers';
import type { MeasuredOverlay, Overlay, OverlayPhase } from './types';

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
  /** Only the line and its peaks are wanted: no phase is sought in the trace. */
  readonly peaksAlone?: boolean;
  /** The session is being recorded, or seen as it was then: the workload may yet come to its GPU. */
  readonly goesOn?: boolean;
  /** MIG devices that the workload is confined to, by `gpu0.mig1`. */
  readonly confinedTo?: readonly string[];
  /** Memory of each device, by `gpu0`, `gpu1`, `gpu0.mig1`, … */
  readonly deviceBytes?: Readonly<Record<string, Bytes>>;
  /** What a residual must pass to be flagged, where it is not the usual. */
  readonly limits?: FlagLimits;
}

const NOTHING_MEASURED: Measured = {
  highest: null,
  end: null,
  components: null,
  endComponents: null,
  highWater: false,
};

/** With what is looked up once for all its phases. */
interface NumberedInput extends OverlayInput {
  /** Added to the numbers of steps to have them as budgets count. */
  readonly offset: number;
}

export function buildOverlay(given: OverlayInput): Overlay {
  const input: NumberedInput = { ...given, offset: stepOffset(given.spans) };
  const { budget, baselines, lines, markers } = input;
  const isOff = saysNoGpu(markers, budget?.run.backend ?? null);
  const isUnused =
    !isOff && input.goesOn !== true && !input.confinedTo?.length && usedNoGpu(lines, baselines);
  const candidates = candidateLines(lines, !isOff && !isUnused, input.confinedTo);
  // The bundled workload tells of its tensors as soon as it has one: before, and of a run that ended without, the memory
  // of its process says nothing of them.
  const hasNoTensor = input.mustMatchExactly && candidates[0] === TREE_RSS;
  const best = hasNoTensor ? undefined : candidates[0];
  const chosen = candidates.find((id) => id === input.use) ?? best;
  const data = chosen === undefined ? undefined : seriesById(lines, chosen);
  const line = data && new MeasuredLine(data, baselineFor(data.info.id, baselines), markers);
  const peak = line?.peak();
  return line && peak
    ? { ...measuredOverlay(input, candidates, line, peak), ...(isUnused && { usedNoGpu: true }) }
    : {
        series: null,
        alternatives: [],
        baselineBytes: 0,
        measuredPeak: null,
        predictedPeak: {
          textbook: budget?.tiers.textbook.total ?? null,
          refined: budget?.tiers.refined.total ?? null,
        },
        residualBytes: null,
        residualPercent: null,
        phases: input.spans.map((span) => phaseRow(span, null, input)),
        ...(input.limits && { limits: input.limits }),
      };
}

function measuredOverlay(
  input: NumberedInput,
  candidates: readonly string[],
  line: MeasuredLine,
  peak: { readonly bytes: Bytes; readonly at: Micros },
): MeasuredOverlay {
  const { budget } = input;
  const { id, intervalUs } = line.data.info;
  const refined = budget && predictedPeak(budget.tiers.refined, id).total;
  const isLike = budget === null || predictsLine(budget, id);
  const predictedPeaks = { textbook: budget?.tiers.textbook.total ?? null, refined };
  // Phases are sought in the trace where none is announced. The framework's bytes come with phases, and the shape of
  // resident memory is the runtime's.
  const canInfer = input.spans.length === 0 && !input.peaksAlone && isDeviceLine(id);
  const shape = budget !== null && canInfer ? findShape(line.data, line.baseline) : null;
  const stairs = shape && findStairs(shape);
  const deviceBytes = input.deviceBytes?.[deviceIn(id) ?? ''];
  const told =
    shape === null && input.completed ? rowsSoFar(input.completed, line, input, refined) : null;
  const phases =
    budget !== null && shape !== null
      ? inferredRows(inferredSpans(shape, budget), line, input)
      : (told?.rows ?? input.spans.map((span) => phaseRow(span, line, input)));
  // What shows no run has nothing of it to hold against what was predicted.
  const isCompared =
    isLike && showsRun({ measuredPeak: peak, predictedPeak: predictedPeaks, phases });
  const residualBytes = isCompared ? difference(peak.bytes, refined) : null;
  return {
    series: id,
    alternatives: candidates.filter((other) => other !== id),
    baselineBytes: line.baseline,
    measuredPeak: { ...peak, intervalUs: line.isFramework ? null : intervalUs },
    predictedPeak: predictedPeaks,
    residualBytes,
    residualPercent: residualBytes === null || !refined ? null : (100 * residualBytes) / refined,
    phases,
    ...(told && tellObserved({ predictedPeak: predictedPeaks }, told.observed, told.rows)),
    ...(stairs !== null && { stairs }),
    ...(deviceBytes !== undefined && { deviceBytes }),
    ...(!isLike && { hostBesideGpu: true }),
    ...(input.limits && { limits: input.limits }),
  };
}

/** The overlay on the framework's bytes, which know most, whichever line is shown; null where it does not tell. */
export function frameworkOverlay(
  input: Omit<OverlayInput, 'baselines'> & { readonly overlay: Overlay },
): MeasuredOverlay | null {
  if (input.overlay.series === FRAMEWORK_ALLOCATED) return input.overlay;
  if (sampleCount(seriesById(input.lines, FRAMEWORK_ALLOCATED)) === 0) return null;
  const overlay = buildOverlay({
    ...input,
    ...(input.overlay.limits && { limits: input.overlay.limits }),
    baselines: {},
    use: FRAMEWORK_ALLOCATED,
  });
  return overlay.series === null ? null : overlay;
}

/** Rows of phases found in the trace. Where within a step it ends is not known, so only loading has an end. */
function inferredRows(
  spans: readonly InferredSpan[],
  line: MeasuredLine,
  input: NumberedInput,
): OverlayPhase[] {
  return spans.map((span) => {
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

/** Of a recording; with what its own first steps let one expect, where no formula does. */
function rowsSoFar(
  completed: CompletedPhases,
  line: MeasuredLine,
  input: NumberedInput,
  refined: Bytes | null,
): PhaseRows {
  const { id } = line.data.info;
  return completed.rows({
    key: `${id} ${line.baseline} ${refined} ${JSON.stringify(input.limits)}`,
    spans: input.spans,
    durationUs: input.durationUs,
    firmUntil: line.firmUntil,
    compute: (span) => phaseRow(span, line, input),
    begin: () => (refined === null ? new ObservedTier(id, input.markers) : null),
  });
}

function phaseRow(span: PhaseSpan, line: MeasuredLine | null, input: NumberedInput): OverlayPhase {
  const { budget, offset } = input;
  const measured = line?.in(span) ?? NOTHING_MEASURED;
  const key = asBudgetCounts(span, offset);
  const textbook = budget && predictedRow(budget.tiers.textbook, key, null);
  const refined = budget && predictedRow(budget.tiers.refined, key, line?.data.info.id ?? null);
  const against = line && budget && !predictsLine(budget, line.data.info.id) ? null : refined;
  return {
    phase: span.phase,
    step: span.step,
    rank: span.rank,
    span: [span.t0, span.t1],
    measured: measured.highest,
    end: measured.end,
    ...pairTiers(textbook, refined),
    residualBytes: difference(measured.highest, against?.total ?? null),
    residualEndBytes: difference(measured.end, against?.end ?? null),
    flagged: line !== null && against !== null && mustFlag(span, line, measured, against, input),
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
