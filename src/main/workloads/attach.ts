/**
 * Watches a process that is already running (`record --pid`). It never signals it: stopping lets it go. Its output
 * and markers cannot be had, since both are set up at launch.
 */
import { Failure } from '../../shared/base/failure';
import { readProcStat } from '../install/proc-stat';
import { ProcessTree } from './tree';
import type { ExitStatus, LaunchedWorkload } from './types';

const POLL_MS = 200;

/** Throws `not_found` when there is no such process. */
export async function attachProcess(pid: number): Promise<LaunchedWorkload> {
  if (!Number.isSafeInteger(pid) || pid <= 0)
    throw new Failure(
      'bad_input',
      `"${pid}" is not a process id.`,
      'Give a whole number above 0.',
    ).at('pid');
  const start = readProcStat(pid)?.start ?? null;
  if (!exists(pid, start))
    throw new Failure(
      'not_found',
      `There is no process ${pid}.`,
      'Check the process id; the process may have ended.',
    ).at('pid');
  const tree = new ProcessTree(pid, null);
  let letGo = () => {};
  const exited = new Promise<ExitStatus>((resolve) => {
    const timer = setInterval(() => {
      if (!exists(pid, start)) letGo();
    }, POLL_MS);
    letGo = () => {
      clearInterval(timer);
      resolve({ exitCode: null, signal: null });
    };
  });
  return {
    pid,
    socketPath: null,
    pids: (fresh) => tree.pids(fresh),
    ranks: () => tree.ranks(),
    exited,
    async stop() {
      letGo();
      await exited;
    },
  };
}

function exists(pid: number, start: number | null): boolean {
  if (process.platform === 'linux') {
    const stat = readProcStat(pid);
    return stat?.isAlive === true && stat.start === start;
  }
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
