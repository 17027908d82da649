/** A row of the table of what autograd saves of a layer. */
import type { Sublayer } from './layer-shape';

export interface SavedTensor {
  readonly name: string;
  readonly sublayer: Sublayer;
  readonly shape: readonly number[];
  /** Bytes of one element. */
  readonly element: number;
  readonly count: number;
  /** Attention weights and their masks: what selective checkpointing computes again. */
  readonly scores: boolean;
}

export function countElements(tensor: SavedTensor): number {
  let product = 1;
  for (const length of tensor.shape) product *= length;
  return product;
}

/** Rows of a table of one sublayer, none of them scores. */
export const savedIn =
  (sublayer: SavedTensor['sublayer']) =>
  (name: string, shape: readonly number[], element: number, count = 1): SavedTensor => ({
    name,
    sublayer,
    shape,
    element,
    count,
    scores: false,
  });
