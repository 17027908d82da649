/**
 * Activation checkpointing: a segment of layers keeps its input alone, and its gradient runs it again, this time with a
 * tape. tfjs holds one tape at a time, so that of the whole model is set aside meanwhile.
 */
import * as tf from '@tensorflow/tfjs-core';
import type { ModelSpec } from '../../shared/model/spec';
import type { Ledger } from '../measure/live-tensor-bytes';
import { attribute, type EngineTape } from '../measure/tape';
import { type Batch, runLayers, type Segment } from './gpt2';
import { trainable } from './matrix';
import type { Layer, Linear, Norm } from './weights';

export function recomputed(model: ModelSpec, batch: Batch, ledger: Ledger): Segment {
  return (layers, x) => {
    const variables = layers.flatMap(collectVariables);
    const segment = tf.customGrad((...args: (tf.Tensor | tf.GradSaveFunc)[]) => {
      (args.at(-1) as tf.GradSaveFunc)([x]);
      return {
        value: runLayers(model, layers, x, batch) as tf.Tensor,
        gradFunc: (dy: tf.Tensor, [input]: tf.Tensor[]) => runAgain(input as tf.Tensor2D, dy),
      };
    });
    const runAgain = (input: tf.Tensor2D, dy: tf.Tensor): tf.Tensor[] => {
      const { state } = tf.engine() as unknown as EngineTape;
      const whole = state.activeTape;
      const { value, grads } = tf.engine().gradients(
        () => {
          ledger.setContext('activations');
          const output = runLayers(model, layers, input, batch);
          for (const node of state.activeTape) attribute(ledger, node, 'workspace');
          ledger.setContext('workspace');
          return output as tf.Tensor;
        },
        [input, ...variables],
        dy,
      );
      state.activeTape = whole;
      value.dispose();
      return grads;
    };
    return segment(x, ...variables) as tf.Tensor2D;
  };
}

function collectVariables({
  norm1,
  query,
  key,
  value,
  projection,
  norm2,
  up,
  down,
}: Layer): tf.Variable[] {
  const ofNorm = ({ gain, bias }: Norm): tf.Variable[] => [gain, bias];
  const ofLinear = ({ weight, bias }: Linear): tf.Variable[] => [trainable(weight), bias];
  return [
    ...ofNorm(norm1),
    ...[query, key, value, projection].flatMap(ofLinear),
    ...ofNorm(norm2),
    ...[up, down].flatMap(ofLinear),
  ];
}
