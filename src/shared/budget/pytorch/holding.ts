/** Some of a component's tensors that are there at a moment: what moments of a timeline are lists of. */
import type { Component } from '../../base/vocabulary';
import type { TensorSum } from './allocator';

export interface Holding {
  readonly component: Component;
  readonly sum: TensorSum;
  /** How many times `sum` is there; less than once where it is of another rank's share. */
  readonly times: number;
}

export function hold(component: Component, sum: TensorSum, times = 1): Holding {
  return { component, sum, times };
}

/** Of what has no tensors. */
export const NOTHING: readonly Holding[] = [];
