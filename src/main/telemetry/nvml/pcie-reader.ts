/**
 * PCIe traffic of each GPU, read every few seconds on a thread of its own: NVML counts for 20 ms while its caller waits, which
 * would cost the thread that reads memory twenty readings at 1 kHz.
 *
 * What a GPU does not offer is asked for once. After any other fault the library is given back and opened anew after a
 * pause: while one thread holds it, another cannot start it afresh.
 */

import type { Micros, Millis } from '../../../shared/base/units';
import type { AbsentReason } from '../../../shared/base/vocabulary';
import { DEVICE_METRICS } from '../../../shared/trace/metrics';
import { gpuSeries } from '../../../shared/trace/series-ids';
import type { SeriesInfo } from '../../../shared/trace/types';
import { STOP } from '../thread/control';
import { type LoopTask, SamplingLoop } from '../thread/loop';
import type { SampleBatch } from '../thread/sample-batch';
import type { Task } from '../thread/schedule';
import { explainCode, type NvmlFault, SUCCESS } from './codes';
import type { NvmlDevice } from './device';
import type { Loader } from './library';
import { type OpenedNvml, openNvml } from './opened';

export interface PcieTask extends LoopTask {
  readonly kind: 'pcie';
  readonly places: readonly string[];
  readonly gpus: readonly { readonly index: number; readonly uuid: string }[];
  readonly intervalMs: Millis;
  readonly firstPauseMs: Millis;
  readonly maxPauseMs: Millis;
}

/** A thread is woken three times for each reading, at 0.1 to 0.2 ms of processor time: more often would be dear for what 20 ms tell. */
export const PCIE_FLOOR_MS: Millis = 5000;
/** NVML's KB: captures show whole thousands of them, where dmon prints MB. */
const BYTES = 1000;
/** nvmlPcieUtilCounter_t. */
const DIRECTIONS = [
  { metric: 'pcie.tx', counter: 0 },
  { metric: 'pcie.rx', counter: 1 },
] as const;

/** Two series of each GPU, in the order by which batches number them. */
export function pcieTable(gpus: PcieTask['gpus'], intervalMs: Millis): SeriesInfo[] {
  return gpus.flatMap(({ index }) =>
    DIRECTIONS.map(({ metric }): SeriesInfo => {
      const { unit, windowUs, about } = DEVICE_METRICS[metric];
      return {
        id: gpuSeries(index, metric),
        source: 'nvml',
        metric,
        unit,
        windowUs,
        intervalUs: intervalMs * 1000,
        about: `${about}, counted for ${windowUs / 1000} ms of every ${intervalMs / 1000} s; what passes in between is not seen`,
      };
    }),
  );
}

export type PcieMessage = SampleBatch | { readonly kind: 'warning'; readonly text: string };
type Post = (message: PcieMessage, transfer?: ArrayBuffer[]) => void;

interface GpuState {
  readonly index: number;
  readonly uuid: string;
  readonly firstSeries: number;
  device: NvmlDevice | null;
  /** Why there is no device. */
  down: AbsentReason;
  /** Whether it ever gave a value: what it refuses then, it refuses for a while. */
  answered: boolean;
  /** It does not offer this. */
  ended: boolean;
}

export class PcieReader {
  readonly #task: PcieTask;
  readonly #loader: Loader;
  readonly #loop: SamplingLoop;
  readonly #post: Post;
  readonly #gpus: GpuState[];
  readonly #out = new Float64Array(1);
  #nvml: OpenedNvml | null = null;
  #pauseMs: Millis;
  #openAt: Micros = 0;

