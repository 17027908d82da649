/** What passes between the thread that samples and the one that records. Columns, so that they move without a copy. */
import type { GpuInfo } from '../../../shared/contract/session';
import type { Micros, Millis } from '../../../shared/units';
import { ABSENT_REASONS, type AbsentReason, type Reading } from '../../../shared/vocabulary';
import type { SampledGpu } from './counters';
import type { NvmlProcess } from './device';

export type WorkerTask =
  | { readonly kind: 'probe'; readonly places: readonly string[] }
  | {
      readonly kind: 'sample';
      readonly places: readonly string[];
      readonly gpus: readonly SampledGpu[];
      readonly intervalMs: Millis;
      readonly processMs: Millis;
      /** Monotonic nanoseconds at session time 0. */
      readonly originNs: bigint;
      /** One Int32: anything but 0 asks the worker to end. */
      readonly control: SharedArrayBuffer;
      readonly firstPauseMs: Millis;
      readonly maxPauseMs: Millis;
    };

export interface ProcessLists {
  readonly compute: readonly NvmlProcess[];
  readonly graphics: readonly NvmlProcess[];
}

export interface ProbedGpu {
  readonly info: GpuInfo;
  readonly sampled: SampledGpu;
  readonly used: Reading;
  readonly processes: ProcessLists | AbsentReason;
}

export type Probe =
  | { readonly ok: true; readonly path: string; readonly driver: string; readonly gpus: readonly ProbedGpu[]; readonly notes: readonly string[] }
  | { readonly ok: false; readonly detail: string; readonly remedy: string };

/** Rows in order of time. `absent` is 0 for a value, else 1 + the index of its reason. */
export interface Batch {
  readonly kind: 'batch';
  readonly series: Uint16Array<ArrayBuffer>;
  readonly times: Float64Array<ArrayBuffer>;
  readonly values: Float64Array<ArrayBuffer>;
  readonly absent: Uint8Array<ArrayBuffer>;
}

export type WorkerMessage =
  | { readonly kind: 'probed'; readonly probe: Probe }
  | { readonly kind: 'processes'; readonly gpuIndex: number; readonly t: Micros; readonly answer: ProcessLists | AbsentReason }
  | { readonly kind: 'warning'; readonly text: string }
  | Batch;

/** Collects rows; `take` hands them over and begins anew. */
export class BatchBuilder {
  #series = new Uint16Array(256);
  #times = new Float64Array(256);
  #values = new Float64Array(256);
  #absent = new Uint8Array(256);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  value(series: number, t: Micros, value: number): void {
    this.#row(series, t, value, 0);
  }

  absent(series: number, t: Micros, reason: AbsentReason): void {
    this.#row(series, t, 0, 1 + ABSENT_REASONS.indexOf(reason));
  }

  take(): Batch {
    const length = this.#length;
    this.#length = 0;
    return { kind: 'batch', series: this.#series.slice(0, length), times: this.#times.slice(0, length), values: this.#values.slice(0, length), absent: this.#absent.slice(0, length) };
  }

  #row(series: number, t: Micros, value: number, absent: number): void {
    if (this.#length === this.#series.length) this.#grow();
    const at = this.#length++;
    this.#series[at] = series;
    this.#times[at] = t;
    this.#values[at] = value;
    this.#absent[at] = absent;
  }

  #grow(): void {
    const size = this.#series.length * 2;
    const [series, times, values, absent] = [new Uint16Array(size), new Float64Array(size), new Float64Array(size), new Uint8Array(size)];
    series.set(this.#series);
    times.set(this.#times);
    values.set(this.#values);
    absent.set(this.#absent);
    [this.#series, this.#times, this.#values, this.#absent] = [series, times, values, absent];
  }
}

export const buffersOf = ({ series, times, values, absent }: Batch): ArrayBuffer[] => [series.buffer, times.buffer, values.buffer, absent.buffer];

export function readingAt(batch: Batch, row: number): Reading {
  const absent = batch.absent[row]!;
  return absent === 0 ? { kind: 'ok', value: batch.values[row]! } : { kind: 'absent', reason: ABSENT_REASONS[absent - 1] ?? 'not_read' };
}

