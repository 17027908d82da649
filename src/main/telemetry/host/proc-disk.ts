/**
 * What a tree of processes moved to and from storage, from /proc/PID/io (proc_pid_io(5)): read_bytes and write_bytes.
 * rchar and wchar are not disk: they count what a cache or a pipe served too. A file system that does no such
 * accounting (tmpfs, some network ones) counts as nothing.
 *
 * A process that ended keeps what it had, up to half a second before its end. Linux also adds it to the parent that
 * waits for it, whose own count then holds it a second time: so it is owed by the parent, and taken off what that one
 * gains next. A parent that lets the kernel collect its children (SIGCHLD ignored) is never given theirs; the total is
 * then too small by at most what they had, never too large.
 */
import type { Bytes } from '../../../shared/base/units';
import type { ProcStat } from '../../install/proc-stat';
import { numberAfter, ProcFiles, ProcStats } from './proc-file';

export type TreeDisk =
  | { readonly kind: 'ok'; readonly read: Bytes; readonly written: Bytes }
  | { readonly kind: 'absent'; readonly reason: 'not_permitted' | 'not_supported' };

interface Traffic {
  read: Bytes;
  written: Bytes;
}

interface Process extends ProcStat {
  /** Its own count, with that of the children it waited for. */
  readonly counted: Traffic;
  /** What ended children had: counted under them already, and still to be seen in its own count. */
  readonly owed: Traffic;
}

export class ProcDisk {
  readonly #io: ProcFiles;
  readonly #stat: ProcStats;
  readonly #total: Traffic = none();
  #processes = new Map<number, Process>();

  /** `root`: where proc(5) is mounted. */
  constructor(root = '/proc') {
    this.#io = new ProcFiles(root, 'io');
    this.#stat = new ProcStats(root);
  }

  /** The total since these processes began; null where none of them is there any more. */
  look(pids: readonly number[]): TreeDisk | null {
    const before = this.#processes;
    const after = new Map<number, Process>();
    let refused: TreeDisk | null = null;
    // One that ended and was not collected yet is in no list of the living, and still has its count.
    for (const pid of new Set([...before.keys(), ...pids])) {
      const io = this.#traffic(pid);
      const stat = this.#stat.read(pid);
      if (stat === null) continue;
      const last = before.get(pid);
      const known = last?.start === stat.start ? last : null;
      if ('reason' in io) refused = { kind: 'absent', reason: io.reason };
      after.set(pid, {
        ...stat,
        counted: 'reason' in io ? (known?.counted ?? none()) : io,
        owed: known?.owed ?? none(),
      });
    }
    const heldBy = (pid: number) =>
      after.get(pid)?.start === before.get(pid)?.start ? after.get(pid) : undefined;
    for (const [pid, ended] of before) {
      if (heldBy(pid)) continue;
      let heir = ended.parent;
      for (let last = before.get(heir); last && !heldBy(heir); last = before.get(heir))
        heir = last.parent;
      const owed = heldBy(heir)?.owed;
      if (owed) for (const way of WAYS) owed[way] += ended.counted[way] + ended.owed[way];
    }
    for (const [pid, { counted, owed }] of after) {
      const last = heldBy(pid) ? before.get(pid) : undefined;
      for (const way of WAYS) {
        const gained = Math.max(0, counted[way] - (last?.counted[way] ?? 0));
        const returned = Math.min(gained, owed[way]);
        owed[way] -= returned;
        this.#total[way] += gained - returned;
      }
    }
    this.#processes = after;
    return after.size === 0 ? null : (refused ?? { kind: 'ok', ...this.#total });
  }

  #traffic(pid: number): Traffic | { readonly reason: 'not_permitted' | 'not_supported' } {
    const length = this.#io.read(pid);
    // Of a process that is gone nobody asks the reason; one that is there without the file is of a kernel without it.
    if (typeof length !== 'number')
      return { reason: length === 'not_permitted' ? length : 'not_supported' };
    const { bytes } = this.#io;
    const [read, written] = [
      numberAfter(bytes, length, 'read_bytes:'),
      numberAfter(bytes, length, 'write_bytes:'),
    ];
    return read === null || written === null ? { reason: 'not_supported' } : { read, written };
  }
}

const WAYS = ['read', 'written'] as const;
const none = (): Traffic => ({ read: 0, written: 0 });
