/**
 * What /proc says of the workload's processes and of the machine, read on a sampling thread (Linux). Before the
 * workload starts and after it has ended there is nothing to read: no reading, rather than 0.
 */
import { readFileSync } from 'node:fs';
import { freemem, totalmem } from 'node:os';
import { type MessagePort, receiveMessageOnPort } from 'node:worker_threads';
import type { SeriesInfo } from '../../shared/trace/types';
import { type Bytes, KiB, type Micros, type Millis } from '../../shared/units';
import type { Reading } from '../../shared/vocabulary';
import { ProcDisk } from './proc-disk';
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
  const series = (id: string, metric: string, unit: SeriesInfo['unit'], windowUs: Micros | null, intervalMs: Millis, about: string): SeriesInfo => ({ id, source: 'host', metric, unit, windowUs, intervalUs: intervalMs * 1000, about });
  return [
    series('tree.rss', 'rss', 'bytes', null, periodMs, 'resident memory of the workload\'s processes; a page they share counts once for each'),
    series('tree.cpu', 'cpu', 'millipercent', cpuMs * 1000, cpuMs, 'processor time of the workload\'s processes, as a share of one core'),
    series('tree.processes', 'processes', 'count', null, periodMs, 'processes of the workload'),
    series('system.memory.used', 'memory.used', 'bytes', null, SYSTEM_MS, 'memory of the whole machine that is neither free nor reclaimable'),
    series('system.swap.used', 'swap.used', 'bytes', null, SYSTEM_MS, 'memory of the whole machine that was moved out to swap'),
    series('tree.disk.read', 'disk.read', 'bytes', null, diskMs, 'bytes that the workload\'s processes had fetched from storage since launch; what the page cache had is not among them'),
    series('tree.disk.written', 'disk.written', 'bytes', null, diskMs, 'bytes that the workload\'s processes wrote since launch and storage has or is yet to get'),
  ];
}

export class HostReads {
  readonly #task: HostTask;
  readonly #loop: SamplingLoop;
  readonly #tree = new ProcTree();
  readonly #disk = new ProcDisk();
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
      { name: 'the memory of the machine', rank: 1, periodUs: SYSTEM_MS * 1000, firstUs: start, run: (now) => this.#lookAtMachine(now) },
      { name: 'the disk traffic', rank: 1, periodUs: Math.max(DISK_MS, this.#task.intervalMs) * 1000, firstUs: start, run: (now) => this.#lookAtDisk(now) },
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

  #lookAtMachine(now: Micros): void {
    const { batch } = this.#loop;
    batch.value(SYSTEM, now, systemMemoryUsed());
    const swap = systemSwapUsed();
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

/** Bytes neither free nor reclaimable. Node's free memory is MemAvailable on Linux and its like elsewhere. */
export function systemMemoryUsed(): number {
  return totalmem() - freemem();
}

/**
 * From /proc/meminfo. Elsewhere systeminformation starts programs for it, blocks the thread that records (macOS), and
 * answers 0 where they fail: not supported, rather than that.
 */
export function systemSwapUsed(path = '/proc/meminfo'): Reading<Bytes> {
  if (process.platform !== 'linux') return NOT_SUPPORTED;
  try {
    const text = readFileSync(path, 'latin1');
    const [total, free] = [/^SwapTotal: +(\d+) kB$/m.exec(text)?.[1], /^SwapFree: +(\d+) kB$/m.exec(text)?.[1]];
    if (total !== undefined && free !== undefined) return { kind: 'ok', value: (Number(total) - Number(free)) * KiB };
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : null;
    if (code !== 'ENOENT') return { kind: 'absent', reason: code === 'EACCES' || code === 'EPERM' ? 'not_permitted' : 'not_read' };
  }
  return NOT_SUPPORTED;
}

export const NOT_SUPPORTED: Reading & { readonly kind: 'absent' } = { kind: 'absent', reason: 'not_supported' };
