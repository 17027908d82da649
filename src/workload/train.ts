/**
 * Training on one repeated batch: mean cross-entropy, tfjs's autodiff, tfjs's own optimizers. Forward ends as the loss
 * closure returns, before its scope closes; backward ends when the gradients are returned; the optimizer phase applies
 * and drops them.
 */
import * as tf from '@tensorflow/tfjs-core';
import type { RunSpec } from '../shared/model/spec';
import { type Batch, normalize, runBlocks } from './gpt2';
import type { Ledger } from './ledger';
import { crossEntropy } from './losses';
import { seconds } from './generate';
import { breathe } from './reporter';
import { leak, makeBatch, type Workload } from './runs';

interface TapeNode {
  readonly inputs: Readonly<Record<string, tf.Tensor>>;
  gradient?: (dys: tf.Tensor[]) => Record<string, () => tf.Tensor>;
}
interface EngineTape { readonly state: { readonly activeTape: TapeNode[] } }
interface Moments {
  readonly accBeta1?: tf.Variable;
  readonly accBeta2?: tf.Variable;
  readonly accumulatedFirstMoment?: readonly { readonly variable: tf.Variable }[];
  readonly accumulatedSecondMoment?: readonly { readonly variable: tf.Variable }[];
  readonly accumulations?: readonly { readonly variable: tf.Variable }[];
}

export function prepareTraining(work: Workload): () => Promise<void> {
  const { run, model, reporter, random, sequences } = work;
  const { ledger } = reporter;
  const rows = sequences * run.seq;
  const batch = makeBatch(work, random.integers(rows, model.vocab), run.seq, 0);
  const targets = ledger.within('inputs', () => shiftedTargets(batch, random.integers(sequences, model.vocab)));
  const optimizer = ledger.within('optimizer_other', () => createOptimizer(run));
  return async () => {
    for (let step = 1; step <= run.steps; step++) await trainStep(work, batch, targets, optimizer, step);
  };
}

async function trainStep(work: Workload, batch: Batch, targets: tf.Tensor2D, optimizer: tf.Optimizer, step: number): Promise<void> {
  const { run, weights, reporter } = work;
  const { ledger } = reporter;
  const started = performance.now();
  reporter.step('begin', step);
  reporter.begin('forward', step);
  const { value, grads } = tf.variableGrads(() => {
    const loss = forward(work, batch, targets);
    ledger.setContext('workspace');
    reporter.end('forward', step);
    reporter.begin('backward', step);
    return loss;
  }, [...weights.all]);
  for (const name in grads) ledger.retag(grads[name]!, 'gradients');
  ledger.setContext('workspace');
  reporter.end('backward', step);

  reporter.begin('optimizer', step);
  optimizer.applyGradients(grads);
  retagStates(ledger, weights.all, optimizer as unknown as Moments);
  tf.dispose(grads);
  leak(work);
  reporter.end('optimizer', step);
  const loss = (await value.data())[0]!;
  value.dispose();
  reporter.step('end', step);
  reporter.say(`step ${step}/${run.steps} loss ${loss.toFixed(4)} ${seconds(performance.now() - started)}`);
  await breathe();
}

function forward(work: Workload, batch: Batch, targets: tf.Tensor2D): tf.Scalar {
  const { model, weights, reporter: { ledger } } = work;
  const { activeTape } = (tf.engine() as unknown as EngineTape).state;
  ledger.setContext('activations');
  const x = runBlocks(model, weights, batch, null);
  const normal = normalize(x, weights.finalNorm);
  const headStarts = activeTape.length;
  ledger.setContext('logits');
  const logits = tf.matMul(normal, weights.tokenTable, false, true) as tf.Tensor2D;
  const loss = crossEntropy(logits, targets);
  activeTape.forEach((node, index) => { attribute(ledger, node, index >= headStarts); });
  return loss;
}

/** Makes what a node's gradient allocates count as logits or workspace, and its parameter gradients as gradients. */
function attribute(ledger: Ledger, node: TapeNode, inHead: boolean): void {
  const original = node.gradient;
  if (!original) return;
  const component = inHead ? 'logits' : 'workspace';
  node.gradient = (dys) => {
    ledger.setContext(component);
    const thunks = original(dys);
    const wrapped: Record<string, () => tf.Tensor> = {};
    for (const name in thunks) {
      wrapped[name] = () => {
        ledger.setContext(component);
        const result = thunks[name]!();
        if (node.inputs[name] instanceof tf.Variable) ledger.retag(result, 'gradients');
        return result;
      };
    }
    return wrapped;
  };
}

/** [N, 2] of row and target id: each token's successor, and a random one after the last. */
function shiftedTargets(batch: Batch, last: Int32Array): tf.Tensor2D {
  const { sequences, length, ids } = batch;
  const known = ids.dataSync();
  const pairs = new Int32Array(sequences * length * 2);
  for (let row = 0; row < sequences * length; row++) {
    pairs[2 * row] = row;
    pairs[2 * row + 1] = (row + 1) % length === 0 ? last[Math.floor(row / length)]! : known[row + 1]!;
  }
  return tf.tensor2d(pairs, [sequences * length, 2], 'int32');
}

/** tfjs has no decoupled weight decay: `adamw` runs its Adam, whose states are the same. */
function createOptimizer(run: RunSpec): tf.Optimizer {
  if (run.optimizer === 'sgd') return tf.train.sgd(0.1);
  if (run.optimizer === 'momentum') return tf.train.momentum(0.02, 0.9);
  return tf.train.adam(1e-3, 0.9, 0.999, 1e-8);
}

/** After an update the variables hold new buffers, which were allocated as workspace. */
function retagStates(ledger: Ledger, weights: readonly tf.Variable[], states: Moments): void {
  for (const weight of weights) ledger.retag(weight, 'params');
  for (const { variable } of states.accumulatedFirstMoment ?? []) ledger.retag(variable, 'adam_m');
  for (const { variable } of states.accumulatedSecondMoment ?? []) ledger.retag(variable, 'adam_v');
  for (const { variable } of states.accumulations ?? []) ledger.retag(variable, 'momentum');
  for (const scalar of [states.accBeta1, states.accBeta2]) if (scalar) ledger.retag(scalar, 'optimizer_other');
}
