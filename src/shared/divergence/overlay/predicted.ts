/**
 * What a line should show of a phase. Lines do not count alike: a framework counts neither its allocator's reserve nor
 * the device context, and a device's line never comes down again where an allocator keeps what it has taken.
 */

import type { Phase } from '../../base/vocabulary';
import type { PhaseBudget, TierBudget, TimelinePhase } from '../../budget/types';
import { FRAMEWORK_ALLOCATED, TREE_RSS } from '../../trace/series-ids';

/** Which phase of which step. */
export interface PhaseKey {
  readonly phase: Phase;
  readonly step: number | null;
}

/** The prediction for a phase that happened, by its step where both know one, else the phase's own row. */
export function predictedRow(
  tier: TierBudget,
  key: PhaseKey,
  line: string | null,
): PhaseBudget | null {
  const { phase, step } = key;
  const byStep =
    step === null
      ? undefined
      : tier.timeline.find(
          (row) =>
            row.phase === phase &&
            row.step !== null &&
            row.step <= step &&
            step <= (row.lastStep ?? row.step),
        );
  const row = byStep ?? tier.phases.find((one) => one.phase === phase) ?? null;
  if (row === null || line === null) return row;
  if (line === FRAMEWORK_ALLOCATED) return counted(row);
  const isRepeated = byStep?.step != null && step !== null && step > byStep.step;
  return isRepeated && line !== TREE_RSS ? kept(byStep, tier) : row;
}

/** The highest row as the line shows it. */
export function predictedPeak(
  tier: TierBudget,
  line: string,
): Pick<PhaseBudget, 'total' | 'components'> {
  if (line !== FRAMEWORK_ALLOCATED || !(tier.components.context || tier.components.reserve))
    return tier;
  return tier.phases.map(counted).reduce((best, row) => (row.total > best.total ? row : best));
}

/** Without the allocator's reserve and the device context. */
function counted(row: PhaseBudget): PhaseBudget {
  if (
    !(
      row.components.context ||
      row.components.reserve ||
      row.endComponents.context ||
      row.endComponents.reserve
    )
  )
    return row;
  const { context = 0, reserve = 0, ...components } = row.components;
  const { context: endContext = 0, reserve: endReserve = 0, ...endComponents } = row.endComponents;
  return {
    ...row,
    components,
    total: row.total - context - reserve,
    endComponents,
    end: row.end - endContext - endReserve,
  };
}

/** A step that repeats finds reserved what the one before it took at its highest. */
function kept(row: TimelinePhase, { timeline }: TierBudget): PhaseBudget {
  if (!row.components.reserve && !row.endComponents.reserve) return row;
  let most = row.total;
  for (const other of timeline)
    if (other.step === row.step && other.total > most) most = other.total;
  if (most === row.total && most === row.end) return row;
  const raised = (components: PhaseBudget['components'], by: number) => ({
    ...components,
    reserve: (components.reserve ?? 0) + by,
  });
  const end = Math.max(row.end, most);
  return {
    ...row,
    components: raised(row.components, most - row.total),
    total: most,
    endComponents: raised(row.endComponents, end - row.end),
    end,
  };
}
