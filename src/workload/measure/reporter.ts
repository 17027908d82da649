/**
 * What the workload announces: phases, steps and tokens on the marker channel with the bytes of live tensors, and now and then a
 * line for a person on stdout. A memory marker stands just before the end of each phase and after every token.
 */
import { memory } from '@tensorflow/tfjs-core';
import type { Phase } from '../../shared/base/vocabulary';
import type { LiveTensorBytes } from './live-tensor-bytes';
import { type Markers, nanoseconds } from './markers';

/** Counters of tfjs's memory() that are passed on where a backend has them. */
const FRAMEWORK_COUNTERS = [
  'numTensors',
  'numDataBuffers',
  'numBytesInGPU',
  'numBytesAllocatedInGPU',
] as const;

export class Reporter {
  readonly liveBytes: LiveTensorBytes;
  readonly #markers: Markers;

  constructor(liveBytes: LiveTensorBytes, markers: Markers) {
    this.liveBytes = liveBytes;
    this.#markers = markers;
  }

  begin(phase: Phase, step: number | null = null): void {
    this.liveBytes.beginPhase();
    this.#markers.send({ type: 'phase', name: phase, event: 'begin', ...stepField(step) });
  }

  end(phase: Phase, step: number | null = null): void {
    this.memory(phase, step);
    this.#markers.send({ type: 'phase', name: phase, event: 'end', ...stepField(step) });
  }

  step(event: 'begin' | 'end', step: number): void {
    this.#markers.send({ type: 'step', event, step });
  }

  /** `ids` are the new token of every sequence. */
  token(index: number, ids: readonly number[]): void {
    this.#markers.send({ type: 'token', index, ids });
  }

  memory(phase: Phase, step: number | null): void {
    const reading = this.liveBytes.read();
    const framework: Readonly<Record<string, unknown>> = { ...memory() };
    const counters: Record<string, number> = {
      numBytes: reading.numBytes,
      peakNumBytes: reading.peakNumBytes,
      operations: reading.operations.count,
      operationsDigest: reading.operations.digest,
    };
    for (const name of FRAMEWORK_COUNTERS) {
      const value = framework[name];
      if (typeof value === 'number') counters[name] = value;
    }
    this.#markers.send({
      type: 'memory',
      phase,
      ...stepField(step),
      allocated: reading.allocated,
      components: reading.components,
      peak: reading.peak,
      peakComponents: reading.peakComponents,
      peakTs: nanoseconds(reading.peakTs),
      trail: reading.trail.map(([ts, ...told]) => [nanoseconds(ts), ...told]),
      counters,
    });
  }

  announce(type: 'model' | 'run', fields: Readonly<Record<string, unknown>>): void {
    this.#markers.send({ type, fields });
  }

  note(text: string): void {
    this.#markers.send({ type: 'note', text });
    this.say(text);
  }

  say(text: string): void {
    process.stdout.write(`${text}\n`);
  }
}

/** Lets sockets, signals and live views have their turn between two synchronous stretches. */
export function breathe(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

function stepField(step: number | null): { readonly step?: number } {
  return step === null ? {} : { step };
}
