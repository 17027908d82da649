/**
 * Training as a dry program. Of its steps the first is walked whole; all later ones are alike, and of them only the
 * update is walked: their forward and backward are the first step's, over the states that its update left standing.
 */
import { segmentLength } from '../../model/checkpointing';
import type { ModelSpec, RunSpec } from '../../model/spec';
import { createBatch, type DryBatch } from './batch';
import { type PhaseBytes, raised } from './dry-run';
import type { DryTensor } from './engine';
import type { Ops } from './ops';
import { createOptimizer, type DryOptimizer } from './optimizers';
import { load, type Program } from './program';

export interface StepBytes {
  readonly forward: PhaseBytes;
  readonly backward: PhaseBytes;
  readonly optimizer: PhaseBytes;
}

/** The first step and, if there are more, the second, which all later ones repeat. */
export function dryTraining(
  model: ModelSpec,
  run: RunSpec,
): { loaded: PhaseBytes; steps: readonly StepBytes[] } {
  const training = new DryTraining(model, run);
  const first = training.step();
  const steps = run.steps > 1 ? [first, training.stepAfter(first)] : [first];
  return { loaded: training.loaded, steps };
}

export class DryTraining {
  readonly loaded: PhaseBytes;
  readonly #run: RunSpec;
  readonly #program: Program;
  readonly #batch: DryBatch;
  readonly #targets: DryTensor;
  readonly #update: DryOptimizer;

  constructor(model: ModelSpec, run: RunSpec) {
    this.#run = run;
    this.#program = load(model, run);
    const { engine, ops, parameters } = this.#program;
    const rows = run.batch * run.seq;
    this.#batch = createBatch(engine, run.batch, { length: run.seq, start: 0 });
    this.#targets = engine.within('inputs', () => engine.create([rows, 2]));
    // Further micro-batches differ in nothing but their ids and targets.
    for (let more = 1; more < run.gradAccum; more++)
      engine.within('inputs', () => [engine.create([rows]), engine.create([rows, 2])]);
    this.#update = engine.within('optimizer_other', () =>
      createOptimizer(ops, run, parameters.all),
    );
    this.loaded = engine.read();
  }

  /** A step walked whole. */
  step(): StepBytes {
    const { engine, ops, parameters, gpt2 } = this.#program;
    const { gradAccum, checkpointing } = this.#run;
    const segment = segmentLength(checkpointing);
    let forward = this.loaded;
    // All micro-batches of a step run in the same room: their sums stand from its start.
    const zeros = gradAccum > 1 ? this.#createGradients() : null;
    engine.beginPhase();
    const { loss, gradients } = engine.gradients(
      (tapeLength) => {
        engine.setContext('activations');
        const normal = gpt2.normalize(
          segment === null
            ? gpt2.runBlocks(this.#batch, null)
            : gpt2.runRecomputed(this.#batch, segment),
          parameters.outerNorm,
        );
        const headStarts = tapeLength();
        engine.setContext('logits');
        return { loss: gpt2.loss(normal, this.#targets, gradAccum > 1), headStarts };
      },
      () => {
        engine.setContext('workspace');
        forward = engine.read();
        engine.beginPhase();
      },
      parameters.all,
      (a, b) => ops.add(a, b),
    );
    for (const gradient of gradients) engine.retag(gradient, 'gradients');
    const sums = zeros ? addAll(ops, zeros, gradients) : gradients;
    const backward = engine.read();
    engine.dispose(loss);
    return { forward, backward, optimizer: this.#optimize(sums) };
  }

  /** The step that follows the `first`, which is the last that was walked. */
  stepAfter(first: StepBytes): StepBytes {
    const [before, after] = [this.loaded, first.optimizer];
    return {
      forward: raised(first.forward, before, after),
      backward: raised(first.backward, before, after),
      optimizer: this.#optimize(this.#createGradients()),
    };
  }

  #createGradients(): DryTensor[] {
    const { engine, parameters } = this.#program;
    return engine.within('gradients', () =>
      parameters.all.map(({ shape }) => engine.create(shape)),
    );
  }

  /** Applies and disposes the gradients of a step. */
  #optimize(gradients: readonly DryTensor[]): PhaseBytes {
    const { engine } = this.#program;
    engine.setContext('workspace');
    engine.beginPhase();
    this.#update(gradients);
    for (const gradient of gradients) engine.dispose(gradient);
    return engine.read();
  }
}

function addAll(
  ops: Ops,
  sums: readonly DryTensor[],
  gradients: readonly DryTensor[],
): DryTensor[] {
  ops.engine.setContext('gradients');
  return sums.map((sofar, index) => {
    const sum = ops.add(sofar, gradients[index]!);
    ops.engine.dispose(sofar);
    ops.engine.dispose(gradients[index]!);
    return sum;
  });
}
