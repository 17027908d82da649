/**
 * The bundled workload: GPT-2 in TensorFlow.js, as a process of its own.
 *   node out/workload/index.js '{"model": ModelSpec, "run": RunSpec, "weights"?: DIR or FILE, "tokenIds"?: [ids]}'
 * Weights are a Hugging Face checkpoint; with token ids it only prints the logits after the last of them, as JSON.
 * Exit codes: 0 done, 2 bad input, 3 the machine lacks what was asked for, 1 anything else.
 */
import '@tensorflow/tfjs-core/dist/register_all_gradients';
import { version_core } from '@tensorflow/tfjs-core';
import { Failure } from '../shared/failure';
import type { ModelSpec, Precision, RunSpec } from '../shared/model/spec';
import { Checkpoint } from './checkpoint';
import { startBackend, upload } from './backend';
import { BESIDE, holdBeside, startBeside } from './beside';
import { readFaults } from './faults';
import { generate, seconds } from './generate';
import { prepareInference } from './infer';
import { Ledger } from './ledger';
import { checkTokenIds, printLogits } from './logits';
import { Markers } from './markers';
import { Random } from './random';
import { Reporter } from './reporter';
import type { Workload } from './runs';
import { assertSupported } from './support';
import { prepareTraining } from './train';
import { createWeights, randomInitial, type Weights } from './weights';

interface Specs {
  readonly model: ModelSpec;
  readonly run: RunSpec;
  readonly weights?: string;
  readonly tokenIds?: readonly number[];
}

function readSpecs(text: string | undefined): Specs {
  try {
    const specs = JSON.parse(text ?? '') as Specs;
    if (typeof specs.model === 'object' && typeof specs.run === 'object') return specs;
  } catch { /* told below */ }
  throw new Failure('bad_input', 'The workload takes one argument: {"model": …, "run": …} as JSON.', 'Start it through plumbline record --bundled gpt2.');
}

async function main(): Promise<void> {
  if (process.argv[2] === BESIDE) return holdBeside(process.argv[3] ?? '');
  const specs = readSpecs(process.argv[2]);
  try {
    await start(specs);
  } catch (error) {
    // Whoever asked for logits reads stdout.
    if (specs.tokenIds && error instanceof Failure) process.stdout.write(`${JSON.stringify({ error: error.toInfo() })}\n`);
    throw error;
  }
}

async function start(specs: Specs): Promise<void> {
  const { model, run } = specs;
  assertSupported(model, run);
  if (specs.tokenIds) checkTokenIds(model, specs.tokenIds);
  const faults = readFaults(process.env.PLUMBLINE_FAULT);
  const chosen = await startBackend(run.backend);
  const markers = new Markers();
  try {
    const reporter = new Reporter(new Ledger().attach(), markers);
    await runWorkload({ ...specs, run: { ...run, backend: chosen.backend } }, chosen, faults, reporter).catch((error: unknown) => {
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

async function runWorkload(specs: Specs, chosen: Awaited<ReturnType<typeof startBackend>>,
  faults: ReturnType<typeof readFaults>, reporter: Reporter): Promise<void> {
  const { model, run, tokenIds } = specs;
  const random = new Random(run.seed);
  if (tokenIds) {
    const weights = loadWeights(specs, run.precision, random);
    await printLogits({ model, run, weights, random, reporter, faults, sequences: 1 }, tokenIds);
    return;
  }
  reporter.announce('run', { ...run, adapter: chosen.adapter, softwareAdapter: chosen.software, tfjs: version_core });
  reporter.say(`${model.name}: ${run.mode} on ${chosen.backend}${chosen.adapter ? ` (${chosen.adapter})` : ''}, tfjs ${version_core}`);

  const started = performance.now();
  reporter.begin('load');
  const weights = reporter.ledger.within('params', () => loadWeights(specs, faults.fp32Weights ? 'fp32' : run.precision, random));
  upload(weights.tensors);
  const work: Workload = { model, run, weights, random, reporter, faults, sequences: faults.batch ?? run.batch };
  const proceed = run.mode === 'train' ? prepareTraining(work)
    : run.mode === 'infer' ? prepareInference(work) : () => generate(work);
  reporter.end('load');
  reporter.announce('model', { ...model, parameters: weights.count });
  reporter.say(`${weights.count} parameters in ${seconds(performance.now() - started)}`);
  if (faults.besideBytes > 0) reporter.say(`fault: process ${startBeside(faults.besideBytes, chosen.backend)} holds ${faults.besideBytes} bytes beside the workload`);
  await proceed();
}

function loadWeights({ model, weights }: Specs, precision: Precision, random: Random): Weights {
  if (weights === undefined) return createWeights(model, randomInitial(model, random), precision);
  if (model.architecture !== 'decoder') throw new Failure('unavailable', 'The bundled workload reads checkpoints of GPT-2 only.', 'Leave --weights out: an encoder takes the same memory with random weights.');
  const checkpoint = Checkpoint.open(weights, model);
  try {
    return createWeights(model, checkpoint.initial, precision);
  } finally {
    checkpoint.close();
  }
}

/** Ends the process by hand, since a WebGPU instance keeps the event loop alive for as long as it exists. */
function leave(code: number): void {
  process.stdout.write('', () => process.stderr.write('', () => void endProcess(code)));
}

/**
 * Once Dawn is loaded, the process ends without running destructors: a Vulkan driver's threads may still be at work
 * while exit() tears their objects down, and then an exit that was clean ends in a segmentation fault.
 */
async function endProcess(code: number): Promise<void> {
  if ('gpu' in navigator && process.platform !== 'win32') {
    try {
      const { default: koffi } = await import('koffi');
      koffi.load(null).func('void _exit(int)')(code);
    } catch {
      // Without the foreign-function library the ordinary way out is left.
    }
  }
  process.exit(code);
}

main().then(
  () => leave(0),
  (error: unknown) => {
    if (error instanceof Failure) process.stderr.write(`${error.message} ${error.remedy}\n`);
    else process.stderr.write(`${error instanceof Error ? error.stack ?? error.message : String(error)}\n`);
    leave(error instanceof Failure ? error.exitCode : 1);
  },
);
