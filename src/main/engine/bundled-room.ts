/**
 * Whether the bundled workload fits where it is to run: its budget is exact, so a run that needs more than its backend
 * can ever hold is refused before it is launched, with what would fit.
 */
import { totalmem } from 'node:os';
import { Failure } from '../../shared/base/failure';
import { formatBytes, formatInteger } from '../../shared/base/format';
import { type Bytes, GiB } from '../../shared/base/units';
import { peakBytes } from '../../shared/budget/peak';
import type { ModelSpec, RunSpec } from '../../shared/model/spec';
import { largestBatch } from '../../shared/planning/fits';

/** WebAssembly addresses memory with 32 bits. */
const WASM: Bytes = 4 * GiB;

/** Throws `unavailable`. What WebGPU finds is known to the workload alone, so a run on it is judged there. */
export function checkRoom(model: ModelSpec, run: RunSpec, memory: Bytes = totalmem()): void {
  const room = roomOn(run, memory);
  if (room === null) return;
  const peak = peakBytes(model, run);
  if (peak <= room.bytes) return;
  const batch = largestBatch(model, run, room.bytes);
  throw new Failure(
    'unavailable',
    `The run needs ${formatBytes(peak)} of tensors at its peak, and ${room.words}.`,
    batch > 0
      ? `Use --batch ${formatInteger(batch)}, the largest that fits, or --backend ${run.backend === 'wasm' ? 'cpu or webgpu' : 'webgpu'}.`
      : `Not one sequence fits: choose a smaller model, a shorter sequence or --checkpointing full, or --backend ${run.backend === 'wasm' ? 'cpu or webgpu' : 'webgpu'}.`,
  );
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
