/**
 * NVML as a source of samples. The calls are made on a thread of their own; here its batches become readings, process
 * lists become the workload's share and everyone else's, and silence becomes a gap.
 */

import type { Worker } from 'node:worker_threads';
import type { Micros, Millis } from '../../../shared/base/units';
import type { Reading } from '../../../shared/base/vocabulary';
import type { GpuInfo } from '../../../shared/hardware/gpu-info';
import { DEVICE_METRICS } from '../../../shared/trace/metrics';
import {
  gpuDevice,
  listMigDevices,
  migDevice,
  otherMemory,
  processMemory,
  processUtilization,
} from '../../../shared/trace/series-ids';
import type { SeriesInfo } from '../../../shared/trace/types';
import { clockOrigin, type SessionClock } from '../../install/session-clock';
import { attribute, listShareIds, listShareSeries } from '../attribution';
import { RecentPids } from '../recent-pids';
import type { ProcessScope, Sampler, SampleSink } from '../sampler';
import { every } from '../shared-timer';
import { BatchReceiver } from '../thread/batch-receiver';
import { ThreadControl } from '../thread/control';
import { launchWorker, threadEnded } from '../thread/launch';
import { COUNTERS, PROCESS_FLOOR_MS, type SampledGpu, seriesTable } from './counters';
import type { NvmlMessage, ProcessAnswer, ProcessLists } from './messages';
import type { NvmlProcess } from './processes';

export interface NvmlSamplerOptions {
  /** The built sampling thread. */
  readonly workerPath: string;
  /** Where the library is looked for, best first. */
  readonly places: readonly string[];
  readonly gpus: readonly GpuInfo[];
  /** The same GPUs, as the probe found them. */
  readonly sampled: readonly SampledGpu[];
  readonly scope: ProcessScope;
  readonly ownPids: () => readonly number[];
  readonly sharesPids: boolean;
  /** Of memory; whole milliseconds, at least 1. */
  readonly intervalMs: Millis;
  readonly processMs?: Millis;
  /** How long nothing may come from the thread, longer than it keeps readings; max(3 periods, 3 s) unless given. */
  readonly silenceMs?: Millis;
  /** Pause before the library is opened again; doubles up to `maxPauseMs`. */
  readonly firstPauseMs?: Millis;
  readonly maxPauseMs?: Millis;
}

/** How long `start` waits for the first batch, so that a trace begins before its workload does. */
const FIRST_BATCH_MS: Millis = 1500;
/** Waking a device without persistence mode takes seconds. */
const STARTUP_MS: Millis = 10_000;

export class NvmlSampler implements Sampler {
  readonly id = 'nvml';
  readonly #options: NvmlSamplerOptions;
  readonly #table: readonly SeriesInfo[];
  readonly #control = new ThreadControl();
  #receiver: BatchReceiver | null = null;
  #sink: SampleSink | null = null;
  #clock: SessionClock = { now: () => 0 };
  #worker: Worker | null = null;
  #endWatch: (() => void) | null = null;
  #heardAt: Micros | null = null;
  #startedAt: Micros = 0;
  #stopping: Promise<void> | null = null;
  readonly #pids: RecentPids;
  #firstBatch: () => void = () => {};

  constructor(options: NvmlSamplerOptions) {
    this.#options = options;
    this.#pids = new RecentPids(options.scope);
    this.#table = seriesTable(options.sampled, Math.max(1, options.intervalMs));
  }

  async start(sink: SampleSink, clock: SessionClock): Promise<void> {
    const { workerPath, places, sampled, intervalMs, gpus } = this.#options;
    const processMs = this.#options.processMs ?? PROCESS_FLOOR_MS;
    this.#sink = sink;
    this.#receiver = new BatchReceiver(sink, this.#table);
    this.#clock = clock;
    this.#startedAt = clock.now();
    for (const info of this.#table) sink.declare(info);
    for (const device of gpus.flatMap(listDevices))
      for (const info of listShareSeries(device, 'nvml', processMs * 1000)) sink.declare(info);
    const heard = new Promise<void>((resolve) => {
      this.#firstBatch = resolve;
    });
    const worker = launchWorker(workerPath, {
      kind: 'nvml',
      places,
      gpus: sampled,
      intervalMs: Math.max(1, intervalMs),
      processMs,
      originNs: clockOrigin(clock),
      control: this.#control.shared,
      firstPauseMs: this.#options.firstPauseMs ?? 500,
      maxPauseMs: this.#options.maxPauseMs ?? 10_000,
    });
    this.#worker = worker;
    worker.on('message', (message: NvmlMessage) => this.#take(message));
    worker.once('error', (error) => this.#died(error.message));
    worker.once('exit', () => this.#died('it ended'));
    this.#endWatch = every(Math.min(1000, this.#options.silenceMs ?? 1000), () => this.#watch());
    const timer = setTimeout(() => this.#firstBatch(), FIRST_BATCH_MS);
    await heard;
    clearTimeout(timer);
  }

  stop(): Promise<void> {
    this.#stopping ??= this.#stop();
    return this.#stopping;
  }

  setWatched(isWatched: boolean): void {
    this.#control.setWatched(isWatched);
  }

  async #stop(): Promise<void> {
    this.#endWatch?.();
    this.#firstBatch();
    this.#control.stop();
    if (this.#worker && !(await threadEnded(this.#worker, 2000))) {
      this.#silent(this.#clock.now());
      this.#sink?.warn(
        'NVML did not answer when the recording ended; its last readings are missing.',
      );
    }
    // A call that hangs in the driver may still return one day; nobody listens any more.
    this.#worker?.removeAllListeners('message');
    this.#sink = null;
    this.#receiver = null;
  }

  #take(message: NvmlMessage): void {
    if (message.kind === 'warning') {
      this.#sink?.warn(message.text);
      return;
    }
    this.#heardAt = this.#clock.now();
    if (message.kind === 'learnt') {
      this.#receiver?.refine(message.series, message.learnt);
    } else if (message.kind === 'batch') {
      this.#receiver?.take(message);
      this.#attribute(message.processes);
      this.#firstBatch();
    }
  }

  #attribute(answers: readonly ProcessAnswer[]): void {
    const workloadPids = this.#pids.look();
    for (const answer of answers) this.#shares(answer, workloadPids);
  }

  #shares({ gpuIndex: index, t, answer }: ProcessAnswer, workloadPids: readonly number[]): void {
    const gpu = this.#options.gpus.find((each) => each.index === index);
    if (!gpu) return;
    if (typeof answer === 'string') {
      for (const id of listDevices(gpu).flatMap(listShareIds))
        this.#receiver?.push(id, t, { kind: 'absent', reason: answer });
      return;
    }
    const { ownPids, sharesPids } = this.#options;
    this.#use(gpu, t, answer, workloadPids);
    const whose = { workloadPids, ownPids: ownPids(), sharesPids };
    const mig = this.#options.sampled.find((each) => each.index === index)?.mig ?? [];
    const instances = (gpu.instances ?? []).map(({ slot }) => ({
      device: migDevice(index, slot),
      lists: ofInstance(answer, mig.find((each) => each.slot === slot)?.gpuInstance ?? null),
    }));
    for (const { device, lists } of [{ device: gpuDevice(index), lists: answer }, ...instances]) {
      for (const { workload, other } of lists === null
        ? [NOT_TOLD]
        : splitShares(gpu, lists, whose)) {
        this.#receiver?.push(processMemory(device), t, workload);
        this.#receiver?.push(otherMemory(device), t, other);
      }
    }
  }

