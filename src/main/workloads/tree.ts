/**
 * The living processes of a workload, for samplers that look process by process. On Linux a refresh reads /proc
 * only where something can have changed: descent by parent, and for processes that cut that tie the session id they
 * inherited in their environment. Elsewhere the table comes from the system in the background. A reading is at most
 * about a quarter of a second old on Linux, two seconds elsewhere.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { processes } from 'systeminformation';
import type { ProcessScope } from '../telemetry/sampler';
import type { Millis } from '../../shared/units';

const REFRESH_MS: Millis = process.platform === 'linux' ? 250 : 2000;
/** A pid may come to belong to another process: whoever was found foreign is looked at again this often. */
const FORGET_MS: Millis = 5000;

export interface ProcessStat {
  readonly parent: number;
  /** Ticks since boot: tells a process from a later one of the same pid. */
  readonly start: string;
  /** False for a zombie: it has ended and only its exit status remains. */
  readonly alive: boolean;
}

/** /proc/PID/stat (proc_pid_stat(5)); null when there is no such process, or no such file system. */
export function readStat(pid: number): ProcessStat | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    const field = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return { parent: Number(field[1]), start: field[19] ?? '', alive: field[0] !== 'Z' && field[0] !== 'X' };
  } catch {
    return null;
  }
}

export class ProcessTree implements ProcessScope {
  private readonly members = new Map<number, string>();
  private readonly outsiders = new Set<number>();
  private readonly root: number;
  private readonly session: string | null;
  private list: readonly number[];
  private readAt = Number.NEGATIVE_INFINITY;
  private forgotAt = performance.now();
  private reading = false;

  /** `session`: the id that descendants carry in PLUMBLINE_SESSION; null when nothing marks them. */
  constructor(root: number, session: string | null) {
    this.root = root;
    this.session = session;
    this.list = [root];
    const stat = readStat(root);
    if (stat) this.members.set(root, stat.start);
  }

  pids(): readonly number[] {
    const now = performance.now();
    if (now - this.readAt < REFRESH_MS) return this.list;
    if (process.platform === 'linux') {
      this.readAt = now;
      this.refreshLinux(now);
    } else if (!this.reading) {
      void this.refreshElsewhere();
    }
    return this.list;
  }

  private refreshLinux(now: number): void {
    if (now - this.forgotAt > FORGET_MS) {
      this.outsiders.clear();
      this.forgotAt = now;
    }
    const parents = new Map<number, ProcessStat>();
    const living = new Set<number>();
    for (const name of readdirSync('/proc')) {
      const pid = Number(name);
      if (!Number.isInteger(pid) || this.outsiders.has(pid)) continue;
      const stat = readStat(pid);
      if (!stat?.alive) continue;
      const memberSince = this.members.get(pid);
      if (memberSince === stat.start) living.add(pid);
      else parents.set(pid, stat);
    }
    for (const pid of this.members.keys()) if (!living.has(pid)) this.members.delete(pid);
    for (let grown = true; grown; ) {
      grown = false;
      for (const [pid, stat] of parents) {
        if (!this.members.has(stat.parent) && !this.carriesSession(pid)) continue;
        this.members.set(pid, stat.start);
        this.outsiders.delete(pid);
        parents.delete(pid);
        grown = true;
      }
    }
    // Without a session id descent alone decides, and nobody becomes a descendant later.
    if (this.session === null) for (const pid of parents.keys()) this.outsiders.add(pid);
    this.order();
  }

  private carriesSession(pid: number): boolean {
    const session = this.session;
    if (session === null || this.outsiders.has(pid)) return false;
    let environment = 'hidden';
    try {
      environment = readFileSync(`/proc/${pid}/environ`, 'latin1');
    } catch {
      // Another user's process.
    }
    if (environment.split('\0').some((entry) => entry.startsWith('PLUMBLINE_SESSION=') && entry.includes(session))) return true;
    // An empty environment may be an exec under way: asked again next time.
    if (environment !== '') this.outsiders.add(pid);
    return false;
  }

  private async refreshElsewhere(): Promise<void> {
    this.reading = true;
    try {
      const { list } = await processes();
      const living = new Set(list.map((proc) => proc.pid));
      for (const pid of this.members.keys()) if (!living.has(pid)) this.members.delete(pid);
      if (living.has(this.root)) this.members.set(this.root, '');
      for (let grown = true; grown; ) {
        grown = false;
        for (const proc of list) {
          if (this.members.has(proc.pid) || !this.members.has(proc.parentPid)) continue;
          this.members.set(proc.pid, '');
          grown = true;
        }
      }
      this.order();
    } catch {
      // The last known list stands until the system answers again.
    } finally {
      this.readAt = performance.now();
      this.reading = false;
    }
  }

  private order(): void {
    this.list = [...this.members.keys()].sort((a, b) => (a === this.root ? -1 : b === this.root ? 1 : a - b));
  }
}
