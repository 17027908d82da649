/** A run from its weights to its end: loads them, prepares the mode, runs it, and keeps what was trained. */
import { version_core } from '@tensorflow/tfjs-core';
import type { Precision } from '../shared/model/spec';
import { type ChosenBackend, upload } from './backend/backend';
import { Checkpoint } from './checkpoint/checkpoint';
import { saveWeights } from './checkpoint/save';
import { startBeside } from './measure/beside';
import type { Faults } from './measure/faults';
import type { Reporter } from './measure/reporter';
import { Random } from './model/random';
import type { Workload } from './model/runs';
import { createWeights, randomInitial, type Weights } from './model/weights';
import { generate } from './modes/generate';
import { prepareInference } from './modes/infer';
import { printLogits, printStates } from './modes/logits';
import { type MaskedHead, readMaskedHead } from './modes/masked-head';
import { prepareScoring } from './modes/score';
import { seconds } from './modes/seconds';
import { prepareTraining } from './modes/train';
import type { Specs } from './specs';

/** Records a run: its phases, steps and bytes are announced as they come. */
export async function runWorkload(
  specs: Specs,
  chosen: ChosenBackend,
  faults: Faults,
  reporter: Reporter,
): Promise<void> {
  const { model, run, saveWeights: folder } = specs;
  const random = new Random(run.seed);
  const { backend, adapter, software } = chosen;
  reporter.announce('run', { ...run, adapter, softwareAdapter: software, tfjs: version_core });
  reporter.say(
    `${model.name}: ${run.mode} on ${backend}${adapter ? ` (${adapter})` : ''}, tfjs ${version_core}`,
  );

  const started = performance.now();
  reporter.begin('load');
  const { weights } = reporter.liveBytes.within('params', () =>
    loadWeights(specs, faults.fp32Weights ? 'fp32' : run.precision, random),
  );
  upload(weights.tensors);
  const sequences = faults.batch ?? run.batch;
  const proceed = prepare({ model, run, weights, random, reporter, faults, sequences });
  reporter.end('load');
  reporter.announce('model', { ...model, parameters: weights.count });
  reporter.say(`${weights.count} parameters in ${seconds(performance.now() - started)}`);
  if (faults.besideBytes > 0)
    reporter.say(
      `fault: process ${startBeside(faults.besideBytes, backend)} holds ${faults.besideBytes} bytes beside the workload`,
    );
  await proceed();
  if (folder !== undefined) {
    await saveWeights(folder, model, weights);
    reporter.say(`weights saved in ${folder}`);
  }
}

/** What the mode needs on the device before it starts; returns its run. */
function prepare(work: Workload): () => Promise<void> {
  const { mode, data } = work.run;
  if (mode === 'train') return prepareTraining(work);
  if (mode === 'generate') return () => generate(work);
  return data === 'text' ? prepareScoring(work) : prepareInference(work);
}

/** Prints a decoder's logits or an encoder's states for given tokens; nothing is announced. */
export async function answerTokens(
  specs: Specs,
  tokenIds: readonly number[],
  faults: Faults,
  reporter: Reporter,
): Promise<void> {
  const { model, run, position = 0 } = specs;
  const random = new Random(run.seed);
  const { weights, head } = loadWeights(specs, run.precision, random);
  const work: Workload = { model, run, weights, random, reporter, faults, sequences: 1 };
  return model.architecture === 'encoder'
    ? printStates(work, tokenIds, position, head)
    : printLogits(work, tokenIds);
}

/** The weights and, where it is asked for and there, the head for masked words. */
function loadWeights(
  { model, weights: path, tokenIds }: Specs,
  precision: Precision,
  random: Random,
): { readonly weights: Weights; readonly head: MaskedHead | null } {
  if (path === undefined)
    return { weights: createWeights(model, randomInitial(model, random), precision), head: null };
  const checkpoint = Checkpoint.open(path, model);
  try {
    const weights = createWeights(model, checkpoint.initial, precision);
    return {
      weights,
      head: tokenIds && model.architecture === 'encoder' ? readMaskedHead(checkpoint, model) : null,
    };
  } finally {
    checkpoint.close();
  }
}

/** Prints an empty object where the checkpoint is the model's; throws what is wrong with it otherwise. */
export function checkWeights({ model, weights }: Specs): void {
  if (weights !== undefined) Checkpoint.open(weights, model).close();
  process.stdout.write('{}\n');
}
