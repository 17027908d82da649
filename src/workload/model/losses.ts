/**
 * The two pieces whose gradients tfjs lacks on some backend, written as custom gradients over kernels that all three
 * have, so that every backend runs the same operations.
 */
import * as tf from '@tensorflow/tfjs-core';

/** Rows of `table` at `ids`: [V, d] and [N] to [N, d]. Its gradient scatters (wasm has no UnsortedSegmentSum). */
export function gatherRows(table: tf.Tensor, ids: tf.Tensor1D): tf.Tensor2D {
  const gather = tf.customGrad((rows: tf.Tensor | tf.GradSaveFunc) => ({
    value: tf.gather(rows as tf.Tensor, ids),
    gradFunc: (dy: tf.Tensor) => tf.scatterND(ids, dy, table.shape as [number, number]),
  }));
  return gather(table) as tf.Tensor2D;
}

/**
 * Mean over N rows of −log softmax(logits)[target]. `targets` is [N, 2]: row and class.
 * Saves the probabilities; the gradient is (probabilities − one-hot)/N.
 */
export function crossEntropy(logits: tf.Tensor2D, targets: tf.Tensor2D): tf.Scalar {
  const [rows] = logits.shape;
  const loss = tf.customGrad(
    (x: tf.Tensor | tf.GradSaveFunc, save: tf.Tensor | tf.GradSaveFunc) => {
      const scores = x as tf.Tensor2D;
      const top = tf.max(scores, 1, true);
      const exponentials = tf.exp(tf.sub(scores, top));
      const sums = tf.sum(exponentials, 1, true);
      (save as tf.GradSaveFunc)([tf.div(exponentials, sums)]);
      const normalizers = tf.reshape(tf.add(tf.log(sums), top), [rows]);
      return {
        value: tf.mean(tf.sub(normalizers, tf.gatherND(scores, targets))),
        gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) =>
          tf.tidy(() => {
            const oneHot = tf.scatterND(targets, tf.ones([rows]), logits.shape);
            return tf.mul(tf.sub(saved[0]!, oneHot), tf.div(dy, rows));
          }),
      };
    },
  );
  return loss(logits) as tf.Scalar;
}
