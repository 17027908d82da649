/** The prediction for a model and a run: the textbook's list beside the refined model of the framework that runs it. */
import { parameterCount } from '../model/parameters';
import type { ModelSpec, RunSpec } from '../model/spec';
import { checkModel, checkRun } from '../model/validate';
import { listAssumptions } from './assumptions';
import { rankBudget } from './per-rank';
import { pytorchBudget } from './pytorch';
import { textbookBudget } from './textbook';
import { tfjsBudget } from './tfjs';
import type { Budget, BudgetAnswer, RankBudget, TierBudget } from './types';

/** Both tiers for `model` and `run`; `bad_input` where either cannot be. */
export function computeBudget(model: ModelSpec, run: RunSpec): Budget {
  checkModel(model);
  checkRun(model, run);
  const perRank = run.framework === 'pytorch' ? rankBudget(model, run) : null;
  const refined = refinedBudget(model, run);
  const assumed = listAssumptions(model, run, perRank?.refined ?? refined);
  return {
    model: { name: model.name, parameters: parameterCount(model) },
    spec: model,
    run,
    tiers: { textbook: textbookBudget(model, run), refined },
    ...(perRank ? { perRank } : {}),
    answer: findAnswer(run, refined, perRank),
    ...(assumed.length > 0 ? { assumed } : {}),
  };
}

function findAnswer(run: RunSpec, whole: TierBudget, perRank: RankBudget | null): BudgetAnswer {
  const ranksOfAStage = perRank ? perRank.ranks / (run.pp ?? 1) : 0;
  return {
    bytes: (perRank?.refined ?? whole).total,
    rank: (perRank?.stage ?? 0) * ranksOfAStage,
    level: run.framework === 'tfjs' ? 'allocated' : 'process',
  };
}

function refinedBudget(model: ModelSpec, run: RunSpec): TierBudget {
  return run.framework === 'tfjs' ? tfjsBudget(model, run) : pytorchBudget(model, run);
}
