/**
 * The bundled workload: GPT-2 or a BERT encoder in TensorFlow.js, as a process of its own.
 *   node out/workload/index.js '{"model": ModelSpec, "run": RunSpec, "weights"?: DIR or FILE, "saveWeights"?: DIR, "tokenIds"?: [ids], "position"?: n}'
 * Weights are a Hugging Face checkpoint, and what was trained is kept as one; with token ids it only prints, as JSON,
 * the logits after the last of them or an encoder's state at one, and with "check" only whether the checkpoint is the
 * model's.
 * Exit codes: 0 done, 2 bad input, 3 the machine lacks what was asked for, 1 anything else.
 */
import '@tensorflow/tfjs-core/dist/register_all_gradients';
import { version_core } from '@tensorflow/tfjs-core';
import { Failure } from '../shared/base/failure';
import type { ModelSpec, Precision, RunSpec } from '../shared/model/spec';
import { startBackend, upload } from './backend/backend';
import { assertSupported } from './backend/support';
import { Checkpoint } from './checkpoint/checkpoint';
import { saveWeights } from './checkpoint/save';
import { BESIDE, holdBeside, startBeside } from './measure/beside';
import { readFaults } from './measure/faults';
import { Ledger } from './measure/live-tensor-bytes';
import { Markers } from './measure/markers';
import { Reporter } from './measure/reporter';
import { Random } from './model/random';
import type { Workload } from './model/runs';
import { createWeights, randomInitial, type Weights } from './model/weights';
import { generate, seconds } from './modes/generate';
import { prepareInference } from './modes/infer';
import { checkTokenIds, printLogits, printStates } from './modes/logits';
import { type MaskedHead, readMaskedHead } from './modes/masked-head';
import { prepareScoring } from './modes/score';
import { prepareTraining } from './modes/train';

interface Specs {
  readonly model: ModelSpec;
  readonly run: RunSpec;
  readonly weights?: string;
  /** Where what was trained is kept. */
  readonly saveWeights?: string;
  readonly tokenIds?: readonly number[];
  /** Encoders: the token whose state is printed; the first when left out. */
  readonly position?: number;
  readonly check?: boolean;
}

function readSpecs(text: string | undefined): Specs {
  try {
    const specs = JSON.parse(text ?? '') as Specs;
    if (typeof specs.model === 'object' && typeof specs.run === 'object') return specs;
  } catch {
    /* told below */
  }
  throw new Failure(
    'bad_input',
    'The workload takes one argument: {"model": …, "run": …} as JSON.',
    'Start it through plumbline record --bundled gpt2.',
  );
}

async function main(): Promise<void> {
  if (process.argv[2] === BESIDE) return holdBeside(process.argv[3] ?? '');
  const specs = readSpecs(process.argv[2]);
  try {
    await start(specs);
  } catch (error) {
    // Whoever asked a question reads stdout.
    if ((specs.tokenIds ?? specs.check) && error instanceof Failure)
      process.stdout.write(`${JSON.stringify({ error: error.toInfo() })}\n`);
    throw error;
  }
}

async function start(specs: Specs): Promise<void> {
  const { model, run } = specs;
  assertSupported(model, run);
  if (specs.check) return checkWeights(specs);
  if (specs.tokenIds) checkTokenIds(model, specs.tokenIds, specs.position);
  const faults = readFaults(process.env.PLUMBLINE_FAULT);
  const chosen = await startBackend(run.backend);
  const markers = new Markers();
  try {
    const reporter = new Reporter(new Ledger().attach(), markers);
    await runWorkload(
      { ...specs, run: { ...run, backend: chosen.backend } },
      chosen,
      faults,
      reporter,
    ).catch((error: unknown) => {
      throw outOfMemory(error, reporter) ?? error;
    });
  } finally {
    await markers.end();
  }
}

/** WebAssembly aborts when it cannot grow; what the person needs is how far the run came. */
function outOfMemory(error: unknown, reporter: Reporter): Failure | null {
  if (!(error instanceof WebAssembly.RuntimeError) || !error.message.startsWith('Aborted'))
    return null;
  const { allocated } = reporter.ledger.read();
  const message = `The wasm backend ran out of memory with ${allocated} bytes of tensors alive: WebAssembly holds at most 4 GiB.`;
  reporter.note(message);
  return new Failure(
    'workload_failed',
    message,
    'Make the model or the batch smaller, or use --backend cpu or webgpu.',
    error,
  );
}

async function runWorkload(
  specs: Specs,
  chosen: Awaited<ReturnType<typeof startBackend>>,
  faults: ReturnType<typeof readFaults>,
  reporter: Reporter,
): Promise<void> {
  const { model, run, tokenIds, saveWeights: folder } = specs;
  const random = new Random(run.seed);
  if (tokenIds) {
    const { weights, head } = load(specs, run.precision, random);
    const work: Workload = { model, run, weights, random, reporter, faults, sequences: 1 };
    return model.architecture === 'encoder'
      ? printStates(work, tokenIds, specs.position ?? 0, head)
      : printLogits(work, tokenIds);
  }
  reporter.announce('run', {
    ...run,
    adapter: chosen.adapter,
    softwareAdapter: chosen.software,
    tfjs: version_core,
  });
  reporter.say(
    `${model.name}: ${run.mode} on ${chosen.backend}${chosen.adapter ? ` (${chosen.adapter})` : ''}, tfjs ${version_core}`,
  );

  const started = performance.now();
  reporter.begin('load');
  const { weights } = reporter.ledger.within('params', () =>
    load(specs, faults.fp32Weights ? 'fp32' : run.precision, random),
  );
  upload(weights.tensors);
  const work: Workload = {
    model,
    run,
    weights,
    random,
    reporter,
    faults,
    sequences: faults.batch ?? run.batch,
  };
  const proceed =
    run.mode === 'train'
      ? prepareTraining(work)
      : run.mode === 'generate'
        ? () => generate(work)
        : run.data === 'text'
          ? prepareScoring(work)
          : prepareInference(work);
  reporter.end('load');
  reporter.announce('model', { ...model, parameters: weights.count });
  reporter.say(`${weights.count} parameters in ${seconds(performance.now() - started)}`);
  if (faults.besideBytes > 0)
    reporter.say(
      `fault: process ${startBeside(faults.besideBytes, chosen.backend)} holds ${faults.besideBytes} bytes beside the workload`,
    );
  await proceed();
  if (folder !== undefined) {
    await saveWeights(folder, model, weights);
    reporter.say(`weights saved in ${folder}`);
  }
}

/** The weights and, where it is asked for and there, the head for masked words. */
function load(
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

function checkWeights({ model, weights }: Specs): void {
  if (weights !== undefined) Checkpoint.open(weights, model).close();
  process.stdout.write('{}\n');
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
    else
      process.stderr.write(
        `${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`,
      );
    leave(error instanceof Failure ? error.exitCode : 1);
  },
);
