/**
 * The living processes of a workload, for samplers that look process by process. On Linux a refresh reads /proc
 * only where something can have changed: descent by parent, and for processes that cut that tie the session id they
 * inherited in their environment, where the launchers of several ranks also leave a process its number. Elsewhere the
 * table comes from the system in the background. A reading is at most about a quarter of a second old on Linux, two seconds elsewhere.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { processes } from 'systeminformation';
import type { Millis } from '../../shared/base/units';
import { type ProcStat, readProcStat } from '../install/proc-stat';
import type { ProcessScope } from '../telemetry/sampler';

const REFRESH_MS: Millis = process.platform === 'linux' ? 250 : 2000;
/** A pid may come to belong to another process: whoever was found foreign is looked at again this often. */
const FORGET_MS: Millis = 5000;

export class ProcessTree implements ProcessScope {
  /** When each started, in ticks since boot; 0 where the system does not tell. */
  readonly #members = new Map<number, number>();
  readonly #outsiders = new Set<number>();
  readonly #parents = new Map<number, number>();
  /** What a process's own environment says, and what it announced, which counts for more. */
  readonly #given = new Map<number, number | null>();
  readonly #announced = new Map<number, number>();
  readonly #root: number;
  readonly #session: string | null;
  #list: readonly number[];
  #readAt = Number.NEGATIVE_INFINITY;
  #forgotAt = performance.now();
  #reading = false;

  /** `session`: the id that descendants carry in PLUMBLINE_SESSION; null when nothing marks them. */
  constructor(root: number, session: string | null) {
    this.#root = root;
    this.#session = session;
    this.#list = [root];
    const stat = readProcStat(root);
    if (stat) this.#members.set(root, stat.start);
  }

  pids(fresh = false): readonly number[] {
    const now = performance.now();
    const isLinux = process.platform === 'linux';
    if (now - this.#readAt < REFRESH_MS && !(fresh && isLinux)) return this.#list;
    if (isLinux) {
      this.#readAt = now;
      this.#refreshLinux(now);
    } else if (!this.#reading) {
      void this.#refreshElsewhere();
    }
    return this.#list;
  }

  /** A process said which rank it is: not every launcher leaves it in the environment. */
  announce(pid: number, rank: number): void {
    this.#announced.set(pid, rank);
  }

  ranks(): ReadonlyMap<number, number> {
    const ranks = new Map<number, number>();
    for (const pid of this.pids()) {
      const rank = this.#findRank(pid, 0);
      if (rank !== null) ranks.set(pid, rank);
    }
    return ranks;
  }

  #findRank(pid: number, depth: number): number | null {
    const own = this.#announced.get(pid) ?? this.#rankGiven(pid);
    if (own !== null) return own;
    const parent = this.#parents.get(pid);
    return parent === undefined || depth > 64 || !this.#members.has(parent)
      ? null
      : this.#findRank(parent, depth + 1);
  }

  #rankGiven(pid: number): number | null {
    const known = this.#given.get(pid);
    if (known !== undefined) return known;
    const environment = readEnvironment(pid);
    const rank = environment === null ? null : rankIn(environment);
    // An empty environment may be an exec under way: asked again next time.
    if (environment !== '') this.#given.set(pid, rank);
    return rank;
  }

  #refreshLinux(now: number): void {
    if (now - this.#forgotAt > FORGET_MS) {
      this.#outsiders.clear();
      this.#forgotAt = now;
    }
    const parents = new Map<number, ProcStat>();
    const living = new Set<number>();
    for (const name of readdirSync('/proc')) {
      const pid = Number(name);
      if (!Number.isInteger(pid) || this.#outsiders.has(pid)) continue;
      const stat = readProcStat(pid);
      if (!stat?.isAlive) continue;
      const memberSince = this.#members.get(pid);
      if (memberSince === stat.start) living.add(pid);
      else parents.set(pid, stat);
    }
    for (const pid of this.#members.keys()) if (!living.has(pid)) this.#forget(pid);
    for (let grown = true; grown; ) {
      grown = false;
      for (const [pid, stat] of parents) {
        if (!this.#members.has(stat.parent) && !this.#carriesSession(pid)) continue;
        this.#members.set(pid, stat.start);
        this.#parents.set(pid, stat.parent);
        this.#outsiders.delete(pid);
        parents.delete(pid);
        grown = true;
      }
    }
    // Without a session id descent alone decides, and nobody becomes a descendant later.
    if (this.#session === null) for (const pid of parents.keys()) this.#outsiders.add(pid);
    this.#order();
  }

  #carriesSession(pid: number): boolean {
    const session = this.#session;
    if (session === null || this.#outsiders.has(pid)) return false;
    const environment = readEnvironment(pid) ?? 'hidden';
    if (
      environment
        .split('\0')
        .some((entry) => entry.startsWith('PLUMBLINE_SESSION=') && entry.includes(session))
    )
      return true;
    // An empty environment may be an exec under way: asked again next time.
    if (environment !== '') this.#outsiders.add(pid);
    return false;
  }

  async #refreshElsewhere(): Promise<void> {
    this.#reading = true;
    try {
      const { list } = await processes();
      const living = new Set(list.map((proc) => proc.pid));
      for (const pid of this.#members.keys()) if (!living.has(pid)) this.#forget(pid);
      if (living.has(this.#root)) this.#members.set(this.#root, 0);
      for (let grown = true; grown; ) {
        grown = false;
        for (const proc of list) {
          if (this.#members.has(proc.pid) || !this.#members.has(proc.parentPid)) continue;
          this.#members.set(proc.pid, 0);
          this.#parents.set(proc.pid, proc.parentPid);
          grown = true;
        }
      }
      this.#order();
    } catch {
      // The last known list stands until the system answers again.
    } finally {
      this.#readAt = performance.now();
      this.#reading = false;
    }
  }

  #forget(pid: number): void {
    for (const known of [this.#members, this.#parents, this.#given, this.#announced])
      known.delete(pid);
  }

  #order(): void {
    const others = [...this.#members.keys()].filter((pid) => pid !== this.#root);
    others.sort((a, b) => a - b);
    this.#list = this.#members.has(this.#root) ? [this.#root, ...others] : others;
  }
}

/** The environment a process started with; null where it may not be read (another user's), or where /proc is not. */
function readEnvironment(pid: number): string | null {
  try {
    return readFileSync(`/proc/${pid}/environ`, 'latin1');
  } catch {
    return null;
  }
}

/** torchrun and accelerate, Open MPI, MPICH and Slurm, in the order the helpers look them up in. */
const RANK_VARIABLES = [
  'RANK',
  'OMPI_COMM_WORLD_RANK',
  'PMI_RANK',
  'SLURM_PROCID',
  'LOCAL_RANK',
] as const;

function rankIn(environment: string): number | null {
  const entries = environment.split('\0');
  for (const name of RANK_VARIABLES) {
    const value = entries.find((entry) => entry.startsWith(`${name}=`))?.slice(name.length + 1);
    if (value !== undefined && /^\d{1,6}$/.test(value)) return Number(value);
  }
  return null;
}
