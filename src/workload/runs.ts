/** What the three modes share: the inputs of a forward pass, the leak that a test may ask for. */
import * as tf from '@tensorflow/tfjs-core';
import type { ModelSpec, RunSpec } from '../shared/model/spec';
import type { Faults } from './faults';
import { type Batch, causalMask } from './gpt2';
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

/** Uploads ids of `length` tokens a sequence, the first of them at position `start`. */
export function makeBatch(work: Workload, ids: Int32Array, length: number, start: number): Batch {
  const { ledger } = work.reporter;
  return ledger.within('inputs', () => ({
    sequences: work.sequences,
    length,
    ids: tf.tensor1d(ids, 'int32'),
    positions: tf.tensor1d(Int32Array.from({ length }, (_, index) => start + index), 'int32'),
    mask: length > 1 ? ledger.within('buffers', () => causalMask(length)) : null,
  }));
}

export function disposeBatch(batch: Batch): void {
  tf.dispose([batch.ids, batch.positions]);
  batch.mask?.dispose();
}

export function leak({ faults, reporter }: Workload): void {
  if (faults.leakBytes) reporter.ledger.within('workspace', () => tf.keep(tf.zeros([faults.leakBytes / 4])));
}
