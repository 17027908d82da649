/**
 * Rows of a recording that is looked at again and again: which of them will not change any more. What is summed up of
 * those is carried on from one look to the next.
 */
import type { OverlayPhase } from './types';

export interface Parts {
  /** A list that only grows, in the order in which its rows became settled. */
  readonly settled: readonly OverlayPhase[];
  /** The others: few. */
  readonly recent: readonly OverlayPhase[];
}

const known = new WeakMap<readonly OverlayPhase[], Parts>();

export function markSettled(rows: readonly OverlayPhase[], parts: Parts): void {
  known.set(rows, parts);
}

/** Of rows of which nobody said so all are settled. */
export const partsOf = (rows: readonly OverlayPhase[]): Parts =>
  known.get(rows) ?? { settled: rows, recent: [] };
