/** Segments as rows of the overlay: which phase of the budget each stage is held against. */
import type { Budget, TimelinePhase } from '../budget/types';
import type { PhaseSpan, SeriesData } from '../trace/types';
import type { Bytes } from '../units';
import type { Confidence, Phase } from '../vocabulary';
import { FRAMEWORK_LINE, HOST_LINE } from './lines';
import { segmentsOf, type Stage } from './segmentation';

export interface InferredSpan extends PhaseSpan {
  readonly confidence: Confidence;
}

/**
 * Spans for a line whose workload announced no phase. A step is held against its highest phase, since the shape of a
 * line does not tell forward from backward. None for the framework's bytes, which come with phases, and for resident
 * memory, whose shape is the runtime's.
 */
export function inferredSpans(line: SeriesData, baseline: Bytes, budget: Budget): InferredSpan[] {
  if (line.info.id === FRAMEWORK_LINE || line.info.id === HOST_LINE) return [];
  return segmentsOf(line, baseline, budget.run.mode).flatMap(({ stage, t0, t1, confidence }) => {
    const place = placeOf(stage, budget);
    return place === null ? [] : [{ ...place, rank: 0, t0, t1, memory: null, confidence }];
  });
}

function placeOf(stage: Stage, { tiers: { refined } }: Budget): { readonly phase: Phase; readonly step: number | null } | null {
  if (stage === 'load' || stage === 'prefill' || stage === 'decode') return { phase: stage, step: null };
  const step = stage === 'first-step' ? 1 : 2;
  const rows = refined.timeline.filter((row) => row.step !== null && row.step <= step && step <= (row.lastStep ?? row.step));
  const highest = (rows.length > 0 ? rows : refined.timeline.filter((row) => row.step !== null))
    .reduce<TimelinePhase | null>((best, row) => (best === null || row.total >= best.total ? row : best), null);
  return highest && { phase: highest.phase, step: rows.length > 0 ? step : highest.step };
}
