/**
 * BERT's encoder in tfjs operations: learned positions and segments, a norm after the embeddings and after each half of
 * a layer, attention in both directions. Shorter sequences are padded behind, as BERT's are.
 * Symbols: B sequences, T tokens each, N = B·T, d hidden.
 */
import * as tf from '@tensorflow/tfjs-core';
import type { ModelSpec } from '../../shared/model/spec';
import { apply, attention, gelu, normalize, type TokenBatch } from './gpt2';
import { rowsAt } from './matrix';
import { countPads } from './padding';
import type { Workload } from './runs';
import type { LayerWeights, Weights } from './weights';

export interface EncoderBatch extends TokenBatch {
  /** [T] segment of each token, always the first; null where the model has none. */
  readonly types: tf.Tensor1D | null;
}

/** Uploads B·T ids. The mask, [B, 1, 1, T], hides the pads of shorter sequences. */
export function encoderBatch(
  {
    model,
    run,
    reporter: { liveBytes },
    sequences,
  }: Pick<Workload, 'model' | 'run' | 'reporter' | 'sequences'>,
  ids: Int32Array,
): EncoderBatch {
  const { seq } = run;
  const pads = countPads(run, sequences, seq);
  return liveBytes.within('inputs', () => ({
    sequences,
    length: seq,
    ids: tf.tensor1d(ids, 'int32'),
    positions: tf.tensor1d(
      Int32Array.from({ length: seq }, (_, index) => index),
      'int32',
    ),
    types: model.tokenTypes ? tf.zeros([seq], 'int32') : null,
    mask:
      pads &&
      liveBytes.within('buffers', () => {
        const values = new Float32Array(sequences * seq);
        pads.forEach((pad, sequence) => {
          values.fill(-1e9, (sequence + 1) * seq - pad, (sequence + 1) * seq);
        });
        return tf.tensor4d(values, [sequences, 1, 1, seq]);
      }),
  }));
}

/** The states [N, d] after the last layer and, where the model pools, [B, d] of the first tokens. The caller owns both. */
export function encode(
  model: ModelSpec,
  weights: Weights,
  batch: EncoderBatch,
): { readonly states: tf.Tensor2D; readonly pooled: tf.Tensor2D | null } {
  let states = tf.tidy(() => embed(model, weights, batch));
  weights.layers.forEach((layer, index) => {
    const next = tf.tidy(() => block(model, layer, states, batch, index));
    states.dispose();
    states = next;
  });
  const { pooler } = weights;
  return {
    states,
    pooled: pooler && tf.tidy(() => tf.tanh(apply(pooler, firstTokens(states, batch)))),
  };
}

function embed(
  { hidden }: ModelSpec,
  weights: Weights,
  { sequences, length, ids, positions, types }: EncoderBatch,
): tf.Tensor2D {
  const tokens = rowsAt(weights.tokenTable, ids);
  const places = rowsAt(weights.positionTable, positions);
  const placed = tf.add(tf.reshape(tokens, [sequences, length, hidden]), places);
  const sum =
    types && weights.typeTable ? tf.add(placed, rowsAt(weights.typeTable, types)) : placed;
  return normalize(tf.reshape(sum, [sequences * length, hidden]), weights.outerNorm, EPSILON);
}

/** What BERT's configurations have as layer_norm_eps. */
export const EPSILON = 1e-12;

function block(
  model: ModelSpec,
  layer: LayerWeights,
  x: tf.Tensor2D,
  batch: TokenBatch,
  index: number,
): tf.Tensor2D {
  const attended = normalize(
    tf.add(x, attention(model, layer, x, batch, null, index)),
    layer.norm1,
    EPSILON,
  );
  return normalize(
    tf.add(attended, apply(layer.down, activate(model, apply(layer.up, attended)))),
    layer.norm2,
    EPSILON,
  );
}

/** BERT's own GELU is exact; a configuration may ask for the approximation that GPT-2 has, or for ReLU. */
export function activate({ activation, activationComposed }: ModelSpec, x: tf.Tensor): tf.Tensor {
  if (activation === 'relu') return tf.relu(x);
  return activationComposed ? gelu(x) : exactGelu(x);
}

/** GELU as it is defined, x/2 · (1 + erf(x/√2)) (Hendrycks and Gimpel 2016). */
function exactGelu(x: tf.Tensor): tf.Tensor {
  return tf.mul(tf.mul(x, 0.5), tf.add(tf.erf(tf.mul(x, Math.SQRT1_2)), 1));
}

function firstTokens(states: tf.Tensor2D, { sequences, length }: TokenBatch): tf.Tensor2D {
  const width = states.shape[1];
  if (length === 1) return states;
  return tf.reshape(
    tf.slice(tf.reshape(states, [sequences, length, width]), [0, 0, 0], [sequences, 1, width]),
    [sequences, width],
  );
}
