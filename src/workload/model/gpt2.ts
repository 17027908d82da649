/**
 * GPT-2 in tfjs operations: learned positions, pre-norm blocks, tanh GELU, causal attention, tied head. Rows of every
 * activation are the B·T tokens, so that the projections are plain matrix products.
 * Symbols: B sequences, T tokens each, N = B·T, d hidden, h heads, V vocabulary.
 */
import * as tf from '@tensorflow/tfjs-core';
import type { ModelSpec } from '../../shared/model/spec';
import type { KvCache } from './cache';
import { isPackedMatrix, rowsAt, times } from './matrix';
import type { LayerWeights, LinearWeights, NormWeights, Weights } from './weights';

/** The tokens of one forward pass, on the device. */
export interface TokenBatch {
  readonly sequences: number;
  /** Tokens of each sequence in this forward pass. */
  readonly length: number;
  /** [N] token ids. */
  readonly ids: tf.Tensor1D;
  /** [T] positions of those tokens; [N] where sequences are padded. */
  readonly positions: tf.Tensor1D;
  /** Added to the scores: [T, keys], or [B, 1, T, keys] where sequences are padded; null when every token attends to all keys. */
  readonly mask: tf.Tensor | null;
}

/** Runs a group of layers, [N, d] to [N, d]; the caller owns both. */
export type RunLayers = (layers: readonly LayerWeights[], x: tf.Tensor2D) => tf.Tensor2D;

/** Runs all blocks: [N] ids to [N, d] activations. The caller owns the result. */
export function runBlocks(
  model: ModelSpec,
  weights: Weights,
  batch: TokenBatch,
  cache: KvCache | null,
): tf.Tensor2D {
  let x = tf.tidy(() => embed(model, weights, batch));
  weights.layers.forEach((layer, index) => {
    const next = tf.tidy(() => block(model, layer, x, batch, cache, index));
    x.dispose();
    x = next;
  });
  return x;
}

/** The same in groups of `size` layers, the last perhaps smaller, each run by `runGroup`. */
export function runBlockGroups(
  model: ModelSpec,
  weights: Weights,
  batch: TokenBatch,
  size: number,
  runGroup: RunLayers,
): tf.Tensor2D {
  let x = tf.tidy(() => embed(model, weights, batch));
  for (let first = 0; first < weights.layers.length; first += size) {
    const next = runGroup(weights.layers.slice(first, first + size), x);
    x.dispose();
    x = next;
  }
  return x;
}

/** Layers one after the other, each one's transients freed as it ends; leaves `x` to the caller. */
export function runLayers(
  model: ModelSpec,
  layers: readonly LayerWeights[],
  x: tf.Tensor2D,
  batch: TokenBatch,
): tf.Tensor2D {
  return layers.reduce((input, layer, index) => {
    const output = tf.tidy(() => block(model, layer, input, batch, null, index));
    if (index > 0) input.dispose();
    return output;
  }, x);
}

function embed(model: ModelSpec, weights: Weights, batch: TokenBatch): tf.Tensor2D {
  const tokens = rowsAt(weights.tokenTable, batch.ids);
  const positions = rowsAt(weights.positionTable, batch.positions);
  if (positions.shape[0] !== batch.length) return tf.add(tokens, positions);
  const sum = tf.add(tf.reshape(tokens, [batch.sequences, batch.length, model.hidden]), positions);
  return tf.reshape(sum, [batch.sequences * batch.length, model.hidden]);
}

function block(
  model: ModelSpec,
  layer: LayerWeights,
  x: tf.Tensor2D,
  batch: TokenBatch,
  cache: KvCache | null,
  index: number,
): tf.Tensor2D {
  const attended = tf.add(
    x,
    attention(model, layer, normalize(x, layer.norm1), batch, cache, index),
  );
  const inner = gelu(apply(layer.up, normalize(attended, layer.norm2)));
  return tf.add(attended, apply(layer.down, inner));
}

