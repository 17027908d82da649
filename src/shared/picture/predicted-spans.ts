/**
 * The budget as it stands at every moment of a run: one predicted span for each phase, its height the phase's predicted
 * high-water mark; between two spans stands what the first predicted to remain at its end.
 *
 *     bytes ┌──────┐
 *           │ fwd  ├──┐┌────────┐      spans meet or leave a hole; they never overlap
 *       ┌───┘      │  └┘  bwd   │
 *       └──────────┴────────────┘ t
 */

import { countWhile } from '../base/search';
import type { Bytes, Micros } from '../base/units';
import type { Component, Tier } from '../base/vocabulary';
import { sumComponents } from '../budget/tier';
import type { Budget, ComponentBytes } from '../budget/types';
import { predictedRow } from '../divergence/overlay/predicted';
import { asBudgetCounts, stepOffset } from '../divergence/overlay/step-numbers';
import type { Overlay } from '../divergence/overlay/types';
import { STACK_ORDER } from '../present/colors';

export interface PredictedSpan {
  readonly t0: Micros;
  readonly t1: Micros;
  /** Null where the prediction has no split by component. */
  readonly parts: ComponentBytes | null;
  readonly total: Bytes;
  /** Index into overlay.phases; a held span carries that of the phase before it. */
  readonly phase: number;
  readonly held: boolean;
  /** Stands for several, of which it is the highest. */
  readonly isJoined?: true;
}

/** A split is shown only where it adds up to the total it splits. */
const split = (parts: ComponentBytes | null | undefined, total: Bytes): ComponentBytes | null =>
  parts && Object.keys(parts).length > 0 && Math.abs(sumComponents(parts) - total) < 1
    ? parts
    : null;

/** Predicted split of one phase at its highest moment and at its end; `offset` as in `step-numbers.ts`. */
function predictPhase(
  overlay: Overlay,
  index: number,
  offset: number,
  tier: Tier,
  budget: Budget | null,
) {
  const phase = overlay.phases[index]!;
  // Textbook is compared with no line in particular, as in the overlay.
  const line = tier === 'refined' ? overlay.series : null;
  const key = asBudgetCounts(phase, offset);
  const row = budget && predictedRow(budget.tiers[tier], key, line);
  const refined = tier === 'refined';
  // Where no formula predicts, what the run's own first steps let one expect; it has no split.
  const total = phase.predicted[tier] ?? row?.total ?? phase.predicted.observed ?? null;
  const end = phase.predictedEnd[tier] ?? row?.end ?? null;
  return {
    total,
    parts:
      total === null
        ? null
        : (split(refined ? phase.predictedComponents : null, total) ??
          split(row?.components, total)),
    end,
    endParts:
      end === null
        ? null
        : (split(refined ? phase.predictedEndComponents : null, end) ??
          split(row?.endComponents, end)),
  };
}

/** Spans in time order. Spans of other ranks than the first are left out: the overlay is of one device. */
export function buildPredictedSpans(
  overlay: Overlay,
  tier: Tier,
  budget: Budget | null,
): readonly PredictedSpan[] {
  const out: PredictedSpan[] = [];
  const rank = overlay.phases[0]?.rank;
  const offset = stepOffset(overlay.phases);
  let held: { t: Micros; parts: ComponentBytes | null; total: Bytes; phase: number } | null = null;
  for (const [index, phase] of overlay.phases.entries()) {
    if (phase.rank !== rank) continue;
    const { total, parts, end, endParts } = predictPhase(overlay, index, offset, tier, budget);
    const t0 = Math.max(phase.span[0], out.at(-1)?.t1 ?? phase.span[0]);
    if (held && t0 > held.t)
      out.push({
        t0: held.t,
        t1: t0,
        parts: held.parts,
        total: held.total,
        phase: held.phase,
        held: true,
      });
    held = null;
    if (total === null || phase.span[1] <= t0) continue;
    out.push({ t0, t1: phase.span[1], parts, total, phase: index, held: false });
    if (end !== null) held = { t: phase.span[1], parts: endParts, total: end, phase: index };
  }
  return out;
}

/** The components that play a part anywhere, in stack order. */
export function listComponents(all: readonly PredictedSpan[]): readonly Component[] {
  const seen = new Set<string>();
  for (const { parts } of all)
    for (const [component, bytes] of Object.entries(parts ?? {}))
      if (bytes > 0) seen.add(component);
  return STACK_ORDER.filter((component) => seen.has(component));
}

/** Index of the last item that starts at or before `t`, or -1. Items are in time order. */
export const indexAt = <T>(items: readonly T[], t: Micros, start: (item: T) => Micros): number =>
  countWhile(items, (item) => start(item) <= t) - 1;

export function predictedSpanAt(all: readonly PredictedSpan[], t: Micros): PredictedSpan | null {
  const found = all[indexAt(all, t, (span) => span.t0)];
  return found && t <= found.t1 ? found : null;
}

/**
 * The higher of two; of two alike the one that uses more of it. An allocator that has reserved its fill stands at one
 * height in every phase, and which of them a column shows would go by where its edge happens to fall.
 */
function higherOf(one: PredictedSpan, other: PredictedSpan): PredictedSpan {
  const used = ({ total, parts }: PredictedSpan) => total - (parts?.reserve ?? 0);
  const isHigher =
    other.total > one.total || (other.total === one.total && used(other) > used(one));
  return isHigher ? other : one;
}

/**
 * Spans of [t0, t1] for `columns` columns: as they are where they are few, else the highest of each column, so that
 * the ceiling of the budget is never lost.
 */
export function visibleSpans(
  all: readonly PredictedSpan[],
  t0: Micros,
  t1: Micros,
  columns: number,
): readonly PredictedSpan[] {
  const first = Math.max(
    0,
    indexAt(all, t0, (span) => span.t0),
  );
  const last = indexAt(all, t1, (span) => span.t0);
  const inView = all.slice(first, last + 1).filter((span) => span.t1 >= t0);
  if (inView.length <= columns) return inView;
  // Some pixels to a column, so that each holds a whole step and the ceiling does not flicker.
  const width = ((t1 - t0) / columns) * 4;
  const out: PredictedSpan[] = [];
  let column = -1;
  for (const span of inView) {
    const own = Math.max(0, Math.floor((span.t0 - t0) / width));
    const before = out.at(-1);
    if (before === undefined || own > column) {
      out.push(before && span.t0 - before.t1 < width ? { ...span, t0: before.t1 } : span);
      column = own;
    } else {
      const [begun, end] = [before.t0, Math.max(before.t1, span.t1)];
      out[out.length - 1] = { ...higherOf(before, span), t0: begun, t1: end, isJoined: true };
    }
  }
  return out;
}
