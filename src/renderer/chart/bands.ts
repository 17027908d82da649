/**
 * The budget as it stands at every moment of a run: one segment per phase span, its height the phase's predicted
 * high-water mark; between two spans stands what the first predicted to remain at its end.
 *
 *     bytes ┌──────┐
 *           │ fwd  ├──┐┌────────┐      segments meet or leave a hole; they never overlap
 *       ┌───┘      │  └┘  bwd   │
 *       └──────────┴────────────┘ t
 */

import type { Bytes, Micros } from '../../shared/base/units';
import type { Component, Tier } from '../../shared/base/vocabulary';
import type { Budget, ComponentBytes, TimelinePhase } from '../../shared/budget/types';
import type { Overlay, OverlayPhase } from '../../shared/divergence/overlay/types';
import { STACK_ORDER } from './palette';

export interface Segment {
  readonly t0: Micros;
  readonly t1: Micros;
  /** Null where the prediction has no split by component. */
  readonly parts: ComponentBytes | null;
  readonly total: Bytes;
  /** Index into overlay.phases; a held segment carries that of the phase before it. */
  readonly phase: number;
  readonly held: boolean;
}

function timelineRow(budget: Budget | null, tier: Tier, phase: OverlayPhase): TimelinePhase | null {
  const rows = budget?.tiers[tier].timeline ?? [];
  const own = rows.filter((row) => row.phase === phase.phase);
  const { step } = phase;
  const exact = own.find((row) =>
    step === null
      ? row.step === null
      : row.step !== null && row.step <= step && step <= (row.lastStep ?? row.step),
  );
  return exact ?? own.at(-1) ?? null;
}

const sum = (parts: ComponentBytes): Bytes =>
  Object.values(parts).reduce((total, bytes) => total + bytes, 0);
/** A split is shown only where it adds up to the total it splits. */
const split = (parts: ComponentBytes | null | undefined, total: Bytes): ComponentBytes | null =>
  parts && Object.keys(parts).length > 0 && Math.abs(sum(parts) - total) < 1 ? parts : null;

/** Predicted split of one phase at its highest moment and at its end. */
export function predictPhase(overlay: Overlay, index: number, tier: Tier, budget: Budget | null) {
  const phase = overlay.phases[index]!;
  const row = timelineRow(budget, tier, phase);
  const refined = tier === 'refined';
  const total = phase.predicted[tier] ?? row?.total ?? null;
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

/** Segments in time order. Spans of other ranks than the first are left out: the overlay is of one device. */
export function segments(overlay: Overlay, tier: Tier, budget: Budget | null): readonly Segment[] {
  const out: Segment[] = [];
  const rank = overlay.phases[0]?.rank;
  let held: { t: Micros; parts: ComponentBytes | null; total: Bytes; phase: number } | null = null;
  for (const [index, phase] of overlay.phases.entries()) {
    if (phase.rank !== rank) continue;
    const { total, parts, end, endParts } = predictPhase(overlay, index, tier, budget);
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

/** The predicted peak over the whole run, for a session without phases. */
export function wholeRun(budget: Budget, tier: Tier, durationUs: Micros): Segment {
  const { components, total } = budget.tiers[tier];
  return { t0: 0, t1: durationUs, parts: split(components, total), total, phase: -1, held: false };
}

/** The components that play a part anywhere, in stack order. */
export function listComponents(all: readonly Segment[]): readonly Component[] {
  const seen = new Set<string>();
  for (const { parts } of all)
    for (const [component, bytes] of Object.entries(parts ?? {}))
      if (bytes > 0) seen.add(component);
  return STACK_ORDER.filter((component) => seen.has(component));
}

/** Index of the last item that starts at or before `t`, or -1. Items are in time order. */
export function indexAt<T>(items: readonly T[], t: Micros, start: (item: T) => Micros): number {
  let low = 0;
  let high = items.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (start(items[middle]!) <= t) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

export function segmentAt(all: readonly Segment[], t: Micros): Segment | null {
  const found = all[indexAt(all, t, (segment) => segment.t0)];
  return found && t <= found.t1 ? found : null;
}

/**
 * Segments of [t0, t1] for `columns` columns: as they are where they are few, else the highest of each column, so that
 * the ceiling of the budget is never lost.
 */
export function visibleSegments(
  all: readonly Segment[],
  t0: Micros,
  t1: Micros,
  columns: number,
): readonly Segment[] {
  const first = Math.max(
    0,
    indexAt(all, t0, (segment) => segment.t0),
  );
  const last = indexAt(all, t1, (segment) => segment.t0);
  const inView = all.slice(first, last + 1).filter((segment) => segment.t1 >= t0);
  if (inView.length <= columns) return inView;
  // Some pixels to a column, so that each holds a whole step and the ceiling does not flicker.
  const width = ((t1 - t0) / columns) * 4;
  const out: Segment[] = [];
  let column = -1;
  for (const segment of inView) {
    const own = Math.max(0, Math.floor((segment.t0 - t0) / width));
    const before = out.at(-1);
    if (before === undefined || own > column) {
      out.push(before && segment.t0 - before.t1 < width ? { ...segment, t0: before.t1 } : segment);
      column = own;
    } else {
      const higher = segment.total > before.total ? segment : before;
      out[out.length - 1] = { ...higher, t0: before.t0, t1: Math.max(before.t1, segment.t1) };
    }
  }
  return out;
}

export interface Polygon {
  readonly component: Component | null;
  /** Flat t, v pairs: along the upper edge, then back along the lower. */
  readonly points: readonly (readonly [Micros, Bytes])[];
}

/** Stacked outlines: one polygon per component and unbroken run of segments. `null` stands for an unsplit total. */
export function polygons(
  shown: readonly Segment[],
  order: readonly Component[],
): readonly Polygon[] {
  const out: Polygon[] = [];
  const layers: readonly (Component | null)[] = [null, ...order];
  for (const [depth, component] of layers.entries()) {
    let upper: [Micros, Bytes][] = [];
    let lower: [Micros, Bytes][] = [];
    const flush = () => {
      if (upper.length > 0) out.push({ component, points: [...upper, ...lower.reverse()] });
      upper = [];
      lower = [];
    };
    for (const segment of shown) {
      const bytes =
        component === null
          ? segment.parts
            ? 0
            : segment.total
          : (segment.parts?.[component] ?? 0);
      if (bytes <= 0) {
        flush();
        continue;
      }
      let base = 0;
      for (let i = 1; i < depth; i++) base += segment.parts?.[layers[i] as Component] ?? 0;
      if (upper.length > 0 && upper.at(-1)![0] !== segment.t0) flush();
      upper.push([segment.t0, base + bytes], [segment.t1, base + bytes]);
      lower.push([segment.t0, base], [segment.t1, base]);
    }
    flush();
  }
  return out;
}

/** The budget's upper edge as a line; a NaN breaks it at a hole. */
export function ceiling(shown: readonly Segment[]): Float64Array {
  const out: number[] = [];
  let end: Micros | null = null;
  for (const { t0, t1, total } of shown) {
    if (end !== null && end !== t0) out.push(end, Number.NaN);
    out.push(t0, total, t1, total);
    end = t1;
  }
  return Float64Array.from(out);
}
