/**
 * What padding wastes, and what bucketing and packing save. All counts are positions; a batch pads every sequence to
 * its longest.
 */

import { type Count, count, requireWhole } from '../base/big-count';
import { Failure } from '../base/failure';
import type { ModelSpec } from '../model/spec';
import { forwardFlops } from './flops';

interface Padding {
  readonly useful: number;
  /** Positions computed, padding included. */
  readonly computed: number;
  readonly wasted: number;
  /** Of what is computed. */
  readonly wastedPercent: number;
}

function padding(useful: number, computed: number): Padding {
  return {
    useful,
    computed,
    wasted: computed - useful,
    wastedPercent: (100 * (computed - useful)) / computed,
  };
}

function checked(lengths: readonly number[]): number {
  if (lengths.length === 0)
    throw new Failure('bad_input', 'There are no sequence lengths.', 'Give at least one.');
  for (const length of lengths) requireWhole('lengths', length);
  return lengths.reduce((sum, length) => sum + length, 0);
}

/** One batch padded to its longest sequence. */
export function padded(lengths: readonly number[]): Padding {
  return padding(
    checked(lengths),
    lengths.length * lengths.reduce((most, length) => Math.max(most, length), 0),
  );
}

/** Batches of at most `size` made of sequences of like length (sorted), each padded to its own longest. */
export function grouped(lengths: readonly number[], size: number): Padding {
  requireWhole('size', size);
  const useful = checked(lengths);
  const sorted = [...lengths].sort((a, b) => b - a);
  let computed = 0;
  for (let i = 0; i < sorted.length; i += size)
    computed += (sorted[i] ?? 0) * Math.min(size, sorted.length - i);
  return padding(useful, computed);
}

/** Each sequence padded to the smallest bucket that holds it; `bad_input` where none does. */
export function bucketed(lengths: readonly number[], buckets: readonly number[]): Padding {
  const useful = checked(lengths);
  const sorted = [...buckets].sort((a, b) => a - b);
  return padding(
    useful,
    lengths.reduce((sum, length) => sum + bucketFor(length, sorted), 0),
  );
}

/** The smallest bucket that holds a sequence; `sorted` rises. */
function bucketFor(length: number, sorted: readonly number[]): number {
  const bucket = sorted.find((size) => size >= length);
  if (bucket !== undefined) return bucket;
  throw new Failure(
    'bad_input',
    `No bucket holds a sequence of ${length} tokens.`,
    `Add a bucket of at least ${length}.`,
  );
}

/** Sequences laid end to end in rows of `capacity`, first fit by decreasing length. */
export function packed(
  lengths: readonly number[],
  capacity: number,
): Padding & { readonly rows: number } {
  requireWhole('capacity', capacity);
  const useful = checked(lengths);
  const free: number[] = [];
  for (const length of [...lengths].sort((a, b) => b - a)) {
    if (length > capacity)
      throw new Failure(
        'bad_input',
        `A row of ${capacity} positions cannot hold a sequence of ${length}.`,
        `Use rows of at least ${length}.`,
      );
    const row = free.findIndex((room) => room >= length);
    if (row < 0) free.push(capacity - length);
    else free[row] = (free[row] ?? 0) - length;
  }
  return { ...padding(useful, free.length * capacity), rows: free.length };
}

interface PaddedForm extends Padding {
  readonly form: 'padded' | 'grouped' | 'bucketed' | 'packed';
  /** In words: to what length, in which buckets, in how many rows. */
  readonly how: string;
  /** FLOPs of a forward pass over what is computed; packed sequences attend to themselves alone. */
  readonly flops: Count;
  /** Against the sequences one by one, without any padding. */
  readonly flopsRatio: number;
}

export interface PaddingReport {
  readonly lengths: readonly number[];
  readonly forms: readonly PaddedForm[];
}

/** One batch padded to its longest; batches of half as many; buckets of powers of two; rows as long as the longest. */
export function paddingReport(model: ModelSpec, lengths: readonly number[]): PaddingReport {
  checked(lengths);
  const longest = lengths.reduce((most, length) => Math.max(most, length), 1);
  const least = lengths.reduce((sum, length) => sum + forwardFlops(model, 1, length), 0n);
  const form = (
    name: PaddedForm['form'],
    how: string,
    padding: Padding,
    flops: bigint,
  ): PaddedForm => ({
    useful: padding.useful,
    computed: padding.computed,
    wasted: padding.wasted,
    wastedPercent: padding.wastedPercent,
    form: name,
    how,
    flops: count(flops),
    flopsRatio: Number(flops) / Number(least),
  });
  const size = Math.ceil(lengths.length / 2);
  const sorted = [...lengths].sort((a, b) => b - a);
  const half = [sorted.slice(0, size), sorted.slice(size)].filter((some) => some.length > 0);
  const buckets = [
    ...new Set(lengths.map((length) => Math.min(longest, 2 ** Math.ceil(Math.log2(length))))),
  ].sort((a, b) => a - b);
  const rows = packed(lengths, longest);
  return {
    lengths,
    forms: [
      form(
        'padded',
        `to ${longest}`,
        padded(lengths),
        forwardFlops(model, lengths.length, longest),
      ),
      form(
        'grouped',
        `by length, ${size} at a time`,
        grouped(lengths, size),
        half.reduce((sum, some) => sum + forwardFlops(model, some.length, some[0]!), 0n),
      ),
      form(
        'bucketed',
        `to ${buckets.length > 4 ? `${buckets[0]} … ${buckets.at(-1)}` : buckets.join(', ')}`,
        bucketed(lengths, buckets),
        lengths.reduce(
          (sum, length) => sum + forwardFlops(model, 1, bucketFor(length, buckets)),
          0n,
        ),
      ),
      form(
        'packed',
        `${rows.rows} ${rows.rows === 1 ? 'row' : 'rows'} of ${longest}`,
        rows,
        packedFlops(model, lengths, rows.computed, least),
      ),
    ],
  };
}

/** Attention within each sequence; a padded position at a row's end attends to itself alone. */
function packedFlops(
  model: ModelSpec,
  lengths: readonly number[],
  positions: number,
  least: bigint,
): bigint {
  const spare = positions - lengths.reduce((sum, length) => sum + length, 0);
  return least + BigInt(spare) * forwardFlops(model, 1, 1);
}
