/**
 * What a line should show of a phase. Lines do not count alike: a framework counts neither its allocator's reserve nor
 * the device context, and a device's line never comes down again where an allocator keeps what it has taken.
 */

import type { Phase } from '../../base/vocabulary';
import type { Budget, PhaseBudget, TierBudget, TimelinePhase } from '../../budget/types';
import { FRAMEWORK_ALLOCATED, TREE_RSS } from '../../trace/series-ids';
import type { TierPair } from './types';

/**
 * Whether a budget predicts what a line shows. That of a process on a GPU says nothing of the host's memory, of which an
 * interpreter and its libraries take more than a small model, and the tensors nothing.
 */
export const predictsLine = (budget: Budget, line: string): boolean =>
  line !== TREE_RSS || budget.answer.level !== 'process';

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
  return isRepeated && line !== TREE_RSS ? keptIn(tier)(byStep) : row;
}

/** What two tiers say of a phase. */
export interface PredictedPhase {
  readonly predicted: TierPair;
  readonly predictedEnd: TierPair;
}

const NOTHING: PredictedPhase = {
  predicted: { textbook: null, refined: null },
  predictedEnd: { textbook: null, refined: null },
};

const pairWith = onceOf((refined: PhaseBudget) =>
  onceOf(
    (textbook: PhaseBudget): PredictedPhase => ({
      predicted: { textbook: textbook.total, refined: refined.total },
      predictedEnd: { textbook: textbook.end, refined: refined.end },
    }),
  ),
);

/** Both together; the same object for the same rows. */
export function pairTiers(
  textbook: PhaseBudget | null,
  refined: PhaseBudget | null,
): PredictedPhase {
  if (textbook !== null && refined !== null) return pairWith(refined)(textbook);
  if (textbook === null && refined === null) return NOTHING;
  return {
    predicted: { textbook: textbook?.total ?? null, refined: refined?.total ?? null },
    predictedEnd: { textbook: textbook?.end ?? null, refined: refined?.end ?? null },
  };
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

/** What is made of a row is made once: thousands of phases share it. */
function onceOf<Row extends object, Made>(make: (row: Row) => Made): (row: Row) => Made {
  const made = new WeakMap<Row, { readonly value: Made }>();
  return (row) => {
    const known = made.get(row) ?? { value: make(row) };
    made.set(row, known);
    return known.value;
  };
}

/** Without the allocator's reserve and the device context. */
const counted = onceOf((row: PhaseBudget): PhaseBudget => {
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
});

/** Of a tier, by its row: a step that repeats finds reserved what the one before it took at its highest. */
const keptIn = onceOf(({ timeline }: TierBudget) =>
  onceOf((row: TimelinePhase): PhaseBudget => {
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
  }),
);
