/**
 * What padding wastes, and what bucketing and packing save. All counts are positions; a batch pads every sequence to
 * its longest.
 */
import { Failure } from '../failure';
import { requireWhole } from './exact';

export interface Padding {
  readonly useful: number;
  /** Positions computed, padding included. */
  readonly computed: number;
  readonly wasted: number;
  /** Of what is computed. */
  readonly wastedPercent: number;
}

function padding(useful: number, computed: number): Padding {
  return { useful, computed, wasted: computed - useful, wastedPercent: (100 * (computed - useful)) / computed };
}

function checked(lengths: readonly number[]): number {
  if (lengths.length === 0) throw new Failure('bad_input', 'There are no sequence lengths.', 'Give at least one.');
  for (const length of lengths) requireWhole('lengths', length);
  return lengths.reduce((sum, length) => sum + length, 0);
}

/** One batch padded to its longest sequence. */
export function padded(lengths: readonly number[]): Padding {
  return padding(checked(lengths), lengths.length * lengths.reduce((most, length) => Math.max(most, length), 0));
}

/** Batches of at most `size` made of sequences of like length (sorted), each padded to its own longest. */
export function grouped(lengths: readonly number[], size: number): Padding {
  requireWhole('size', size);
  const useful = checked(lengths);
  const sorted = [...lengths].sort((a, b) => b - a);
  let computed = 0;
  for (let i = 0; i < sorted.length; i += size) computed += (sorted[i] ?? 0) * Math.min(size, sorted.length - i);
  return padding(useful, computed);
}

/** Each sequence padded to the smallest bucket that holds it; `bad_input` where none does. */
export function bucketed(lengths: readonly number[], buckets: readonly number[]): Padding {
  const useful = checked(lengths);
  const sorted = [...buckets].sort((a, b) => a - b);
  const computed = lengths.reduce((sum, length) => {
    const bucket = sorted.find((size) => size >= length);
    if (bucket === undefined) throw new Failure('bad_input', `No bucket holds a sequence of ${length} tokens.`, `Add a bucket of at least ${length}.`);
    return sum + bucket;
  }, 0);
  return padding(useful, computed);
}

/** Sequences laid end to end in rows of `capacity`, first fit by decreasing length. */
export function packed(lengths: readonly number[], capacity: number): Padding & { readonly rows: number } {
  requireWhole('capacity', capacity);
  const useful = checked(lengths);
  const free: number[] = [];
  for (const length of [...lengths].sort((a, b) => b - a)) {
    if (length > capacity) throw new Failure('bad_input', `A row of ${capacity} positions cannot hold a sequence of ${length}.`, `Use rows of at least ${length}.`);
    const row = free.findIndex((room) => room >= length);
    if (row < 0) free.push(capacity - length);
    else free[row] = (free[row] ?? 0) - length;
  }
  return { ...padding(useful, free.length * capacity), rows: free.length };
}