  /** Declared with its first reading: many drivers do not tell how busy each process kept the GPU. */
  #use(
    { index }: GpuInfo,
    t: Micros,
    { use }: ProcessLists,
    workloadPids: readonly number[],
  ): void {
    if (use === undefined || !this.#options.sharesPids || workloadPids.length === 0) return;
    const id = processUtilization(gpuDevice(index));
    const periodUs = (this.#options.processMs ?? PROCESS_FLOOR_MS) * 1000;
    this.#sink?.declare({
      id,
      source: 'nvml',
      metric: 'process.utilization',
      ...DEVICE_METRICS['process.utilization'],
      windowUs: periodUs,
      intervalUs: periodUs,
    });
    const total = use
      .filter(({ pid }) => workloadPids.includes(pid))
      .reduce((sum, { millipercent }) => sum + millipercent, 0);
    this.#receiver?.push(id, t, { kind: 'ok', value: Math.min(100_000, total) });
  }

  #watch(): void {
    const now = this.#clock.now();
    const slowest = Math.max(this.#options.intervalMs, ...COUNTERS.map(({ floorMs }) => floorMs));
    const patienceMs =
      this.#heardAt === null
        ? STARTUP_MS
        : (this.#options.silenceMs ?? Math.max(3 * slowest, 3000));
    if (now - (this.#heardAt ?? this.#startedAt) <= patienceMs * 1000) return;
    this.#silent(now);
    this.#sink?.warn(
      `NVML gave no answer for ${patienceMs / 1000} s. Until the driver answers again no GPU is read.`,
    );
  }

  #silent(t: Micros): void {
    this.#receiver?.silent(t, this.#options.gpus.flatMap(listDevices).flatMap(listShareIds));
  }

  #died(why: string): void {
    this.#firstBatch();
    this.#endWatch?.();
    if (this.#stopping) return;
    this.#silent(this.#clock.now());
    this.#sink?.warn(
      `The thread that reads NVML is gone (${why}); the GPU is not read any more. Record again, with PLUMBLINE_SOURCE=nvidia-smi if it happens again.`,
    );
  }
}

/** A GPU and the MIG devices of it that the workload is confined to, as their series begin. */
const listDevices = (gpu: GpuInfo): string[] => [gpuDevice(gpu.index), ...listMigDevices(gpu)];
const HIDDEN: Reading = { kind: 'absent', reason: 'hidden' };
/** The driver does not say on which instance its processes are. */
const NOT_TOLD = { workload: HIDDEN, other: HIDDEN };

/** The processes on one GPU instance; null where the driver does not tell which those are. */
export function ofInstance(lists: ProcessLists, gpuInstance: number | null): ProcessLists | null {
  const all = [...lists.compute, ...lists.graphics];
  if (gpuInstance === null || all.some(({ instance }) => instance === undefined)) return null;
  const here = ({ instance }: NvmlProcess) => instance === gpuInstance;
  return { compute: lists.compute.filter(here), graphics: lists.graphics.filter(here) };
}

const toReading = ({ bytes }: NvmlProcess): Reading =>
  bytes === null ? { kind: 'absent', reason: 'hidden' } : { kind: 'ok', value: bytes };

/** NVML's lists in the terms of the one attribution rule. */
export function splitShares(
  gpu: GpuInfo,
  lists: ProcessLists,
  whose: { workloadPids: readonly number[]; ownPids: readonly number[]; sharesPids: boolean },
) {
  return attribute({
    gpus: [gpu],
    compute: lists.compute.map((process) => ({
      gpuUuid: gpu.uuid,
      pid: process.pid,
      memory: toReading(process),
    })),
    monitored: lists.graphics.map((process) => ({
      gpuIndex: gpu.index,
      pid: process.pid,
      memory: toReading(process),
    })),
    ...whose,
  });
}
