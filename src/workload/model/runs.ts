/** What the modes share: a run under way, the inputs of a forward pass, the leak that a test may ask for. */
import * as tf from '@tensorflow/tfjs-core';
import type { ModelSpec, RunSpec } from '../../shared/model/spec';
import type { Faults } from '../measure/faults';
import type { Reporter } from '../measure/reporter';
import type { TokenBatch } from './gpt2';
import { buildPaddingMask, buildPositions } from './padding';
import type { Random } from './random';
import type { Weights } from './weights';

/** A run under way: what every mode works with. */
export interface Workload {
  readonly model: ModelSpec;
  readonly run: RunSpec;
  readonly weights: Weights;
  readonly random: Random;
  readonly reporter: Reporter;
  readonly faults: Faults;
  /** Sequences really run: the declared batch unless a fault says otherwise. */
  readonly sequences: number;
}

/** Which columns of their sequences the tokens of a batch fill. */
interface ColumnSpan {
  readonly length: number;
  /** Column of the first of them. */
  readonly start: number;
  /** Keys attended over; left out, those up to the last of them. */
  readonly columns?: number | undefined;
  readonly pads?: readonly number[] | null;
}

/** Uploads ids of `length` tokens a sequence. */
export function makeBatch(
  work: Workload,
  ids: Int32Array,
  { length, start, columns, pads = null }: ColumnSpan,
): TokenBatch {
  const { liveBytes } = work.reporter;
  return liveBytes.within('inputs', () => ({
    sequences: work.sequences,
    length,
    ids: tf.tensor1d(ids, 'int32'),
    positions: buildPositions(pads, start, length),
    mask: liveBytes.within('buffers', () => buildPaddingMask(pads, start, length, columns)),
  }));
}

export function disposeBatch(batch: TokenBatch): void {
  tf.dispose([batch.ids, batch.positions]);
  batch.mask?.dispose();
}

/** [N, 2] of row and target id: each token's successor, and the one given after the last of `length`. */
export function shiftedTargets(ids: Int32Array, length: number, last: Int32Array): tf.Tensor2D {
  const pairs = new Int32Array(ids.length * 2);
  for (let row = 0; row < ids.length; row++) {
    pairs[2 * row] = row;
    pairs[2 * row + 1] = (row + 1) % length === 0 ? last[Math.floor(row / length)]! : ids[row + 1]!;
  }
  return tf.tensor2d(pairs, [ids.length, 2], 'int32');
}

/** Where the fault is planted, keeps one more tensor for good. */
export function leak({ faults, reporter }: Workload): void {
  if (faults.leakBytes)
    reporter.liveBytes.within('workspace', () => tf.keep(tf.zeros([faults.leakBytes / 4])));
}
