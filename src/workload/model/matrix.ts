/**
 * A matrix of the model: a tfjs variable of float32 [in, out], or packed words with their scales. Products and rows are
 * taken of either alike.
 */
import * as tf from '@tensorflow/tfjs-core';
import { Failure } from '../../shared/base/failure';
import { type PackedLayout, type PackedPrecision, packedLayout } from '../../shared/model/packing';
import { MAX_HALF } from '../packed/half';
import type { PackedAttributes } from '../packed/kernel';
import { packRows } from '../packed/rows';
import { gatherRows } from './losses';

export interface Packed {
  readonly layout: PackedLayout;
  /** [out, words a row] */
  readonly words: tf.Tensor;
  /** [out, scales a row]; null for halves. */
  readonly scales: tf.Tensor | null;
}
export type Matrix = tf.Variable | Packed;

export function isPackedMatrix(matrix: Matrix): matrix is Packed {
  return 'layout' in matrix;
}

/** A matrix that training can change; packed ones are refused before. */
export function trainable(matrix: Matrix): tf.Variable {
  if (isPackedMatrix(matrix)) throw new Error('a packed matrix cannot be trained');
  return matrix;
}

/** Packs `values`, [out, in] or, as `turned` says, [in, out]. Not in a scope: the tensors stay until disposed of. */
export function packMatrix(
  name: string,
  values: Float32Array,
  [rows, columns]: readonly [number, number],
  turned: boolean,
  precision: PackedPrecision,
): Packed {
  const layout = packedLayout(rows, columns, precision);
  let greatest = 0;
  for (let i = 0; i < values.length; i++) greatest = Math.max(greatest, Math.abs(values[i]!));
  if (!(greatest <= (precision === 'fp16' ? MAX_HALF : Number.MAX_VALUE))) {
    throw new Failure(
      'bad_input',
      `The parameter "${name}" holds ${greatest}, which ${precision} cannot.`,
      'Use --precision fp32, or other weights.',
    );
  }
  const read = turned
    ? (row: number, into: Float32Array) => {
        for (let c = 0; c < columns; c++) into[c] = values[c * rows + row]!;
      }
    : (row: number, into: Float32Array) => {
        into.set(values.subarray(row * columns, (row + 1) * columns));
      };
  const { words, scales } = packRows(layout, read);
  return {
    layout,
    words: tf.tensor2d(words, [rows, layout.words], 'int32'),
    scales: scales && tf.tensor2d(scales, [rows, layout.scales]),
  };
}

/** x [N, in] times a matrix: [N, out]. */
export function times(x: tf.Tensor, matrix: Matrix): tf.Tensor2D {
  return (
    isPackedMatrix(matrix) ? runPacked('PackedMatMul', matrix, { x }) : tf.matMul(x, matrix)
  ) as tf.Tensor2D;
}

/** Rows of a table [V, d] at ids [N]: [N, d]. */
export function rowsAt(table: Matrix, ids: tf.Tensor1D): tf.Tensor2D {
  return isPackedMatrix(table)
    ? (runPacked('Unpack', table, { ids }) as tf.Tensor2D)
    : gatherRows(table, ids);
}

/** Packs along the last axis: words and, for integers, scales. */
export function packTensor(x: tf.Tensor, precision: PackedPrecision): tf.Tensor[] {
  const attributes: PackedAttributes = {
    precision,
    columns: tf.util.sizeFromShape(x.shape.slice(-1)),
  };
  return tf.engine().runKernel('Pack', { x }, { ...attributes });
}

/** What `packTensor` made, as float32 again: [.., columns]. */
export function unpackTensor(
  [words, scales]: readonly tf.Tensor[],
  columns: number,
  precision: PackedPrecision,
): tf.Tensor {
  return run(
    'Unpack',
    { ...(words && { words }), ...(scales && { scales }) },
    { precision, columns },
  );
}

function runPacked(
  kernel: string,
  { layout: { precision, columns }, words, scales }: Packed,
  inputs: tf.NamedTensorMap,
): tf.Tensor {
  return run(kernel, { ...inputs, words, ...(scales && { scales }) }, { precision, columns });
}

function run(kernel: string, inputs: tf.NamedTensorMap, attributes: PackedAttributes): tf.Tensor {
  return tf.engine().runKernel(kernel, inputs, { ...attributes });
}
