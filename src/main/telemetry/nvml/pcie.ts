/** PCIe traffic as a source beside the one that reads everything else of NVML: see pcie-reads.ts for why it is apart. */
import type { Worker } from 'node:worker_threads';
import type { Micros, Millis } from '../../../shared/base/units';
import type { GpuInfo } from '../../../shared/hardware/gpu-info';
import { clockOrigin, type SessionClock } from '../../install/session-clock';
import type { Sampler, SampleSink } from '../sampler';
import { every } from '../shared-timer';
import { BatchReceiver } from '../thread/batch-receiver';
import { ThreadControl } from '../thread/control';
import { launchWorker, threadEnded } from '../thread/launch';
import { type PcieMessage, pcieTable } from './pcie-reader';

export interface PcieSamplerOptions {
  /** The built sampling thread. */
  readonly workerPath: string;
  /** Where the library is looked for, best first. */
  readonly places: readonly string[];
  readonly gpus: readonly GpuInfo[];
  /** Between readings of a GPU; each takes 40 ms. */
  readonly intervalMs: Millis;
  readonly silenceMs?: Millis;
  /** Pause before the library is opened again; doubles up to `maxPauseMs`. */
  readonly firstPauseMs?: Millis;
  readonly maxPauseMs?: Millis;
}

export class PcieSampler implements Sampler {
  readonly id = 'nvml pcie';
  readonly #options: PcieSamplerOptions;
  readonly #control = new ThreadControl();
  #worker: Worker | null = null;
  #watching: () => void = () => {};

  constructor(options: PcieSamplerOptions) {
    this.#options = options;
  }

  async start(sink: SampleSink, clock: SessionClock): Promise<void> {
    const {
      workerPath,
      places,
      gpus,
      intervalMs,
      firstPauseMs = 2000,
      maxPauseMs = 10_000,
    } = this.#options;
    const table = pcieTable(gpus, intervalMs);
    for (const info of table) sink.declare(info);
    const receiver = new BatchReceiver(sink, table);
    const worker = launchWorker(workerPath, {
      kind: 'pcie',
      places,
      gpus: gpus.map(({ index, uuid }) => ({ index, uuid })),
      intervalMs,
      originNs: clockOrigin(clock),
      control: this.#control.shared,
      firstPauseMs,
      maxPauseMs,
    });
    this.#worker = worker;
    let heardAt: Micros = clock.now();
    worker.on('message', (message: PcieMessage) => {
      heardAt = clock.now();
      if (message.kind === 'batch') receiver.take(message);
      else sink.warn(message.text);
    });
    const silent = (why: string, first: boolean) => {
      receiver.silent(clock.now());
      if (first) sink.warn(`PCIe traffic is not read: ${why}.`);
    };
    let hasWarned = false;
    const silenceMs = this.#options.silenceMs ?? Math.max(3 * intervalMs, 5000);
    this.#watching = every(silenceMs / 2, () => {
      if (clock.now() - heardAt <= silenceMs * 1000) return;
      silent(`NVML gave no answer for ${silenceMs / 1000} s`, !hasWarned);
      hasWarned = true;
    });
    worker.once('error', ({ message }) => silent(`its thread is gone (${message})`, true));
    // With nothing to ask it ends by itself.
    worker.once('exit', () => this.#watching());
  }

  async stop(): Promise<void> {
    this.#watching();
    this.#control.stop();
    if (this.#worker) await threadEnded(this.#worker, 1000);
    // A call that hangs in the driver may still return one day; nobody listens any more.
    this.#worker?.removeAllListeners('message');
  }
}
