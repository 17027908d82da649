/**
 * The budget where no phase is known: not when, but how much. The stack of the highest moment lies under the whole run;
 * up to the resting level (weights, optimizer states, context) it is certain, above it only a ceiling.
 */
import type { Bytes, Micros } from '../base/units';
import type { Tier } from '../base/vocabulary';
import { RESTING, sumComponents } from '../budget/tier';
import type { Budget } from '../budget/types';
import { predictedPeak } from '../divergence/overlay/predicted';
import type { Overlay } from '../divergence/overlay/types';
import type { PredictedSpan } from './predicted-spans';

export interface WholeRun {
  readonly span: PredictedSpan;
  /** Bytes that are held at rest; null where the total is not split. */
  readonly resting: Bytes | null;
}

export function predictWholeRun(
  budget: Budget,
  overlay: Overlay,
  tier: Tier,
  end: Micros,
): WholeRun {
  const own = budget.perRank?.[tier] ?? budget.tiers[tier];
  const { components, total } =
    tier === 'refined' && overlay.series !== null ? predictedPeak(own, overlay.series) : own;
  const parts = Math.abs(sumComponents(components) - total) < 1 ? components : null;
  return {
    span: { t0: 0, t1: end, parts, total, phase: -1, held: false },
    resting: parts && RESTING.reduce((all, component) => all + (parts[component] ?? 0), 0),
  };
}