/** Multi-head attention of one layer with its output projection: [N, d] to [N, d]. */
export function attention(
  model: ModelSpec,
  layer: LayerWeights,
  x: tf.Tensor,
  batch: TokenBatch,
  cache: KvCache | null,
  index: number,
): tf.Tensor {
  // Scaling the queries costs N·d; scaling the scores would cost B·h·T².
  const queries = toHeads(
    tf.mul(apply(layer.query, x), 1 / Math.sqrt(model.headDim)),
    model,
    batch,
  );
  let keys = toHeads(apply(layer.key, x), model, batch);
  let values = toHeads(apply(layer.value, x), model, batch);
  if (cache) [keys, values] = cache.append(index, keys, values);
  let scores = tf.matMul(queries, keys, false, true);
  if (batch.mask) scores = tf.add(scores, batch.mask);
  return apply(layer.projection, fromHeads(tf.matMul(tf.softmax(scores), values), model, batch));
}

/** [N, d] to [B, h, T, d/h]. With one token or one head the transposition is only a new shape. */
function toHeads(
  x: tf.Tensor,
  { heads, headDim }: ModelSpec,
  { sequences, length }: TokenBatch,
): tf.Tensor4D {
  if (length === 1 || heads === 1) return tf.reshape(x, [sequences, heads, length, headDim]);
  return tf.transpose(tf.reshape(x, [sequences, length, heads, headDim]), [0, 2, 1, 3]);
}

function fromHeads(
  x: tf.Tensor,
  { heads, hidden }: ModelSpec,
  { sequences, length }: TokenBatch,
): tf.Tensor2D {
  const rows = length === 1 || heads === 1 ? x : tf.transpose(x, [0, 2, 1, 3]);
  return tf.reshape(rows, [sequences * length, hidden]);
}

/** x·W + b: [N, in] to [N, out]. */
export function apply(linear: LinearWeights, x: tf.Tensor): tf.Tensor2D {
  return tf.add(times(x, linear.weight), linear.bias);
}

/** Layer norm over the last axis: (x − mean)/√(variance + ε)·gain + bias. */
export function normalize(x: tf.Tensor, norm: NormWeights, epsilon = 1e-5): tf.Tensor2D {
  const centred = tf.sub(x, tf.mean(x, 1, true));
  const variance = tf.mean(tf.square(centred), 1, true);
  const scaled = tf.mul(centred, tf.rsqrt(tf.add(variance, epsilon)));
  return tf.add(tf.mul(scaled, norm.gain), norm.bias);
}

/** GELU by its tanh approximation, x/2 · (1 + tanh(√(2/π)·(x + 0.044715·x³))) (Hendrycks and Gimpel 2016). */
export function gelu(x: tf.Tensor): tf.Tensor {
  const c = Math.sqrt(2 / Math.PI);
  const inner = tf.mul(x, tf.add(tf.mul(tf.square(x), 0.044715 * c), c));
  return tf.mul(tf.mul(x, 0.5), tf.add(tf.tanh(inner), 1));
}

/** Logits [B, V] after each sequence's last token. The caller owns the result. */
export function lastLogits(
  model: ModelSpec,
  weights: Weights,
  x: tf.Tensor2D,
  batch: TokenBatch,
): tf.Tensor2D {
  const { sequences, length } = batch;
  return tf.tidy(() => {
    const last =
      length === 1
        ? x
        : tf.reshape(
            tf.slice(
              tf.reshape(x, [sequences, length, model.hidden]),
              [0, length - 1, 0],
              [sequences, 1, model.hidden],
            ),
            [sequences, model.hidden],
          );
    return computeLogits(model, weights, last);
  });
}

/** Logits [R, V] after each of R positions [R, d]. Call in a scope. */
export function computeLogits(
  { hidden, vocab }: ModelSpec,
  weights: Weights,
  x: tf.Tensor,
): tf.Tensor2D {
  const normal = normalize(x, weights.outerNorm);
  if (isPackedMatrix(weights.tokenTable)) return times(normal, weights.tokenTable);
  const [rows] = normal.shape;
  // The table stays as it is and the activations are turned: wasm has no fast product with a transposed operand.
  const columns = rows === 1 ? tf.reshape(normal, [hidden, 1]) : tf.transpose(normal);
  const logits = tf.matMul(weights.tokenTable, columns);
  return (rows === 1 ? tf.reshape(logits, [1, vocab]) : tf.transpose(logits)) as tf.Tensor2D;
}
