/**
 * The processes of one GPU at one moment, added up to `process.count` and `process.memory`. A sum with an unknown part
 * is unknown. A device that holds memory and lists no process hides them, as from inside a container.
 */
import { type Bytes, MiB } from '../../shared/base/units';
import type { Reading } from '../../shared/base/vocabulary';
import type { FieldReadings } from './imported-trace';
import type { TraceBuilder } from './trace';

/** What a driver alone keeps in use stays below this; a CUDA context and a model do not. */
export const IDLE_DRIVER: Bytes = 256 * MiB;

export class ProcessSum {
  #count = 0;
  #memory: Reading = { kind: 'ok', value: 0 };

  /** One process; null where the file tells processes but not their memory. */
  add(memory: Reading | null): void {
    this.#count++;
    if (memory === null || this.#memory.kind === 'absent') return;
    this.#memory =
      memory.kind === 'absent' ? memory : { kind: 'ok', value: this.#memory.value + memory.value };
  }

  get isEmpty(): boolean {
    return this.#count === 0;
  }

  readings(withMemory = true): FieldReadings {
    const count = ['process.count', { kind: 'ok', value: this.#count }] as const;
    return withMemory ? [count, ['process.memory', this.#memory]] : [count];
  }
}

/** Of a GPU whose process list stands beside its own readings. */
export function processReadings(
  trace: TraceBuilder,
  sum: ProcessSum,
  device: FieldReadings,
): FieldReadings {
  const used = device.find(([field]) => field === 'memory.used')?.[1];
  if (!sum.isEmpty || used?.kind !== 'ok' || used.value < IDLE_DRIVER) return sum.readings();
  trace.absent('hidden');
  trace.warn(
    'A GPU has memory in use and lists no process: processes are hidden, as in a container without --pid=host.',
  );
  return [['process.memory', { kind: 'absent', reason: 'hidden' }]];
}
