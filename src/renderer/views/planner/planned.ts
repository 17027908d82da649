/** One side of the planner with what is answered at once: its budget, and whether the card that it names holds it. */
import { useMemo } from 'react';
import type { Tier } from '../../../shared/base/vocabulary';
import type { TierBudget } from '../../../shared/budget/types';
import { type LearnedBudget, learnBudget } from '../../../shared/learned/apply';
import type { GpuHold } from '../../../shared/planning/fits';
import { holdOn } from '../../../shared/planning/fits';
import type { ResolvedSpec } from '../../../shared/planning/resolve-run';
import { type CarriedPlan, carryInto } from '../../../shared/present/spec-documents';
import type { CarriedResidual } from '../../../shared/session/as-plan';
import type { Answer } from '../../plans/questions';
import type { Reading } from '../../plans/read-draft';
import { useAnswer } from '../../plans/useAnswer';
import { useQuery } from '../../state/engine';
import type { PlanSide } from './usePlanDrafts';

export interface Planned {
  /** A or B where there are two. */
  readonly letter: string | null;
  readonly reading: Reading;
  /** What is asked: null while a field is wrong. */
  readonly spec: ResolvedSpec | null;
  readonly budget: Answer<'budget'> | null;
  /** Null where no card is named. */
  readonly hold: GpuHold | null;
  /** What the session that the plan begins with was seen to add; null where nothing is carried along. */
  readonly carried: CarriedPlan | null;
  /** What sessions on the card that is named have taught; null where none is, or they have not. */
  readonly learned: LearnedBudget | null;
  readonly isStale: boolean;
  readonly error: unknown;
}

export function usePlanned(
  side: PlanSide | null,
  letter: string | null,
  residual: CarriedResidual | null,
): Planned | null {
  const spec = side?.reading.spec ?? null;
  const { data: budget, isStale, error } = useAnswer('budget', spec);
  const { data: known } = useQuery('learned', (engine) => engine.learned());
  const card = spec?.card ?? null;
  const reading = side?.reading;
  return useMemo(() => {
    if (reading === undefined) return null;
    const hold = card && budget ? holdOn(card, budget.answer.bytes) : null;
    const carried = residual && budget && carryInto(hold, residual, budget.answer.bytes);
    const learned = known && budget && learnBudget(budget, card?.name, known.machines);
    return { letter, reading, spec, budget, hold, carried, learned, isStale, error };
  }, [letter, reading, spec, budget, card, residual, known, isStale, error]);
}

/** The tier that is shown: of a sharded run the fullest rank's. */
export const shownTier = ({ budget }: Planned, tier: Tier): TierBudget | null =>
  budget && (budget.perRank?.[tier] ?? budget.tiers[tier]);
