/**
 * The bundled workload: GPT-2 or a BERT encoder in TensorFlow.js, as a process of its own.
 *   node out/workload/index.js '{"model": ModelSpec, "run": RunSpec, "weights"?: DIR or FILE, "saveWeights"?: DIR, "tokenIds"?: [ids], "position"?: n}'
 * Weights are a Hugging Face checkpoint, and what was trained is kept as one; with token ids it only prints, as JSON,
 * the logits after the last of them or an encoder's state at one, with "check" only whether the checkpoint is the
 * model's, and with "room" only which backend the run takes.
 * Exit codes: 0 done, 2 bad input, 3 the machine lacks what was asked for, 1 anything else.
 */
import '@tensorflow/tfjs-core/dist/register_all_gradients';
import { Failure } from '../shared/base/failure';
import { startBackend } from './backend/backend';
import { assertSupported } from './backend/support';
import { leave } from './leave';
import { BESIDE, holdBeside } from './measure/beside';
import { plantExtraTensor, readFaults } from './measure/faults';
import { LiveTensorBytes } from './measure/live-tensor-bytes';
import { Markers } from './measure/markers';
import { Reporter } from './measure/reporter';
import { checkTokenIds } from './modes/logits';
import { answerTokens, checkWeights, runWorkload } from './run-workload';
import { readSpecs, type Specs } from './specs';
import { WasmMemoryExhausted } from './wasm/memory';

async function main(): Promise<void> {
  if (process.argv[2] === BESIDE) return holdBeside(process.argv[3] ?? '');
  const specs = readSpecs(process.argv[2]);
  try {
    await start(specs);
  } catch (error) {
    // An answer is read from stdout, and so is that there is none.
    if ((specs.tokenIds ?? specs.check ?? specs.room) && error instanceof Failure)
      process.stdout.write(`${JSON.stringify({ error: error.toInfo() })}\n`);
    throw error;
  }
}

async function start(specs: Specs): Promise<void> {
  const { model, run, tokenIds } = specs;
  assertSupported(model, run);
  if (specs.check) return checkWeights(specs);
  if (tokenIds) checkTokenIds(model, tokenIds, specs.position);
  const faults = readFaults(process.env.PLUMBLINE_FAULT);
  const chosen = await startBackend(run.backend);
  if (specs.room) {
    process.stdout.write(`${JSON.stringify(chosen)}\n`);
    return;
  }
  const started: Specs = { ...specs, run: { ...run, backend: chosen.backend } };
  const markers = new Markers();
  const reporter = new Reporter(new LiveTensorBytes().attach(), markers);
  if (faults.extraAfter > 0) plantExtraTensor(faults.extraAfter);
  try {
    if (tokenIds) await answerTokens(started, tokenIds, faults, reporter);
    else await runWorkload(started, chosen, faults, reporter);
  } catch (error) {
    throw outOfMemory(error, reporter) ?? error;
  } finally {
    await markers.end();
  }
}

/** Where WebAssembly has no more memory, what the person needs is how far the run came. */
function outOfMemory(error: unknown, reporter: Reporter): Failure | null {
  const asked = error instanceof WasmMemoryExhausted ? error.bytes : null;
  // Kernels ask for room of their own, and abort where there is none.
  const hasAborted =
    error instanceof WebAssembly.RuntimeError && error.message.startsWith('Aborted');
  if (asked === null && !hasAborted) return null;
  const { allocated } = reporter.liveBytes.read();
  const trying = asked === null ? '' : ` trying to allocate ${asked} bytes,`;
  const message = `The wasm backend ran out of memory${trying} with ${allocated} bytes of tensors alive: WebAssembly holds at most 4 GiB.`;
  reporter.note(message);
  return new Failure(
    'workload_failed',
    message,
    'Make the model or the batch smaller, or use --backend cpu or webgpu.',
    error,
  );
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
