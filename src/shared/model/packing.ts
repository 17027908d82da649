/**
 * How the bundled workload stores numbers narrower than the four bytes that are all TensorFlow.js has. A matrix is kept
 * by its output channels, one row each, and every row is packed into whole 32-bit words, the first number in the lowest
 * bits: two halves, four int8 or eight int4 a word. int8 has one float32 scale a row, int4 one for each group of
 * `INT4_GROUP` numbers of a row; both are symmetric, so that there are no zero-points.
 *
 * What is packed: every matrix, the two embedding tables among them. The token table is the head as well and most
 * sensitive to rounding, so that tables are int8 where the layers are int4. Biases and norms, a thousandth of the
 * parameters, stay float32.
 */
import type { Precision } from './choices';

export type PackedPrecision = 'fp16' | 'int8' | 'int4';

export const INT4_GROUP = 64;

const BITS: Readonly<Record<PackedPrecision, number>> = { fp16: 16, int8: 8, int4: 4 };

export function isPacked(precision: Precision): precision is PackedPrecision {
  return precision in BITS;
}

export interface PackedLayout {
  readonly precision: PackedPrecision;
  readonly bits: number;
  readonly rows: number;
  readonly columns: number;
  /** 32-bit words a row. */
  readonly words: number;
  /** Numbers that share a scale, the last group of a row may be shorter; without scales the whole row. */
  readonly group: number;
  /** Scales a row; 0 for halves. */
  readonly scales: number;
}

export function packedLayout(
  rows: number,
  columns: number,
  precision: PackedPrecision,
): PackedLayout {
  const bits = BITS[precision];
  const group = precision === 'int4' ? INT4_GROUP : columns;
  const scales = precision === 'fp16' ? 0 : Math.ceil(columns / group);
  return { precision, bits, rows, columns, words: Math.ceil((columns * bits) / 32), group, scales };
}

/** The precision of the embedding tables in a model of packed matrices. */
export function tablePrecision(precision: PackedPrecision): PackedPrecision {
  return precision === 'int4' ? 'int8' : precision;
}
