/** Segments as rows of the overlay: which phase of the budget each stage is held against. */

import type { Confidence, Phase } from '../../base/vocabulary';
import type { Budget, TimelinePhase } from '../../budget/types';
import type { PhaseSpan } from '../../trace/types';
import { type Shape, splitIntoStages } from './segmentation';
import type { Stage } from './types';

export interface InferredSpan extends PhaseSpan {
  readonly stage: Stage;
  readonly confidence: Confidence;
}

/**
 * Spans for a line whose workload announced no phase. A step is held against its highest phase, since the shape of a
 * line does not tell forward from backward.
 */
export function inferredSpans(shape: Shape, budget: Budget): InferredSpan[] {
  return splitIntoStages(shape, budget.run.mode).flatMap(({ stage, t0, t1, confidence }) => {
    const place = placeWithin(stage, budget);
    return place === null ? [] : [{ ...place, rank: 0, t0, t1, memory: null, stage, confidence }];
  });
}

function placeWithin(
  stage: Stage,
  { tiers: { refined } }: Budget,
): { readonly phase: Phase; readonly step: number | null } | null {
  if (stage === 'load' || stage === 'prefill' || stage === 'decode')
    return { phase: stage, step: null };
  const step = stage === 'first-step' ? 1 : 2;
  const rows = refined.timeline.filter(
    (row) => row.step !== null && row.step <= step && step <= (row.lastStep ?? row.step),
  );
  const highest = (
    rows.length > 0 ? rows : refined.timeline.filter((row) => row.step !== null)
  ).reduce<TimelinePhase | null>(
    (best, row) => (best === null || row.total >= best.total ? row : best),
    null,
  );
  return highest && { phase: highest.phase, step: rows.length > 0 ? step : highest.step };
}
