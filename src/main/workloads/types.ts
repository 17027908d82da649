/** What a recorder knows about the process tree it records, whether it launched it or only watches it. */

import type { LogLine, Marker } from '../../shared/trace/types';
import type { SessionClock } from '../install/session-clock';
import type { ProcessScope } from '../telemetry/sampler';

export interface ExitStatus {
  /** Null when a signal ended the process, or when its exit could not be seen. */
  readonly exitCode: number | null;
  readonly signal: string | null;
}

export interface WorkloadListener {
  readonly clock: SessionClock & { readonly originNs?: bigint };
  onMarker(marker: Marker): void;
  onLog(line: LogLine): void;
  onWarning(text: string): void;
}

/** What is recorded: it may run elsewhere. */
export interface WatchedWorkload extends ProcessScope {
  /** Null for one that runs elsewhere. */
  readonly pid: number | null;
  /** Where the workload's markers arrive; null for a process that was only attached to. */
  readonly socketPath: string | null;
  /** Every living process of the tree, the root first. */
  pids(fresh?: boolean): readonly number[];
  /** The rank a launcher gave each process that has one, and through it to what that process started. */
  ranks(): ReadonlyMap<number, number>;
  /** Resolves when the root has exited, nothing of its tree is left, and the last log line and marker were delivered. */
  readonly exited: Promise<ExitStatus>;
  /**
   * Ends the whole tree: SIGTERM, `graceMs` (2000 unless told otherwise) later SIGKILL. Resolves with `exited`. A
   * second call may shorten the grace. A process that was only attached to is let go and lives on.
   */
  stop(graceMs?: number): Promise<void>;
}

/** One with processes on this machine. */
export interface LaunchedWorkload extends WatchedWorkload {
  readonly pid: number;
}
