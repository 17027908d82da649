/** Memory and CPU time of a set of processes from /proc (proc(5)). Linux only; synchronous, some 20 µs a process. */
import { readFileSync } from 'node:fs';
import type { Bytes, Micros } from '../../shared/units';

export type TreeMemory =
  | { readonly kind: 'ok'; readonly rss: Bytes; readonly processes: number }
  | { readonly kind: 'absent'; readonly reason: 'not_permitted' };

interface CpuTime {
  /** Ticks since boot; tells a process from a later one of the same pid. */
  readonly start: number;
  readonly ticks: number;
}

/** Entries of the auxiliary vector (getauxval(3)): exact on every kernel, also where pages are 64 KiB. */
const AT_PAGESZ = 6n;
const AT_CLKTCK = 17n;

export class ProcTree {
  readonly #pageBytes: Bytes;
  readonly #ticksPerSecond: number;
  #cpu = new Map<number, CpuTime>();
  #readAt: number | null = null;

  constructor() {
    const auxiliary = auxiliaryVector();
    this.#pageBytes = auxiliary.get(AT_PAGESZ) ?? 4096;
    this.#ticksPerSecond = auxiliary.get(AT_CLKTCK) ?? 100;
  }

  /** Sum of resident set sizes. A process that has just ended counts for nothing. */
  memory(pids: readonly number[]): TreeMemory {
    let pages = 0;
    let processes = 0;
    for (const pid of pids) {
      try {
        const resident = Number(readFileSync(`/proc/${pid}/statm`, 'latin1').split(' ')[1]);
        // A zombie holds no memory.
        if (!(resident > 0)) continue;
        pages += resident;
        processes++;
      } catch (error) {
        const code = error instanceof Error && 'code' in error ? error.code : null;
        if (code === 'EACCES' || code === 'EPERM') return { kind: 'absent', reason: 'not_permitted' };
      }
    }
    return { kind: 'ok', rss: pages * this.#pageBytes, processes };
  }

  /** CPU time, user and system, that these processes spent since the last call; null on the first. */
  cpuSince(pids: readonly number[]): Micros | null {
    const now = this.#ticksSinceBoot();
    const times = new Map(pids.flatMap((pid) => {
      const time = cpuTime(pid);
      return time ? [[pid, time] as const] : [];
    }));
    let spent = 0;
    for (const [pid, time] of times) {
      const last = this.#cpu.get(pid);
      if (last?.start === time.start) spent += Math.max(0, time.ticks - last.ticks);
      // A process older than the last call, but new to us, spent its time before.
      else if (this.#readAt !== null && time.start >= this.#readAt) spent += time.ticks;
    }
    const first = this.#readAt === null;
    this.#cpu = times;
    this.#readAt = now;
    return first ? null : Math.round((spent / this.#ticksPerSecond) * 1e6);
  }

  #ticksSinceBoot(): number {
    return Math.floor(Number(readFileSync('/proc/uptime', 'latin1').split(' ')[0]) * this.#ticksPerSecond);
  }
}

function cpuTime(pid: number): CpuTime | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    // The command stands in parentheses and may hold anything; counting starts after it, at field 3.
    const field = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return { start: Number(field[19]), ticks: Number(field[11]) + Number(field[12]) };
  } catch {
    return null;
  }
}

function auxiliaryVector(): Map<bigint, number> {
  const entries = new Map<bigint, number>();
  try {
    const bytes = readFileSync('/proc/self/auxv');
    for (let at = 0; at + 16 <= bytes.length; at += 16) entries.set(bytes.readBigUInt64LE(at), Number(bytes.readBigUInt64LE(at + 8)));
  } catch {
    // Kernels that hide it use the usual values.
  }
  return entries;
}
