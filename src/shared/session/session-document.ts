/**
 * A session as every front end sees it. `SessionDocument` is what `plumbline show --json` prints, field for field;
 * `BriefDocument` is the part of it that does not grow with the session: summaries in place of every phase, marker,
 * gap and log line, which are asked for by page.
 */

import type { Bytes, Micros } from '../base/units';
import type { Phase, Status } from '../base/vocabulary';
import type { Inversion } from '../divergence/inversion/inversion';
import type { RankRow } from '../divergence/overlay/ranks';
import type {
  Finding,
  MeasuredOverlay,
  Overlay,
  UnmeasuredOverlay,
} from '../divergence/overlay/types';
import type { TimeAnalysis } from '../divergence/timing/time';
import type { LearnedBudget } from '../learned/apply';
import type { ModelSpec, RunSpec } from '../model/spec';
import type { Gap, LogLine, Marker, ObjectsMark, SeriesStats } from '../trace/types';
import type { AllocationLedger } from './allocations';
import type { Mark } from './marks';
import type { PhaseKind } from './phase-kinds';
import type { Environment, WorkloadInfo } from './types';

export interface BriefDocument {
  readonly id: string;
  readonly name: string;
  readonly status: Status;
  /** ISO 8601 with zone; null where a log does not tell when it began. */
  readonly startedAt: string | null;
  readonly durationUs: Micros;
  readonly exitCode: number | null;
  readonly signal: string | null;
  readonly workload: WorkloadInfo;
  readonly environment: Environment;
  readonly model: ModelSpec | null;
  readonly run: RunSpec | null;
  readonly simulated: boolean;
  readonly series: readonly SeriesStats[];
  readonly overlay: BriefOverlay;
  /** The peak by what earlier sessions had taught of this machine, and what was measured beyond it; left out where they had not. */
  readonly learned?: LearnedJudgement;
  /** The overlay's phases by kind. */
  readonly phaseKinds: readonly PhaseKind[];
  /** How many there are of what is told by page. */
  readonly counts: RowCounts;
  /** What the script's own objects held at the end of its phases; left out where none told. */
  readonly objects?: readonly HeldAtEnd[];
  /** Every rank beside the others, where there are several. */
  readonly ranks?: readonly RankRow[];
  readonly findings: readonly Finding[];
  /** What the trace says the run was, where it can tell; null while recording and where nothing was predicted. */
  readonly inversion?: Inversion | null;
  /** How long phases took and what they made of the device; null where none was announced. */
  readonly time?: TimeAnalysis | null;
  /** Who held what at the peak: of a file that told every allocation with its stack. */
  readonly allocations?: AllocationLedger;
  /** What a person marked, in order of time; left out where nothing was. */
  readonly marks?: readonly Mark[];
  /** What went wrong in the recording itself, in plain words. */
  readonly warnings: readonly string[];
}

export interface LearnedJudgement extends LearnedBudget {
  /** Measured less learned; null where no line was read. */
  readonly residualBytes: Bytes | null;
}

/** What modules and optimizers held at the end of the last phase of its kind that told. */
export interface HeldAtEnd extends ObjectsMark {
  readonly phase: Phase;
  readonly step: number | null;
  readonly rank: number;
  /** What the framework had allocated then beyond the objects: activations and work; null where it does not count. */
  readonly rest: Bytes | null;
}

export interface RowCounts {
  readonly phases: number;
  readonly markers: number;
  readonly gaps: number;
  readonly logs: number;
}

export type SeriesGap = Gap & { readonly series: string };

/** An overlay without its phases; its ledger holds the peak and the highest phase of each kind. */
export type BriefOverlay = Omit<MeasuredOverlay, 'phases'> | Omit<UnmeasuredOverlay, 'phases'>;

export interface SessionDocument extends BriefDocument {
  readonly overlay: Overlay;
  readonly markers: readonly Marker[];
  readonly gaps: readonly SeriesGap[];
  readonly logs: readonly LogLine[];
}
