/**
 * Ragged batches: sequences shorter than the longest are padded in front, so that the newest token of each stands in
 * the last column. A pad is token 0 at position 0, and no token but itself looks at it.
 */
import * as tf from '@tensorflow/tfjs-core';
import type { RunSpec } from '../../shared/model/spec';

/** Pads of each sequence; null where no sequence has any. */
export function countPads(
  { lengths }: RunSpec,
  sequences: number,
  longest: number,
): number[] | null {
  if (!lengths || lengths.every((length) => length === longest)) return null;
  return Array.from(
    { length: sequences },
    (_, index) => longest - lengths[index % lengths.length]!,
  );
}

/** Position of each token in columns `start` to `start + length`: [T], or [B·T] where sequences are padded. */
export function buildPositions(
  pads: readonly number[] | null,
  start: number,
  length: number,
): tf.Tensor1D {
  const positions = (pads ?? [0]).flatMap((pad) =>
    Array.from({ length }, (_, index) => Math.max(0, start + index - pad)),
  );
  return tf.tensor1d(Int32Array.from(positions), 'int32');
}

/**
 * What is added to the scores of `length` tokens from column `start` on: 0 where a token may look, a large negative
 * number at pads and at what comes later. [T, C] for C keys, or [B, 1, T, C] where sequences are padded; null where one
 * token may look at all there is. Without `columns`, keys end with the last token.
 */
export function buildPaddingMask(
  pads: readonly number[] | null,
  start: number,
  length: number,
  columns?: number,
): tf.Tensor | null {
  if (!pads && length === 1 && columns === undefined) return null;
  return fillMask(pads, start, length, columns ?? start + length);
}

function fillMask(
  pads: readonly number[] | null,
  start: number,
  length: number,
  columns: number,
): tf.Tensor {
  const values = new Float32Array((pads?.length ?? 1) * length * columns).fill(-1e9);
  (pads ?? [0]).forEach((pad, sequence) => {
    for (let row = 0; row < length; row++) {
      const from = (sequence * length + row) * columns;
      values.fill(0, from + Math.min(pad, start + row), from + start + row + 1);
    }
  });
  return pads
    ? tf.tensor4d(values, [pads.length, 1, length, columns])
    : tf.tensor2d(values, [length, columns]);
}
