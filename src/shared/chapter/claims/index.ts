/**
 * The chapter, alive: every figure it prints, recomputed by the theory in this folder's parent. `computed` is always
 * the result of a function; where a row checks the chapter's own arithmetic, of its own printed operands.
 */
import { budgetClaims } from './budget';
import type { Claim, Verdict } from './claim';
import { complexityClaims } from './complexity';
import { gpt3Claims } from './exercise-gpt3';
import { memoryExerciseClaims } from './exercise-memory';
import { scalingExerciseClaims } from './exercise-scaling';
import { inferenceClaims } from './inference';
import { memoryClaims } from './memory';
import { optimizationClaims } from './optimization';

export type { Claim, Measured, Relation, Verdict } from './claim';
export { VERDICTS } from './claim';

/** All claims, in the order of the chapter. */
export function chapterClaims(): readonly Claim[] {
  return [
    ...complexityClaims(),
    ...memoryClaims(),
    ...budgetClaims(),
    ...inferenceClaims(),
    ...optimizationClaims(),
    ...gpt3Claims(),
    ...memoryExerciseClaims(),
    ...scalingExerciseClaims(),
  ];
}

export type VerdictTotals = Readonly<Record<Verdict | 'all', number>>;

export function verdictTotals(claims: readonly Claim[]): VerdictTotals {
  const of = (verdict: Verdict) => claims.filter((claim) => claim.verdict === verdict).length;
  return {
    right: of('right'),
    rounded: of('rounded'),
    wrong: of('wrong'),
    'not-computable': of('not-computable'),
    all: claims.length,
  };
}
