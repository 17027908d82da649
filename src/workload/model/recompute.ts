/**
 * Activation checkpointing: a group of layers keeps its input alone, and its gradient runs the group again, this time
 * with a tape. tfjs holds one tape at a time, so that of the whole model is set aside meanwhile.
 */
import * as tf from '@tensorflow/tfjs-core';
import type { ModelSpec } from '../../shared/model/spec';
import type { LiveTensorBytes } from '../measure/live-tensor-bytes';
import { attribute } from '../measure/tape';
import { engineInternals } from '../tfjs/internals';
import { type RunLayers, runLayers, type TokenBatch } from './gpt2';
import { trainable } from './matrix';
import type { LayerWeights, LinearWeights, NormWeights } from './weights';

/** Runs a group of layers forward so that backward computes their activations anew, in place of keeping them. */
export function runRecomputed(
  model: ModelSpec,
  batch: TokenBatch,
  liveBytes: LiveTensorBytes,
): RunLayers {
  return (layers, x) => {
    const variables = layers.flatMap(collectVariables);
    const runGroup = tf.customGrad((...args: (tf.Tensor | tf.GradSaveFunc)[]) => {
      (args.at(-1) as tf.GradSaveFunc)([x]);
      return {
        value: runLayers(model, layers, x, batch) as tf.Tensor,
        gradFunc: (dy: tf.Tensor, [input]: tf.Tensor[]) => runAgain(input as tf.Tensor2D, dy),
      };
    });
    const runAgain = (input: tf.Tensor2D, dy: tf.Tensor): tf.Tensor[] => {
      const { state } = engineInternals();
      const whole = state.activeTape;
      const { value, grads } = tf.engine().gradients(
        () => {
          liveBytes.setContext('activations');
          const output = runLayers(model, layers, input, batch);
          for (const node of state.activeTape) attribute(liveBytes, node, 'workspace');
          liveBytes.setContext('workspace');
          return output as tf.Tensor;
        },
        [input, ...variables],
        dy,
      );
      state.activeTape = whole;
      value.dispose();
      return grads;
    };
    return runGroup(x, ...variables) as tf.Tensor2D;
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
}: LayerWeights): tf.Variable[] {
  const normVariables = ({ gain, bias }: NormWeights): tf.Variable[] => [gain, bias];
  const linearVariables = ({ weight, bias }: LinearWeights): tf.Variable[] => [
    trainable(weight),
    bias,
  ];
  return [
    ...normVariables(norm1),
    ...[query, key, value, projection].flatMap(linearVariables),
    ...normVariables(norm2),
    ...[up, down].flatMap(linearVariables),
  ];
}
