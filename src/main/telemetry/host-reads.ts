/**
 * What /proc says of the workload's processes and of the machine, read on a sampling thread (Linux). Before the
 * workload starts and after it has ended there is nothing to read: no reading, rather than 0.
 */
import { freemem, totalmem } from 'node:os';
import { type MessagePort, receiveMessageOnPort } from 'node:worker_threads';
import type { SeriesInfo } from '../../shared/trace/types';
import type { Micros, Millis } from '../../shared/units';
import { ProcTree } from './proc-tree';
import { type LoopTask, type PostBatch, SamplingLoop } from './thread/loop';

export interface HostTask extends LoopTask {
  readonly kind: 'host';
  readonly intervalMs: Millis;
  /** Brings the workload's pids whenever they change. */
  readonly pids: MessagePort;
}

/** CPU time is counted in ticks of 10 ms: a shorter window would show steps instead of load. */
const CPU_WINDOW_MS: Millis = 500;
const SYSTEM_MS: Millis = 1000;
/** Numbers of the series in `hostTable`. */
const RSS = 0;
const CPU = 1;
const PROCESSES = 2;
const SYSTEM = 3;

/** In the order by which batches number them. */
export function hostTable(periodMs: Millis): SeriesInfo[] {
  const cpuMs = Math.max(CPU_WINDOW_MS, periodMs);
  const series = (id: string, metric: string, unit: SeriesInfo['unit'], windowUs: Micros | null, intervalMs: Millis, about: string): SeriesInfo => ({ id, source: 'host', metric, unit, windowUs, intervalUs: intervalMs * 1000, about });
  return [
    series('tree.rss', 'rss', 'bytes', null, periodMs, 'resident memory of the workload\'s processes; a page they share counts once for each'),
    series('tree.cpu', 'cpu', 'millipercent', cpuMs * 1000, cpuMs, 'processor time of the workload\'s processes, as a share of one core'),
    series('tree.processes', 'processes', 'count', null, periodMs, 'processes of the workload'),
    series('system.memory.used', 'memory.used', 'bytes', null, SYSTEM_MS, 'memory of the whole machine that is neither free nor reclaimable'),
  ];
}

export class HostReads {
  readonly #task: HostTask;
  readonly #loop: SamplingLoop;
  readonly #tree = new ProcTree();
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
    this.#loop.run([
      { name: 'the process tree', rank: 0, periodUs: this.#task.intervalMs * 1000, firstUs: start, run: (now) => this.#look(now) },
      { name: 'the memory of the machine', rank: 1, periodUs: SYSTEM_MS * 1000, firstUs: start, run: (now) => this.#loop.batch.value(SYSTEM, now, systemMemoryUsed()) },
    ], () => {});
    this.#task.pids.close();
  }

  #look(now: Micros): void {
    for (let news = receiveMessageOnPort(this.#task.pids); news; news = receiveMessageOnPort(this.#task.pids)) this.#pids = news.message as number[];
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
    if (this.#cpuAt !== null && spent !== null && now > this.#cpuAt) batch.value(CPU, now, Math.round((spent / (now - this.#cpuAt)) * 100_000));
    this.#cpuAt = now;
  }
}

/** Bytes neither free nor reclaimable. Node's free memory is MemAvailable on Linux and its like elsewhere. */
export function systemMemoryUsed(): number {
  return totalmem() - freemem();
}
