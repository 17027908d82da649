/**
 * What a band of the budget is made of: parts that add up to it, each with its formula and the numbers in it where one is
 * known, and the place it is from. What no formula tells is a part of its own that says so.
 */
import type { Component, Phase, Tier } from '../base/vocabulary';
import { fullestShard } from '../budget/per-rank';
import { isSharded, runOnRank, wholeShard } from '../budget/sharding/shard';
import type { Budget } from '../budget/types';
import type { Explanation, Question, Told } from './explanation';
import { evaluate } from './formula';
import { explainPytorch } from './pytorch';
import { explainTextbook } from './textbook';
import { explainTfjs } from './tfjs';

/** Null where the phase has no such band. */
export function explainBand(
  budget: Budget,
  tier: Tier,
  component: Component,
  phase: Phase,
): Explanation | null {
  const { spec: model, run, perRank } = budget;
  const row = (perRank?.[tier] ?? budget.tiers[tier]).phases.find((each) => each.phase === phase);
  const bytes = row?.components[component];
  if (bytes === undefined) return null;
  const shard = isSharded(run) && perRank ? fullestShard(model, run).shard : wholeShard(model, run);
  const question = { model, run: runOnRank(run, shard), shard, component, phase };
  const { parts, more, less, tensors, source } = tell(question, tier);
  const known = parts.map(({ name, formula }) => ({
    name,
    formula,
    bytes: Math.round(evaluate(formula)),
  }));
  const rest = bytes - known.reduce((sum, part) => sum + part.bytes, 0);
  return {
    component,
    phase,
    tier,
    bytes,
    parts:
      rest === 0 ? known : [...known, { name: rest > 0 ? more : less, formula: null, bytes: rest }],
    ...(tensors && { tensors }),
    source,
  };
}

function tell(question: Question, tier: Tier): Told {
  if (tier === 'textbook') return explainTextbook(question);
  return question.run.framework === 'tfjs' ? explainTfjs(question) : explainPytorch(question);
}
