/**
 * What a band of the budget is made of: parts that add up to it, each with its formula and the numbers in it where one is
 * known, and the place it is from. What no formula tells is a part of its own that says so.
 */
import type { Bytes } from '../base/units';
import type { Component, Phase, Tier } from '../base/vocabulary';
import { fullestShard } from '../budget/per-rank';
import { isSharded, runOnRank, type Shard, wholeShard } from '../budget/sharding/shard';
import type { Budget } from '../budget/types';
import type { ModelSpec, RunSpec } from '../model/spec';
import { evaluate, type Formula } from './formula';
import { explainPytorch } from './pytorch';
import { explainTextbook } from './textbook';
import { explainTfjs } from './tfjs';

export interface Part {
  readonly name: string;
  /** Null where the bytes are told and not computed in one formula. */
  readonly formula: Formula | null;
  readonly bytes: Bytes;
}

/** Tensors of one kind, as a row of what a layer saves. */
export interface TensorRow {
  readonly name: string;
  readonly shape: readonly number[];
  readonly element: number;
  readonly count: number;
  readonly bytes: Bytes;
}

export interface Explanation {
  readonly component: Component;
  readonly phase: Phase;
  readonly tier: Tier;
  readonly bytes: Bytes;
  /** They add up to `bytes`. */
  readonly parts: readonly Part[];
  /** What one layer keeps, where the band is made of layers. */
  readonly tensors?: readonly TensorRow[];
  /** Where it is from. */
  readonly source: string;
}

/** What a tier says of a component: parts by formula, and what it calls the bytes that they leave. */
export interface Told {
  readonly parts: readonly { readonly name: string; readonly formula: Formula }[];
  /** Of what is there beyond the parts, and of what is not there yet or any more. */
  readonly more: string;
  readonly less: string;
  readonly tensors?: readonly TensorRow[];
  readonly source: string;
}

/** A band of a budget and the rank that it is of. */
export interface Question {
  readonly model: ModelSpec;
  readonly run: RunSpec;
  readonly shard: Shard;
  readonly component: Component;
  readonly phase: Phase;
}

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
