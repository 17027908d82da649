/** A workload that runs elsewhere and is only looked at: no process of this machine is its, and it ends when nobody looks any more. */
import type { ExitStatus, WatchedWorkload } from './types';

export function watchElsewhere(): WatchedWorkload {
  const { promise: exited, resolve } = Promise.withResolvers<ExitStatus>();
  return {
    pid: null,
    socketPath: null,
    pids: () => [],
    ranks: () => new Map(),
    exited,
    async stop() {
      resolve({ exitCode: null, signal: null });
      await exited;
    },
  };
}
