/** What the three modes share: the inputs of a forward pass, the leak that a test may ask for. */
import * as tf from '@tensorflow/tfjs-core';
import type { ModelSpec, RunSpec } from '../shared/model/spec';
import type { Faults } from './faults';
import type { Batch } from './gpt2';
import { maskOf, positionsOf } from './padding';
import type { Random } from './random';
import type { Reporter } from './reporter';
import type { Weights } from './weights';

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

/** Where the tokens of a batch stand, beyond their ids. */
export interface Place {
  readonly length: number;
  /** Column of the first of them. */
  readonly start: number;
  /** Keys attended over; left out, those up to the last of them. */
  readonly columns?: number | undefined;
  readonly pads?: readonly number[] | null;
}

/** Uploads ids of `length` tokens a sequence. */
export function makeBatch(work: Workload, ids: Int32Array, { length, start, columns, pads = null }: Place): Batch {
  const { ledger } = work.reporter;
  return ledger.within('inputs', () => ({
    sequences: work.sequences,
    length,
    ids: tf.tensor1d(ids, 'int32'),
    positions: positionsOf(pads, start, length),
    mask: ledger.within('buffers', () => maskOf(pads, start, length, columns)),
  }));
}

export function disposeBatch(batch: Batch): void {
  tf.dispose([batch.ids, batch.positions]);
  batch.mask?.dispose();
}

export function leak({ faults, reporter }: Workload): void {
  if (faults.leakBytes) reporter.ledger.within('workspace', () => tf.keep(tf.zeros([faults.leakBytes / 4])));
}
