/**
 * Brings rows of the stream to the series of the GPU they speak of, and remembers when each GPU answered last, so that
 * one that falls silent gets a gap. A lasting absence is reported at most once a second; it begins one period after the
 * last reading before it.
 */

import type { Micros } from '../../../shared/base/units';
import type { AbsentReason, Reading } from '../../../shared/base/vocabulary';
import type { GpuInfo } from '../../../shared/hardware/gpu-info';
import { gpuSeries } from '../../../shared/trace/series-ids';
import type { GpuField } from '../../nvidia-smi-format/gpu-fields';
import type { SampleSink } from '../sampler';

const REPEAT_US: Micros = 1_000_000;

interface SeriesState {
  /** Last time something was pushed. */
  at: Micros | null;
  absent: AbsentReason | null;
}

export class GpuReporter {
  readonly #sink: SampleSink;
  readonly #gpus: readonly GpuInfo[];
  readonly #fields: readonly GpuField[];
  readonly #intervalUs: Micros;
  readonly #complete: boolean;
  readonly #series = new Map<string, SeriesState>();
  readonly #rowAt = new Map<number, Micros>();
  readonly #unsupported = new Set<GpuField>();
  #lastPosition = -1;

  /** `complete` when `gpus` are all that have rows: only then does the order of rows tell an unnamed GPU. */
  constructor(
    sink: SampleSink,
    gpus: readonly GpuInfo[],
    fields: readonly GpuField[],
    intervalUs: Micros,
    complete = true,
  ) {
    this.#sink = sink;
    this.#gpus = gpus;
    this.#fields = fields;
    this.#intervalUs = intervalUs;
    this.#complete = complete;
  }

  /** Returns the index of the GPU when the row says that it is lost. */
  row(
    t: Micros,
    index: string,
    uuid: string,
    readings: readonly { readonly field: GpuField; readonly reading: Reading }[],
  ): number | null {
    const gpu = this.#identify(index, uuid);
    if (!gpu) return null;
    this.#rowAt.set(gpu.index, t);
    for (const { field, reading } of readings)
      this.#push(gpuSeries(gpu.index, field.metric), t, reading);
    return readings.some(({ reading }) => reading.kind === 'absent' && reading.reason === 'lost')
      ? gpu.index
      : null;
  }

  unsupported(t: Micros, field: GpuField): void {
    this.#unsupported.add(field);
    for (const gpu of this.#gpus)
      this.#push(gpuSeries(gpu.index, field.metric), t, {
        kind: 'absent',
        reason: 'not_supported',
      });
  }

  /** No GPU answers. */
  silent(t: Micros, reason: AbsentReason): void {
    for (const gpu of this.#gpus) this.#absent(gpu.index, t, reason);
  }

  /** Marks those without a row for longer than `limitUs`, counted from `since` at the earliest; returns their indices. */
  silentAmongOthers(t: Micros, since: Micros, limitUs: Micros, reason: AbsentReason): number[] {
    const missing = this.#gpus
      .filter(({ index }) => t - Math.max(this.#rowAt.get(index) ?? 0, since) > limitUs)
      .map(({ index }) => index);
    for (const index of missing) this.#absent(index, t, reason);
    return missing;
  }

  #absent(index: number, t: Micros, reason: AbsentReason): void {
    for (const field of this.#fields) {
      if (!this.#unsupported.has(field))
        this.#push(gpuSeries(index, field.metric), t, { kind: 'absent', reason });
    }
  }

  #push(id: string, t: Micros, reading: Reading): void {
    const state = this.#series.get(id) ?? { at: null, absent: null };
    this.#series.set(id, state);
    if (reading.kind === 'ok') {
      state.absent = null;
    } else {
      if (state.absent === reading.reason && state.at !== null && t - state.at < REPEAT_US) return;
      const begin = (state.at ?? 0) + this.#intervalUs;
      if (state.absent === null && begin < t) this.#sink.push(id, begin, reading);
      state.absent = reading.reason;
    }
    state.at = t;
    this.#sink.push(id, t, reading);
  }

  /** By uuid, else by index, else the one after the row before: rows come in the order of the inventory. */
  #identify(index: string, uuid: string): GpuInfo | undefined {
    let position = this.#gpus.findIndex((gpu) => gpu.uuid !== '' && gpu.uuid === uuid);
    if (position < 0) position = this.#gpus.findIndex((gpu) => String(gpu.index) === index);
    const isUnnamed = this.#complete && !/^(GPU|MIG)-/.test(uuid) && !/^\d+$/.test(index);
    if (position < 0 && isUnnamed) position = (this.#lastPosition + 1) % this.#gpus.length;
    if (position >= 0) this.#lastPosition = position;
    return this.#gpus[position];
  }
}
