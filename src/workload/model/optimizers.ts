/**
 * tfjs's optimizers, and AdamW, which it lacks: every parameter shrinks by rate times decay before Adam's own update,
 * so that the decay passes through no moment (Loshchilov and Hutter 2019; the defaults are PyTorch's).
 */
import * as tf from '@tensorflow/tfjs-core';
import type { Optimizer as OptimizerName } from '../../shared/model/spec';
import type { LiveTensorBytes } from '../measure/live-tensor-bytes';
import { optimizerStates } from '../tfjs/internals';

const ADAM_RATE = 1e-3;
const WEIGHT_DECAY = 0.01;

export class Optimizer {
  readonly #name: OptimizerName;
  readonly #update: tf.Optimizer;

  constructor(name: OptimizerName) {
    this.#name = name;
    this.#update = createUpdate(name);
  }

  apply(gradients: tf.NamedTensorMap, weights: readonly tf.Variable[]): void {
    if (this.#name === 'adamw')
      for (const weight of weights)
        tf.tidy(() => {
          weight.assign(tf.mul(weight, 1 - ADAM_RATE * WEIGHT_DECAY));
        });
    this.#update.applyGradients(gradients);
  }

  /** After an update the variables hold new buffers, which were allocated as workspace. */
  retag(liveBytes: LiveTensorBytes, weights: readonly tf.Variable[]): void {
    const states = optimizerStates(this.#update);
    for (const weight of weights) liveBytes.retag(weight, 'params');
    for (const { variable } of states.accumulatedFirstMoment ?? [])
      liveBytes.retag(variable, 'adam_m');
    for (const { variable } of states.accumulatedSecondMoment ?? [])
      liveBytes.retag(variable, 'adam_v');
    for (const { variable } of states.accumulations ?? []) liveBytes.retag(variable, 'momentum');
    for (const scalar of [states.accBeta1, states.accBeta2])
      if (scalar) liveBytes.retag(scalar, 'optimizer_other');
  }
}

/** Adam for AdamW too, whose decay comes before it. */
function createUpdate(name: OptimizerName): tf.Optimizer {
  if (name === 'sgd') return tf.train.sgd(0.1);
  if (name === 'momentum') return tf.train.momentum(0.02, 0.9);
  return tf.train.adam(ADAM_RATE, 0.9, 0.999, 1e-8);
}
