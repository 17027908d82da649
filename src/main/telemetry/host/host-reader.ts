/**
 * What /proc says of the workload's processes and of the machine, read on a sampling thread (Linux). Before the
 * workload starts and after it has ended there is nothing to read: no reading, rather than 0.
 */
import { type MessagePort, receiveMessageOnPort } from 'node:worker_threads';
import type { Micros, Millis } from '../../../shared/base/units';
import { HOST_METRICS, type HostSeriesId, hostMetric } from '../../../shared/trace/metrics';
import {
  SYSTEM_MEMORY_USED,
  SYSTEM_SWAP_USED,
  TREE_CPU,
  TREE_DISK_READ,
  TREE_DISK_WRITTEN,
  TREE_PROCESSES,
  TREE_RSS,
} from '../../../shared/trace/series-ids';
import type { SeriesInfo } from '../../../shared/trace/types';
import { type LoopTask, onGrid, type PostBatch, SamplingLoop } from '../thread/loop';
import { Meminfo } from './meminfo';
import { ProcDisk } from './proc-disk';
import { ProcTree } from './proc-tree';

export interface HostTask extends LoopTask {
  readonly kind: 'host';
  readonly intervalMs: Millis;
  /** Brings the workload's pids whenever they change. */
  readonly pids: MessagePort;
}

/** CPU time is counted in ticks of 10 ms: a shorter window would show steps instead of load. */
const CPU_WINDOW_MS: Millis = 500;
const SYSTEM_MS: Millis = 1000;
const DISK_MS: Millis = 500;
/** Numbers of the series in `hostTable`. */
const RSS = 0;
const CPU = 1;
const PROCESSES = 2;
const SYSTEM = 3;
const SWAP = 4;
const DISK_READ = 5;
const DISK_WRITTEN = 6;

/** In the order by which batches number them. */
export function hostTable(periodMs: Millis): SeriesInfo[] {
  const cpuMs = Math.max(CPU_WINDOW_MS, periodMs);
  const diskMs = Math.max(DISK_MS, periodMs);
  const cpu = describeSeries(TREE_CPU, cpuMs);
  return [
    describeSeries(TREE_RSS, periodMs),
    { ...cpu, windowUs: cpu.intervalUs },
    describeSeries(TREE_PROCESSES, periodMs),
    describeSeries(SYSTEM_MEMORY_USED, SYSTEM_MS),
    describeSeries(SYSTEM_SWAP_USED, SYSTEM_MS),
    describeSeries(TREE_DISK_READ, diskMs),
    describeSeries(TREE_DISK_WRITTEN, diskMs),
  ];
}

const describeSeries = (id: HostSeriesId, intervalMs: Millis): SeriesInfo => ({
  id,
  source: 'host',
  metric: hostMetric(id),
  ...HOST_METRICS[id],
  intervalUs: intervalMs * 1000,
});

export class HostReader {
  readonly #task: HostTask;
  readonly #loop: SamplingLoop;
  readonly #tree = new ProcTree();
  readonly #disk = new ProcDisk();
  readonly #meminfo = new Meminfo();
  readonly #cpuUs: Micros;
  #pids: readonly number[] = [];
  #cpuAt: Micros | null = null;

  constructor(task: HostTask, post: PostBatch) {
    this.#task = task;
    this.#cpuUs = Math.max(CPU_WINDOW_MS, task.intervalMs) * 1000;
    this.#loop = new SamplingLoop(task, hostTable(task.intervalMs).length, post);
  }

  run(): void {
    const start = this.#loop.now();
    const every = (name: string, rank: number, periodMs: Millis, run: (now: Micros) => void) => ({
      name,
      rank,
      periodUs: periodMs * 1000,
      firstUs: onGrid(start, periodMs * 1000),
      run,
    });
    this.#loop.run(
      [
        every('the process tree', 0, this.#task.intervalMs, (now) => this.#look(now)),
        every('the memory of the machine', 1, SYSTEM_MS, (now) => this.#lookAtMachine(now)),
        every('the disk traffic', 1, Math.max(DISK_MS, this.#task.intervalMs), (now) =>
          this.#lookAtDisk(now),
        ),
      ],
      () => {},
    );
    this.#task.pids.close();
  }

  #look(now: Micros): void {
    for (
      let news = receiveMessageOnPort(this.#task.pids);
      news;
      news = receiveMessageOnPort(this.#task.pids)
    ) {
      this.#pids = news.message as number[];
      this.#tree.keepOnly(this.#pids);
    }
    const { batch } = this.#loop;
    if (this.#pids.length === 0) return;
    const memory = this.#tree.memory(this.#pids);
    if (memory.kind === 'absent') {
      batch.absent(RSS, now, memory.reason);
    } else if (memory.processes > 0) {
      batch.value(RSS, now, memory.rss);
      batch.value(PROCESSES, now, memory.processes);
    }
    if (this.#cpuAt !== null && now - this.#cpuAt < this.#cpuUs * 0.98) return;
    const spent = this.#tree.cpuSince(this.#pids);
    if (this.#cpuAt !== null && spent !== null && now > this.#cpuAt)
      batch.value(CPU, now, Math.round((spent / (now - this.#cpuAt)) * 100_000));
    this.#cpuAt = now;
  }

  #lookAtMachine(now: Micros): void {
    const { batch } = this.#loop;
    const { used, swap } = this.#meminfo.look();
    batch.value(SYSTEM, now, used);
    if (swap.kind === 'ok') batch.value(SWAP, now, swap.value);
    else batch.absent(SWAP, now, swap.reason);
  }

  #lookAtDisk(now: Micros): void {
    if (this.#pids.length === 0) return;
    const { batch } = this.#loop;
    const disk = this.#disk.look(this.#pids);
    if (disk?.kind === 'ok') {
      batch.value(DISK_READ, now, disk.read);
      batch.value(DISK_WRITTEN, now, disk.written);
    } else if (disk) {
      batch.absent(DISK_READ, now, disk.reason);
      batch.absent(DISK_WRITTEN, now, disk.reason);
    }
  }
}
