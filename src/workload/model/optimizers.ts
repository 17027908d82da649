/**
 * tfjs's optimizers, and AdamW, which it lacks: every parameter shrinks by rate times decay before Adam's own update,
 * so that the decay passes through no moment (Loshchilov and Hutter 2019; the defaults are PyTorch's).
 */
import * as tf from '@tensorflow/tfjs-core';
import type { Optimizer as OptimizerName } from '../../shared/model/spec';
import type { Ledger } from '../measure/live-tensor-bytes';

export const ADAM_RATE = 1e-3;
export const WEIGHT_DECAY = 0.01;

interface States {
  readonly accBeta1?: tf.Variable;
  readonly accBeta2?: tf.Variable;
  readonly accumulatedFirstMoment?: readonly { readonly variable: tf.Variable }[];
  readonly accumulatedSecondMoment?: readonly { readonly variable: tf.Variable }[];
  readonly accumulations?: readonly { readonly variable: tf.Variable }[];
}

export class Optimizer {
  private readonly update: tf.Optimizer;

  constructor(private readonly name: OptimizerName) {
    this.update =
      name === 'sgd'
        ? tf.train.sgd(0.1)
        : name === 'momentum'
          ? tf.train.momentum(0.02, 0.9)
          : tf.train.adam(ADAM_RATE, 0.9, 0.999, 1e-8);
  }

  apply(gradients: tf.NamedTensorMap, weights: readonly tf.Variable[]): void {
    if (this.name === 'adamw')
      for (const weight of weights)
        tf.tidy(() => {
          weight.assign(tf.mul(weight, 1 - ADAM_RATE * WEIGHT_DECAY));
        });
    this.update.applyGradients(gradients);
  }

  /** After an update the variables hold new buffers, which were allocated as workspace. */
  retag(ledger: Ledger, weights: readonly tf.Variable[]): void {
    const states = this.update as unknown as States;
    for (const weight of weights) ledger.retag(weight, 'params');
    for (const { variable } of states.accumulatedFirstMoment ?? [])
      ledger.retag(variable, 'adam_m');
    for (const { variable } of states.accumulatedSecondMoment ?? [])
      ledger.retag(variable, 'adam_v');
    for (const { variable } of states.accumulations ?? []) ledger.retag(variable, 'momentum');
    for (const scalar of [states.accBeta1, states.accBeta2])
      if (scalar) ledger.retag(scalar, 'optimizer_other');
  }
}
