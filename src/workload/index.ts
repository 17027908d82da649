/**
 * The bundled workload: GPT-2 in TensorFlow.js, as a process of its own.
 *   node out/workload/index.js '{"model": ModelSpec, "run": RunSpec}'
 * Exit codes: 0 done, 2 bad input, 3 the machine lacks what was asked for, 1 anything else.
 */
import '@tensorflow/tfjs-core/dist/register_all_gradients';
import { version_core } from '@tensorflow/tfjs-core';
import { Failure } from '../shared/failure';
import type { ModelSpec, RunSpec } from '../shared/model/spec';
import { startBackend, upload } from './backend';
import { readFaults } from './faults';
import { generate, seconds } from './generate';
import { prepareInference } from './infer';
import { Ledger } from './ledger';
import { Markers } from './markers';
import { Random } from './random';
import { Reporter } from './reporter';
import type { Workload } from './runs';
import { assertSupported } from './support';
import { prepareTraining } from './train';
import { createWeights } from './weights';

function readSpecs(text: string | undefined): { model: ModelSpec; run: RunSpec } {
  try {
    const specs = JSON.parse(text ?? '') as { model: ModelSpec; run: RunSpec };
    if (typeof specs.model === 'object' && typeof specs.run === 'object') return specs;
  } catch { /* told below */ }
  throw new Failure('bad_input', 'The workload takes one argument: {"model": …, "run": …} as JSON.', 'Start it through plumbline record --bundled gpt2.');
}

async function main(): Promise<void> {
  const { model, run } = readSpecs(process.argv[2]);
  assertSupported(model, run);
  const faults = readFaults(process.env.PLUMBLINE_FAULT);
  const chosen = await startBackend(run.backend);
  const markers = await Markers.open(process.env.PLUMBLINE_SOCKET);
  try {
    const reporter = new Reporter(new Ledger().attach(), markers);
    await runWorkload(model, { ...run, backend: chosen.backend }, chosen, faults, reporter).catch((error: unknown) => {
      throw outOfMemory(error, reporter) ?? error;
    });
  } finally {
    await markers.end();
  }
}

/** WebAssembly aborts when it cannot grow; what the person needs is how far the run came. */
function outOfMemory(error: unknown, reporter: Reporter): Failure | null {
  if (!(error instanceof WebAssembly.RuntimeError) || !error.message.startsWith('Aborted')) return null;
  const { allocated } = reporter.ledger.read();
  const message = `The wasm backend ran out of memory with ${allocated} bytes of tensors alive: WebAssembly holds at most 4 GiB.`;
  reporter.note(message);
  return new Failure('workload_failed', message, 'Make the model or the batch smaller, or use --backend cpu or webgpu.', error);
}

async function runWorkload(model: ModelSpec, run: RunSpec, chosen: Awaited<ReturnType<typeof startBackend>>,
  faults: ReturnType<typeof readFaults>, reporter: Reporter): Promise<void> {
  reporter.announce('run', { ...run, adapter: chosen.adapter, softwareAdapter: chosen.software, tfjs: version_core });
  reporter.say(`${model.name}: ${run.mode} on ${chosen.backend}${chosen.adapter ? ` (${chosen.adapter})` : ''}, tfjs ${version_core}`);
  if (run.mode === 'train' && run.optimizer === 'adamw') reporter.note('tfjs has no AdamW: its Adam runs, with the same states and without weight decay');

  const started = performance.now();
  const random = new Random(run.seed);
  reporter.begin('load');
  const weights = reporter.ledger.within('params', () => createWeights(model, random));
  upload(weights.all);
  const work: Workload = { model, run, weights, random, reporter, faults, sequences: faults.batch ?? run.batch };
  const proceed = run.mode === 'train' ? prepareTraining(work)
    : run.mode === 'infer' ? prepareInference(work) : () => generate(work);
  reporter.end('load');
  const parameters = weights.all.reduce((sum, weight) => sum + weight.size, 0);
  reporter.announce('model', { ...model, parameters });
  reporter.say(`${parameters} parameters in ${seconds(performance.now() - started)}`);
  await proceed();
}

/** Ends the process by hand, since a WebGPU instance keeps the event loop alive for as long as it exists. */
function leave(code: number): void {
  process.stdout.write('', () => process.stderr.write('', () => process.exit(code)));
}

main().then(
  () => leave(0),
  (error: unknown) => {
    if (error instanceof Failure) process.stderr.write(`${error.message} ${error.remedy}\n`);
    else process.stderr.write(`${error instanceof Error ? error.stack ?? error.message : String(error)}\n`);
    leave(error instanceof Failure ? error.exitCode : 1);
  },
);
