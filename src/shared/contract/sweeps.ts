/** What front ends ask of the bundled sweeps: to run one, how far it is, and what the library holds of it. */
import type { Millis } from '../base/units';
import type { SweepOutcome } from '../chapter/sweeps/outcome';

/** One size of one bundled sweep. */
export interface SweepQuery {
  readonly name: string;
  readonly full: boolean;
}

export interface SweepProgress {
  /** Points that are done, recorded before among them. */
  readonly done: number;
  readonly of: number;
  /** The point that is being recorded: "batch=4". */
  readonly point: string;
  /** Null until one was recorded. */
  readonly msLeft: Millis | null;
}

/** The sweep that is running. */
export interface RunningSweep extends SweepQuery {
  readonly progress: SweepProgress;
  /** The session that is being recorded; null between two. */
  readonly session: string | null;
}

export interface SweepState {
  /** From the recordings in the library; null where there are none. */
  readonly outcome: SweepOutcome | null;
  /** Whichever sweep is running, this or another; one runs at a time. */
  readonly running: RunningSweep | null;
  /** Why this one ended early the last time it was run here. */
  readonly failure: string | null;
}
