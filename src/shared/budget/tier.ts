/** From occurrences of phases to a tier: sums, ends, and the one row that is the peak. Shared by every tier. */
import type { Bytes } from '../base/units';
import { COMPONENTS, type Component, type Phase } from '../base/vocabulary';
import type { ComponentBytes, PhaseBudget, TierBudget, TimelinePhase } from './types';

/** What a run holds from its first step to its last, whatever it is doing. */
export const RESTING: readonly Component[] = [
  'context',
  'params',
  'master_params',
  'buffers',
  'adam_m',
  'adam_v',
  'momentum',
  'optimizer_other',
];

/** Bytes of all components together. */
export function sumComponents(components: ComponentBytes): Bytes {
  let total = 0;
  for (const component of COMPONENTS) total += components[component] ?? 0;
  return total;
}

/** Components with those of 0 bytes left out: what plays no part is not listed. */
function withoutZeros(components: ComponentBytes): ComponentBytes {
  const some: { -readonly [K in keyof ComponentBytes]: ComponentBytes[K] } = {};
  for (const component of COMPONENTS)
    if (components[component]) some[component] = components[component];
  return some;
}

/** One occurrence of a phase, from its components at the highest moment and at the end. */
export function occurrence(
  phase: Phase,
  step: number | null,
  lastStep: number | null,
  peak: ComponentBytes,
  end: ComponentBytes,
): TimelinePhase {
  const components = withoutZeros(peak);
  const endComponents = withoutZeros(end);
  return {
    phase,
    step,
    lastStep,
    components,
    total: sumComponents(components),
    end: sumComponents(endComponents),
    endComponents,
  };
}

/** A tier from its timeline, which holds at least one row. The earliest of equal peaks is the peak. */
export function buildTier(timeline: readonly TimelinePhase[]): TierBudget {
  const byPhase = new Map<Phase, PhaseBudget>();
  for (const { phase, components, total, end, endComponents } of timeline) {
    const known = byPhase.get(phase);
    const highest =
      known === undefined || total > known.total
        ? { components, total }
        : { components: known.components, total: known.total };
    byPhase.set(phase, { phase, ...highest, end, endComponents });
  }
  const phases = [...byPhase.values()];
  const peak = phases.reduce((best, phase) => (phase.total > best.total ? phase : best));
  return {
    components: peak.components,
    total: peak.total,
    peak: { bytes: peak.total, phase: peak.phase },
    phases,
    timeline,
  };
}
