/**
 * What the workload takes of the host: resident memory, CPU time, disk traffic and number of its processes, and memory
 * and swap in use on the whole machine once a second.
 *
 * `tree.rss` is the plain sum of resident set sizes: a page that several processes share is counted once for each, so
 * it is an upper bound of what the tree holds. (A child between vfork and exec is its parent, and is not counted.) `tree.cpu` is in thousandths of a percent of one core and averages over
 * its window; time of a process that starts and ends between two readings is not seen.
 *
 * On Linux /proc gives this at the full rate, read on a thread of its own. Elsewhere a process table is dear, so it is
 * read at most once a second; it does not tell disk traffic, and swap is not told cheaply: both are absent there.
 */
import { cpus } from 'node:os';
import { MessageChannel, type Worker } from 'node:worker_threads';
import type { Micros, Millis } from '../../../shared/base/units';
import {
  SYSTEM_MEMORY_USED,
  SYSTEM_SWAP_USED,
  TREE_CPU,
  TREE_DISK_READ,
  TREE_DISK_WRITTEN,
  TREE_PROCESSES,
  TREE_RSS,
} from '../../../shared/trace/series-ids';
import { clockOrigin, type SessionClock } from '../../install/session-clock';
import type { ProcessScope, Sampler, SampleSink } from '../sampler';
import { every } from '../shared-timer';
import { BatchReceiver } from '../thread/batch-receiver';
import { ThreadControl } from '../thread/control';
import { launchWorker, threadEnded } from '../thread/launch';
import type { SampleBatch } from '../thread/sample-batch';
import { hostTable } from './host-reader';
import { tableReadings } from './host-table';
import { NOT_SUPPORTED, systemMemoryUsed, systemSwapUsed } from './meminfo';

const FASTEST_MS: Millis = 10;
const TABLE_MS: Millis = 1000;
const PS_WINDOW_US: Micros = 60_000_000;
/** How often the thread is told of processes that came or went. */
const SCOPE_MS: Millis = 250;

export interface HostSamplerOptions {
  readonly scope: ProcessScope;
  readonly intervalMs: Millis;
  /** The built sampling thread, which reads /proc; null where there is none, and the process table is read instead. */
  readonly workerPath: string | null;
}

export class HostSampler implements Sampler {
  readonly id = 'host';
  readonly #options: HostSamplerOptions;
  readonly #control = new ThreadControl();
  readonly #ends: (() => void)[] = [];
  #worker: Worker | null = null;
  #stopped = false;
  #looking: Promise<void> | null = null;

  constructor(options: HostSamplerOptions) {
    this.#options = options;
  }

  async start(sink: SampleSink, clock: SessionClock): Promise<void> {
    const { intervalMs, workerPath } = this.#options;
    const table = hostTable(
      workerPath === null ? Math.max(TABLE_MS, intervalMs) : Math.max(FASTEST_MS, intervalMs),
    );
    // ps of macOS averages over up to a minute (ps(1)).
    const slow = workerPath === null && process.platform === 'darwin';
    for (const info of table)
      sink.declare(slow && info.id === TREE_CPU ? { ...info, windowUs: PS_WINDOW_US } : info);
    if (workerPath === null) this.#readTable(sink, clock);
    else this.#readProc(workerPath, new BatchReceiver(sink, table), sink, clock);
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    for (const end of this.#ends) end();
    this.#control.stop();
    if (this.#worker) await threadEnded(this.#worker, 2000);
    await this.#looking;
  }

  setWatched(isWatched: boolean): void {
    this.#control.setWatched(isWatched);
  }

  #readProc(
    workerPath: string,
    receiver: BatchReceiver,
    sink: SampleSink,
    clock: SessionClock,
  ): void {
    const { port1, port2 } = new MessageChannel();
    const worker = launchWorker(
      workerPath,
      {
        kind: 'host',
        intervalMs: Math.max(FASTEST_MS, this.#options.intervalMs),
        originNs: clockOrigin(clock),
        control: this.#control.shared,
        pids: port2,
      },
      [port2],
    );
    this.#worker = worker;
    port1.unref();
    worker.on('message', (batch: SampleBatch) => receiver.take(batch));
    const died = (why: string) => {
      if (this.#stopped) return;
      this.#stopped = true;
      receiver.silent(clock.now());
      sink.warn(
        `The thread that reads /proc is gone (${why}); memory, CPU and disk traffic of the workload are not read any more.`,
      );
    };
    worker.once('error', ({ message }) => died(message));
    worker.once('exit', () => {
      port1.close();
      died('it ended');
    });
    let known: readonly number[] = [];
    const sendPids = () => {
      const pids = this.#options.scope.pids();
      if (pids.length === known.length && pids.every((pid, i) => pid === known[i])) return;
      known = [...pids];
      port1.postMessage(known);
    };
    sendPids();
    this.#ends.push(every(SCOPE_MS, sendPids));
  }

  #readTable(sink: SampleSink, clock: SessionClock): void {
    let first = true;
    const read = async () => {
      const pids = new Set(this.#options.scope.pids());
      if (pids.size === 0) return;
      try {
        const { processes } = await import('systeminformation');
        const { list } = await processes();
        if (this.#stopped) return;
        const found = tableReadings(list, pids, {
          platform: process.platform,
          cores: cpus().length,
          isFirst: first,
        });
        first = false;
        if (found === null) return;
        const t = clock.now();
        sink.push(TREE_RSS, t, found.rss);
        if (found.cpu !== null) sink.push(TREE_CPU, t, found.cpu);
        if (found.processes > 0)
          sink.push(TREE_PROCESSES, t, { kind: 'ok', value: found.processes });
      } catch {
        if (!this.#stopped)
          sink.push(TREE_RSS, clock.now(), { kind: 'absent', reason: 'not_read' });
      }
    };
    const look = () => {
      this.#looking ??= read().finally(() => {
        this.#looking = null;
      });
      const t = clock.now();
      sink.push(SYSTEM_MEMORY_USED, t, { kind: 'ok', value: systemMemoryUsed() });
      sink.push(SYSTEM_SWAP_USED, t, systemSwapUsed());
      // A process table does not tell it.
      for (const id of [TREE_DISK_READ, TREE_DISK_WRITTEN]) sink.push(id, t, NOT_SUPPORTED);
    };
    look();
    this.#ends.push(every(Math.max(TABLE_MS, this.#options.intervalMs), look));
  }
}
