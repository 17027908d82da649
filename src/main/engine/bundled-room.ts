/**
 * Whether the bundled workload fits where it is to run: its budget is exact, so a run that needs more than its backend
 * can ever hold is refused before it is launched, with what would fit.
 */
import { totalmem } from 'node:os';
import { Failure } from '../../shared/base/failure';
import { formatBytes } from '../../shared/base/format';
import { type Bytes, GiB, MiB } from '../../shared/base/units';
import { peakBytes } from '../../shared/budget/peak';
import { tfjsLargestBuffer } from '../../shared/budget/tfjs';
import { preset } from '../../shared/model/presets';
import { runDefaults } from '../../shared/model/run';
import type { Backend, ModelSpec, RunSpec } from '../../shared/model/spec';
import { largestBatch, longestContext } from '../../shared/planning/fits';
import { askWorkload } from './ask-workload';

/** WebAssembly addresses memory with 32 bits. */
const WASM: Bytes = 4 * GiB;

/** What every adapter of WebGPU gives a shader in one buffer (the specification's limit maxStorageBufferBindingSize). */
const EVERY_ADAPTER: Bytes = 128 * MiB;

/** Which backend the workload takes on this machine, and what it can hold. */
export interface WorkloadRoom {
  readonly backend: Backend;
  readonly adapter: string | null;
  readonly largestBuffer: Bytes | null;
}

const askRoom = (model: ModelSpec, run: RunSpec): Promise<WorkloadRoom> =>
  askWorkload({ model, run, room: true });

/** Throws `unavailable` where the workload cannot have that backend here: many recordings are begun only where one could be. */
export async function checkBackend(backend: Backend, ask = askRoom): Promise<void> {
  const model = preset('gpt2-nano');
  await ask(model, runDefaults(model, { framework: 'tfjs', backend }));
}

/**
 * What a GPU holds, and which backend is taken where none was asked for, is known to the workload alone: it is asked where
 * the run is too large for any of them to be sure. Throws `unavailable`.
 */
export async function checkAdapter(model: ModelSpec, run: RunSpec, ask = askRoom): Promise<void> {
  if (run.backend === 'wasm' || run.backend === 'cpu') return;
  const largest = tfjsLargestBuffer(model, run);
  const isSure =
    largest <= EVERY_ADAPTER &&
    (run.backend === 'webgpu' || peakBytes(model, run) <= Math.min(WASM, totalmem()));
  if (isSure) return;
  const { backend, adapter, largestBuffer } = await ask(model, run);
  if (largestBuffer === null) return checkRoom(model, { ...run, backend });
  if (largest <= largestBuffer) return;
  const batch = largestBatch(model, run, largestBuffer, (at) =>
    tfjsLargestBuffer(model, { ...run, batch: at }),
  );
  throw new Failure(
    'unavailable',
    `The run makes a tensor of ${formatBytes(largest)}, and ${adapter ?? 'the GPU'} gives a shader at most ${formatBytes(largestBuffer)} in one buffer.`,
    batch > 0
      ? `Use --batch ${batch}, the largest that makes no larger one, or another --backend.`
      : 'One sequence alone makes a larger one: choose a smaller model or a shorter sequence, or another --backend.',
  );
}

/** Throws `unavailable`. A run on WebGPU, or on whatever there is, is held to it by `checkAdapter`. */
export function checkRoom(model: ModelSpec, run: RunSpec, memory: Bytes = totalmem()): void {
  const room = roomOn(run, memory);
  if (room === null) return;
  const peak = peakBytes(model, run);
  if (peak <= room.bytes) return;
  const batch = largestBatch(model, run, room.bytes);
  const fitting =
    batch > 0
      ? `Use --batch ${batch}, the largest that fits`
      : `Not one sequence fits as it is: ${oneThatFits(model, run, room.bytes)}`;
  const others = run.backend === 'wasm' && peak <= memory ? 'cpu or webgpu' : 'webgpu';
  throw new Failure(
    'unavailable',
    `The run needs ${formatBytes(peak)} of tensors at its peak, and ${room.words}.`,
    `${fitting}, or --backend ${others}.`,
  );
}

/** What a training may give up, the least first. */
const GIVEN_UP: readonly (readonly [string, Partial<RunSpec>])[] = [
  ['--checkpointing full', { checkpointing: 'full' }],
  ['--optimizer momentum', { optimizer: 'momentum' }],
  ['--optimizer sgd', { optimizer: 'sgd' }],
];

/** The options that leave one sequence the longest; of equals the first. */
function oneThatFits(model: ModelSpec, run: RunSpec, memory: Bytes): string {
  const asked = run.mode === 'generate' ? run.promptTokens + run.tokens : run.seq;
  const changes = [['', {}] as const, ...(run.mode === 'train' ? GIVEN_UP : [])];
  const [best] = changes
    .map(([flags, change]) => {
      const longest = longestContext(model, { ...run, ...change, batch: 1 }, memory);
      return { flags, tokens: Math.min(asked, longest) };
    })
    .sort((a, b) => b.tokens - a.tokens);
  if (best === undefined || best.tokens === 0) return 'choose a smaller model';
  const length =
    run.mode === 'generate'
      ? ` and at most ${best.tokens} tokens, the prompt included`
      : ` --seq ${best.tokens}`;
  return `use --batch 1${best.flags && ` ${best.flags}`}${best.tokens === asked ? '' : length}`;
}

function roomOn(
  { backend }: RunSpec,
  memory: Bytes,
): { readonly bytes: Bytes; readonly words: string } | null {
  if (backend === 'wasm')
    return {
      bytes: Math.min(WASM, memory),
      words:
        memory < WASM
          ? `this machine has ${formatBytes(memory)} of memory`
          : 'WebAssembly holds at most 4 GiB',
    };
  if (backend === 'cpu')
    return { bytes: memory, words: `this machine has ${formatBytes(memory)} of memory` };
  return null;
}
