/**
 * Whether the process that wrote something is still there. A pid alone is not enough, since pids are given out again:
 * with it goes a token of when the process started, where the system tells.
 */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { readProcStat } from '../install/proc-stat';

export interface ProcessIdentity {
  readonly pid: number;
  /** Boot and start time of the process, comparable on one machine only; null where it cannot be read. */
  readonly started: string | null;
  readonly host: string;
}

export function ownIdentity(): ProcessIdentity {
  return { pid: process.pid, started: startToken(process.pid), host: hostname() };
}

/** True when that very process runs on this machine. Where start times cannot be read, the pid alone decides. */
export function isAlive(identity: ProcessIdentity): boolean {
  if (identity.started === null) return identity.host === hostname() && exists(identity.pid);
  return startToken(identity.pid) === identity.started;
}

function startToken(pid: number): string | null {
  try {
    if (process.platform === 'linux') {
      const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
      const stat = readProcStat(pid);
      return stat?.isAlive ? `${boot}:${stat.start}` : null;
    }
    if (process.platform === 'darwin') {
      return (
        execFileSync('ps', ['-o', 'lstart=', '-p', String(pid)], {
          encoding: 'utf8',
          timeout: 2000,
        }).trim() || null
      );
    }
  } catch {
    // Nothing that tells is answered like no such process: by null.
  }
  return null;
}

function exists(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