  constructor(task: PcieTask, loader: Loader, post: Post) {
    this.#task = task;
    this.#loader = loader;
    this.#post = post;
    this.#pauseMs = task.firstPauseMs;
    this.#gpus = task.gpus.map(({ index, uuid }, position) => ({
      index,
      uuid,
      firstSeries: position * DIRECTIONS.length,
      device: null,
      down: 'not_read',
      answered: false,
      ended: false,
    }));
    this.#loop = new SamplingLoop(task, this.#gpus.length * DIRECTIONS.length, post);
  }

  run(): void {
    const start = this.#loop.now();
    const periodUs = this.#task.intervalMs * 1000;
    const tasks = this.#gpus.map(
      (gpu, position): Task => ({
        name: `PCIe traffic of GPU ${gpu.index}`,
        rank: 1,
        periodUs,
        firstUs: start + Math.round((periodUs * position) / this.#gpus.length),
        run: (now) => this.#look(gpu, now),
      }),
    );
    this.#loop.run(tasks, ({ name }, medianUs, widenedUs) =>
      this.#warn(
        `NVML takes ${Math.round(medianUs / 1000)} ms for ${name}; it is read every ${widenedUs / 1000} ms.`,
      ),
    );
    this.#close();
  }

  #look(gpu: GpuState, now: Micros): void {
    if (gpu.ended) return;
    if (this.#nvml === null && now >= this.#openAt) this.#open();
    if (gpu.device === null) {
      this.#absent(gpu, this.#loop.now(), gpu.down);
      return;
    }
    for (const [i, { counter, metric }] of DIRECTIONS.entries()) {
      const code = gpu.device.u32(this.#out, BYTES, 'nvmlDeviceGetPcieThroughput', counter);
      if (code !== SUCCESS) {
        this.#failed(gpu, metric, explainCode(code));
        return;
      }
      this.#loop.batch.value(gpu.firstSeries + i, this.#loop.now(), this.#out[0]!);
    }
    gpu.answered = true;
    this.#pauseMs = this.#task.firstPauseMs;
  }

  #failed(gpu: GpuState, metric: string, fault: NvmlFault): void {
    this.#absent(gpu, this.#loop.now(), fault.reason);
    if (fault.scope === 'reading' || (fault.scope === 'counter' && gpu.answered)) return;
    if (fault.scope !== 'counter') {
      this.#rest(fault.scope === 'device' ? [gpu] : this.#gpus, fault.reason);
      return;
    }
    gpu.ended = true;
    // That a product lacks a counter is no trouble: the series itself says so.
    if (fault.reason !== 'not_supported')
      this.#warn(`NVML says of ${metric} of GPU ${gpu.index} that ${fault.text}. ${fault.remedy}`);
    // With nothing left to ask, the thread ends.
    if (this.#gpus.every(({ ended }) => ended))
      Atomics.store(new Int32Array(this.#task.control), STOP, 1);
  }

  #open(): void {
    const answer = openNvml(this.#loader, this.#task.places);
    if (!answer.ok) {
      this.#rest(this.#gpus, answer.fault?.reason ?? 'not_read');
      return;
    }
    this.#nvml = answer.nvml;
    for (const gpu of this.#gpus) {
      gpu.device = answer.nvml.devices.find(({ uuid }) => uuid === gpu.uuid)?.device ?? null;
      gpu.down = 'lost';
    }
    if (this.#gpus.every(({ device }) => device === null)) this.#rest(this.#gpus, 'lost');
  }

  /** `gpus` are those in trouble; the others are back with the next look after the pause. */
  #rest(gpus: readonly GpuState[], reason: AbsentReason): void {
    this.#close();
    for (const gpu of this.#gpus) gpu.down = gpus.includes(gpu) ? reason : 'not_read';
    this.#openAt = this.#loop.now() + this.#pauseMs * 1000;
    this.#pauseMs = Math.min(this.#pauseMs * 2, this.#task.maxPauseMs);
  }

  #close(): void {
    this.#nvml?.close();
    this.#nvml = null;
    for (const gpu of this.#gpus) gpu.device = null;
  }

  #absent(gpu: GpuState, t: Micros, reason: AbsentReason): void {
    for (let i = 0; i < DIRECTIONS.length; i++)
      this.#loop.batch.absent(gpu.firstSeries + i, t, reason);
  }

  #warn(text: string): void {
    this.#post({ kind: 'warning', text });
  }
}
