/** What is said of a band of a budget, and what a tier says of a component. */
import type { Bytes } from '../base/units';
import type { Component, Phase, Tier } from '../base/vocabulary';
import type { Shard } from '../budget/sharding/shard';
import type { ModelSpec, RunSpec } from '../model/spec';
import type { Formula } from './formula';

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
