/**
 * The chapter, alive: every figure it prints, recomputed by the theory, one section or exercise a file. `computed` is
 * always the result of a function; where a row checks the chapter's arithmetic, of the operands that it prints.
 */

import { attentionComplexityClaims } from './attention-complexity';
import { batchingClaims } from './batched-inference';
import type { Claim, ClaimVerdict } from './claim';
import { distillationClaims } from './distillation';
import { gpt3ForwardClaims } from './exercise-gpt3-forward';
import { gpt3GenerationClaims } from './exercise-gpt3-generation';
import { gpt3TrainingClaims } from './exercise-gpt3-training';
import { kvCacheExerciseClaims } from './exercise-kv-cache';
import { memoryExerciseClaims } from './exercise-memory';
import { scalingGpt3Claims } from './exercise-scaling-gpt3';
import { scalingLossClaims } from './exercise-scaling-loss';
import { scalingOptimumClaims } from './exercise-scaling-optimum';
import { feedForwardComplexityClaims } from './feed-forward-complexity';
import { hardwareClaims, inferenceMemoryClaims } from './hardware-guide';
import { kvCachingClaims } from './kv-caching';
import { layerComplexityClaims, regimeClaims } from './layer-complexity';
import { memoryClaims } from './memory';
import { optimizationSummaryClaims } from './optimization-summary';
import { quantizationClaims } from './quantization';
import { scalingLawClaims } from './scaling-laws';
import { bertBudgetClaims, gpt3BudgetClaims, stateClaims } from './training-budget';

export type { Claim, ClaimVerdict, Measured, Relation } from './claim';
export { VERDICTS } from './claim';

/** All claims, in the order of the chapter. */
export function chapterClaims(): readonly Claim[] {
  return [
    ...attentionComplexityClaims(),
    ...feedForwardComplexityClaims(),
    ...layerComplexityClaims(),
    ...regimeClaims(),
    ...memoryClaims(),
    ...stateClaims(),
    ...bertBudgetClaims(),
    ...gpt3BudgetClaims(),
    ...hardwareClaims(),
    ...inferenceMemoryClaims(),
    ...kvCachingClaims(),
    ...batchingClaims(),
    ...kvCacheExerciseClaims(),
    ...quantizationClaims(),
    ...distillationClaims(),
    ...optimizationSummaryClaims(),
    ...scalingLawClaims(),
    ...gpt3ForwardClaims(),
    ...gpt3GenerationClaims(),
    ...gpt3TrainingClaims(),
    ...memoryExerciseClaims(),
    ...scalingOptimumClaims(),
    ...scalingGpt3Claims(),
    ...scalingLossClaims(),
  ];
}

export type VerdictTotals = Readonly<Record<ClaimVerdict | 'all', number>>;

export function verdictTotals(claims: readonly Claim[]): VerdictTotals {
  const total = (verdict: ClaimVerdict) =>
    claims.filter((claim) => claim.verdict === verdict).length;
  return {
    right: total('right'),
    rounded: total('rounded'),
    wrong: total('wrong'),
    'not-computable': total('not-computable'),
    all: claims.length,
  };
}
