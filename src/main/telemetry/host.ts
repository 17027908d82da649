/**
 * What the workload takes of the host: resident memory, CPU time and number of its processes, and memory in use on
 * the whole machine once a second.
 *
 * `tree.rss` is the plain sum of resident set sizes: a page that several processes share is counted once for each, so
 * it is an upper bound of what the tree holds. `tree.cpu` is in thousandths of a percent of one core and averages over
 * its window; time of a process that starts and ends between two readings is not seen.
 *
 * On Linux /proc gives this at the full rate. Elsewhere a process table is dear, so it is read at most once a second.
 */
import { cpus, freemem, totalmem } from 'node:os';
import type { Micros, Millis } from '../../shared/units';
import type { SeriesInfo } from '../../shared/trace/types';
import type { ProcessScope, Sampler, SampleSink, SessionClock } from './sampler';
import { ProcTree } from './proc-tree';

/** CPU time is counted in ticks of 10 ms: a shorter window would show steps instead of load. */
const CPU_WINDOW_MS: Millis = 500;
const SLOW_MS: Millis = 1000;

export interface HostSamplerOptions {
  readonly scope: ProcessScope;
  readonly intervalMs: Millis;
  /** 'proc' on Linux and 'table' elsewhere, unless given. */
  readonly method?: 'proc' | 'table';
}

export class HostSampler implements Sampler {
  readonly id = 'host';
  readonly #options: HostSamplerOptions;
  readonly #timers: NodeJS.Timeout[] = [];
  #stopped = false;
  #looking: Promise<void> | null = null;

  constructor(options: HostSamplerOptions) {
    this.#options = options;
  }

  async start(sink: SampleSink, clock: SessionClock): Promise<void> {
    const method = this.#options.method ?? (process.platform === 'linux' ? 'proc' : 'table');
    const periodMs = method === 'proc' ? Math.max(10, this.#options.intervalMs) : Math.max(SLOW_MS, this.#options.intervalMs);
    const cpuMs = Math.max(CPU_WINDOW_MS, periodMs);
    const declare = (id: string, metric: string, unit: SeriesInfo['unit'], windowUs: Micros | null, intervalMs: Millis) =>
      sink.declare({ id, source: 'host', metric, unit, windowUs, intervalUs: intervalMs * 1000 });
    declare('tree.rss', 'rss', 'bytes', null, periodMs);
    declare('tree.cpu', 'cpu', 'millipercent', cpuMs * 1000, cpuMs);
    declare('tree.processes', 'processes', 'count', null, periodMs);
    declare('system.memory.used', 'memory.used', 'bytes', null, SLOW_MS);

    const look = method === 'proc' ? this.#procLook(sink, clock, cpuMs) : this.#tableLook(sink, clock);
    look();
    this.#timers.push(setInterval(look, periodMs));
    const system = () => sink.push('system.memory.used', clock.now(), { kind: 'ok', value: systemMemoryUsed() });
    system();
    this.#timers.push(setInterval(system, SLOW_MS));
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    for (const timer of this.#timers) clearInterval(timer);
    await this.#looking;
  }

  /** Before the workload starts and after it has ended there is nothing to read: no reading, rather than 0. */
  #procLook(sink: SampleSink, clock: SessionClock, cpuMs: Millis): () => void {
    const tree = new ProcTree();
    let cpuAt: Micros | null = null;
    return () => {
      const pids = this.#options.scope.pids();
      if (pids.length === 0) return;
      const t = clock.now();
      const memory = tree.memory(pids);
      if (memory.kind === 'absent') {
        sink.push('tree.rss', t, memory);
      } else if (memory.processes > 0) {
        sink.push('tree.rss', t, { kind: 'ok', value: memory.rss });
        sink.push('tree.processes', t, { kind: 'ok', value: memory.processes });
      }
      if (cpuAt !== null && t - cpuAt < cpuMs * 1000 * 0.98) return;
      const spent = tree.cpuSince(pids);
      if (cpuAt !== null && spent !== null && t > cpuAt) {
        sink.push('tree.cpu', t, { kind: 'ok', value: Math.round((spent / (t - cpuAt)) * 100_000) });
      }
      cpuAt = t;
    };
  }

  #tableLook(sink: SampleSink, clock: SessionClock): () => void {
    const read = async () => {
      const pids = new Set(this.#options.scope.pids());
      if (pids.size === 0) return;
      try {
        const { processes } = await import('systeminformation');
        const { list } = await processes();
        const members = list.filter(({ pid }) => pids.has(pid));
        if (this.#stopped || members.length === 0) return;
        const t = clock.now();
        // The table gives KiB, and on Windows a share of all cores together.
        const cores = process.platform === 'win32' ? cpus().length : 1;
        sink.push('tree.rss', t, { kind: 'ok', value: Math.round(total(members.map(({ memRss }) => memRss)) * 1024) });
        sink.push('tree.cpu', t, { kind: 'ok', value: Math.round(total(members.map(({ cpu }) => cpu)) * 1000 * cores) });
        sink.push('tree.processes', t, { kind: 'ok', value: members.length });
      } catch {
        if (!this.#stopped) sink.push('tree.rss', clock.now(), { kind: 'absent', reason: 'not_read' });
      }
    };
    return () => {
      this.#looking ??= read().finally(() => {
        this.#looking = null;
      });
    };
  }
}

const total = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0);

/** Bytes neither free nor reclaimable. Node's free memory is MemAvailable on Linux and its like elsewhere. */
function systemMemoryUsed(): number {
  return totalmem() - freemem();
}
