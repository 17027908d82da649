/** Memory and CPU time of a set of processes from /proc (proc(5)). Linux only; synchronous, some microseconds a process. */
import { readFileSync } from 'node:fs';
import { uptime } from 'node:os';
import type { Bytes, Micros } from '../../../shared/base/units';
import { fieldAfter, numberAt, type ProcStat } from '../../install/proc-stat';
import { ProcFiles, ProcStats } from './proc-file';

export type TreeMemory =
  | { readonly kind: 'ok'; readonly rss: Bytes; readonly processes: number }
  | { readonly kind: 'absent'; readonly reason: 'not_permitted' };

/** Entries of the auxiliary vector (getauxval(3)): exact on every kernel, also where pages are 64 KiB. */
const AT_PAGESZ = 6n;
const AT_CLKTCK = 17n;

interface Resident {
  readonly pid: number;
  /** Pages. */
  readonly resident: number;
}

/** A child that was forked, and not vforked, shows less: mapped files are not copied into its tables. */
const SAME_WITHIN = 0.005;

export class ProcTree {
  readonly #pageBytes: Bytes;
  readonly #ticksPerSecond: number;
  readonly #statm: ProcFiles;
  readonly #stat: ProcStats;
  /** Of the processes of one reading, by the pages of their address spaces. */
  readonly #sized = new Map<number, Resident>();
  #cpu = new Map<number, ProcStat>();
  #readAt: number | null = null;

  /** `root`: where proc(5) is mounted. */
  constructor(root = '/proc') {
    this.#statm = new ProcFiles(root, 'statm');
    this.#stat = new ProcStats(root);
    const auxiliary = auxiliaryVector();
    this.#pageBytes = auxiliary.get(AT_PAGESZ) ?? 4096;
    this.#ticksPerSecond = auxiliary.get(AT_CLKTCK) ?? 100;
  }

  /**
   * Sum of resident set sizes. A process that has just ended counts for nothing, nor does one that is about to become
   * another program: between vfork(2) and execve(2) it is its parent's memory that it shows, all of it.
   */
  memory(pids: readonly number[]): TreeMemory {
    let pages = 0;
    let processes = 0;
    this.#sized.clear();
    for (const pid of pids) {
      const length = this.#statm.read(pid);
      if (length === 'not_permitted') return { kind: 'absent', reason: 'not_permitted' };
      if (typeof length !== 'number') continue;
      const resident = numberAt(this.#statm.bytes, fieldAfter(this.#statm.bytes, 0, 1));
      // A zombie holds no memory.
      if (resident === 0) continue;
      processes++;
      const size = numberAt(this.#statm.bytes, 0);
      const twin = this.#sized.get(size);
      if (twin !== undefined && this.#isOneMemory(twin, { pid, resident })) continue;
      this.#sized.set(size, { pid, resident });
      pages += resident;
    }
    return { kind: 'ok', rss: pages * this.#pageBytes, processes };
  }

  /** Of two processes whose address spaces are of one size. The parent's other threads may have gone on between the readings. */
  #isOneMemory(one: Resident, other: Resident): boolean {
    if (Math.abs(one.resident - other.resident) > one.resident * SAME_WITHIN) return false;
    return (
      this.#stat.read(other.pid)?.parent === one.pid ||
      this.#stat.read(one.pid)?.parent === other.pid
    );
  }

  /** CPU time, user and system, that these processes spent since the last call; null on the first. */
  cpuSince(pids: readonly number[]): Micros | null {
    const now = this.#ticksSinceBoot();
    const times = new Map<number, ProcStat>();
    for (const pid of pids) {
      const stat = this.#stat.read(pid);
      if (stat !== null) times.set(pid, stat);
    }
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

  /** Lets go of all other processes. */
  keepOnly(pids: readonly number[]): void {
    this.#statm.keepOnly(pids);
    this.#stat.keepOnly(pids);
  }

  #ticksSinceBoot(): number {
    return Math.floor(uptime() * this.#ticksPerSecond);
  }
}

function auxiliaryVector(): Map<bigint, number> {
  const entries = new Map<bigint, number>();
  try {
    const bytes = readFileSync('/proc/self/auxv');
    for (let at = 0; at + 16 <= bytes.length; at += 16)
      entries.set(bytes.readBigUInt64LE(at), Number(bytes.readBigUInt64LE(at + 8)));
  } catch {
    // Kernels that hide it use the usual values.
  }
  return entries;
}
