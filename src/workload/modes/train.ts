/**
 * Training on one repeated batch of random tokens, or on a text of which every step takes new windows: mean
 * cross-entropy, tfjs's autodiff. Forward ends as the loss closure returns, before its scope closes; backward ends when
 * the gradients are returned (and added to those of the step's earlier micro-batches); the optimizer phase applies and
 * drops them.
 */
import * as tf from '@tensorflow/tfjs-core';
import { segmentLength } from '../../shared/model/checkpointing';
import type { LiveTensorBytes } from '../measure/live-tensor-bytes';
import { breathe } from '../measure/reporter';
import { attribute } from '../measure/tape';
import { trainingWindows, type Windows } from '../model/data';
import { normalize, runBlockGroups, runBlocks, type TokenBatch } from '../model/gpt2';
import { crossEntropy } from '../model/losses';
import { trainable } from '../model/matrix';
import { Optimizer } from '../model/optimizers';
import { runRecomputed } from '../model/recompute';
import { leak, makeBatch, shiftedTargets, type Workload } from '../model/runs';
import { engineInternals } from '../tfjs/internals';
import { seconds } from './seconds';

interface MicroBatch {
  readonly batch: TokenBatch;
  readonly targets: tf.Tensor2D;
}

export function prepareTraining(work: Workload): () => Promise<void> {
  const {
    run,
    reporter: { liveBytes },
  } = work;
  const batches = new TrainingBatches(work);
  const optimizer = liveBytes.within('optimizer_other', () => new Optimizer(run.optimizer));
  return async () => {
    for (let step = 1; step <= run.steps; step++)
      await trainStep(work, batches.forStep(step), optimizer, step);
  };
}

async function trainStep(
  work: Workload,
  microBatches: readonly MicroBatch[],
  optimizer: Optimizer,
  step: number,
): Promise<void> {
  const { run, weights, reporter } = work;
  const { liveBytes } = reporter;
  const started = performance.now();
  reporter.step('begin', step);
  // Of several micro-batches zeros from the start, so that each of them runs in the same room.
  let sums = microBatches.length > 1 ? zeros(liveBytes, weights.all) : {};
  let loss = 0;
  for (const microBatch of microBatches) {
    reporter.begin('forward', step);
    const { value, grads } = tf.variableGrads(() => {
      const result = forward(work, microBatch);
      liveBytes.setContext('workspace');
      reporter.end('forward', step);
      reporter.begin('backward', step);
      return result;
    }, [...weights.all]);
    for (const gradient of Object.values(grads)) liveBytes.retag(gradient, 'gradients');
    sums = microBatches.length > 1 ? add(liveBytes, sums, grads) : grads;
    liveBytes.setContext('workspace');
    reporter.end('backward', step);
    loss += (await value.data())[0]!;
    value.dispose();
  }

  reporter.begin('optimizer', step);
  optimizer.apply(sums, weights.all);
  optimizer.retag(liveBytes, weights.all);
  tf.dispose(sums);
  leak(work);
  reporter.end('optimizer', step);
  reporter.step('end', step);
  reporter.say(
    `step ${step}/${run.steps} loss ${loss.toFixed(4)} ${seconds(performance.now() - started)}`,
  );
  await breathe();
}

/** The mean loss of a micro-batch, as its share of the step's. */
function forward(work: Workload, { batch, targets }: MicroBatch): tf.Scalar {
  const {
    model,
    run,
    weights,
    reporter: { liveBytes },
  } = work;
  const { state } = engineInternals();
  liveBytes.setContext('activations');
  const length = segmentLength(run.checkpointing);
  const x =
    length === null
      ? runBlocks(model, weights, batch, null)
      : runBlockGroups(model, weights, batch, length, runRecomputed(model, batch, liveBytes));
  const normal = normalize(x, weights.outerNorm);
  const headStarts = state.activeTape.length;
  liveBytes.setContext('logits');
  const logits = tf.matMul(normal, trainable(weights.tokenTable), false, true) as tf.Tensor2D;
  const mean = crossEntropy(logits, targets);
  const loss = run.gradAccum > 1 ? (tf.mul(mean, 1 / run.gradAccum) as tf.Scalar) : mean;
  state.activeTape.forEach((node, index) => {
    attribute(liveBytes, node, index >= headStarts ? 'logits' : 'workspace');
  });
  return loss;
}

/** The micro-batches of each step, on the device before it begins; they share positions and mask. */
class TrainingBatches {
  readonly #work: Workload;
  readonly #next: () => Windows;
  /** Tokens of a micro-batch. */
  readonly #rows: number;
  #held: readonly MicroBatch[];

  constructor(work: Workload) {
    this.#work = work;
    const { run, model, random, sequences } = work;
    this.#rows = sequences * run.seq;
    this.#next = trainingWindows(run, model, run.gradAccum * sequences, random);
    const windows = this.#next();
    this.#held = this.#upload(
      windows,
      makeBatch(work, windows.ids.slice(0, this.#rows), { length: run.seq, start: 0 }),
    );
  }

  /** Those of the step; what the step before held is freed where they are others. */
  forStep(step: number): readonly MicroBatch[] {
    if (step > 1 && this.#work.run.data === 'text') {
      for (const { batch, targets } of this.#held) tf.dispose([batch.ids, targets]);
      const windows = this.#next();
      const ids = this.#work.reporter.liveBytes.within('inputs', () =>
        tf.tensor1d(windows.ids.slice(0, this.#rows), 'int32'),
      );
      this.#held = this.#upload(windows, { ...this.#held[0]!.batch, ids });
    }
    return this.#held;
  }

  /** The first micro-batch is `first`, whose ids are on the device already. */
  #upload({ ids, last }: Windows, first: TokenBatch): MicroBatch[] {
    const rows = this.#rows;
    const {
      run: { seq, gradAccum },
      sequences,
      reporter: { liveBytes },
    } = this.#work;
    return Array.from({ length: gradAccum }, (_, index) =>
      liveBytes.within('inputs', () => {
        const tokens = ids.slice(index * rows, (index + 1) * rows);
        const batch = index === 0 ? first : { ...first, ids: tf.tensor1d(tokens, 'int32') };
        return {
          batch,
          targets: shiftedTargets(
            tokens,
            seq,
            last.slice(index * sequences, (index + 1) * sequences),
          ),
        };
      }),
    );
  }
}

function zeros(liveBytes: LiveTensorBytes, weights: readonly tf.Variable[]): tf.NamedTensorMap {
  return liveBytes.within('gradients', () =>
    Object.fromEntries(weights.map((weight) => [weight.name, tf.zeros(weight.shape)])),
  );
}

/** Sums parameter by parameter; both summands go as their sum exists. */
function add(
  liveBytes: LiveTensorBytes,
  sums: tf.NamedTensorMap,
  grads: tf.NamedTensorMap,
): tf.NamedTensorMap {
  liveBytes.setContext('gradients');
  return Object.fromEntries(
    Object.keys(sums).map((name) => {
      const sum = tf.add(sums[name]!, grads[name]!);
      tf.dispose([sums[name]!, grads[name]!]);
      return [name, sum];
    }),
  );
}
