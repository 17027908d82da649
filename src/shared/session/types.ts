/** What a session holds, wherever it comes from: who ran what on which machine, how it ended, and its data. */

import type { Bytes, Micros, Millis, Percent } from '../base/units';
import type { Status } from '../base/vocabulary';
import type { FlagLimits } from '../divergence/overlay/flags';
import type { GpuInfo } from '../hardware/gpu-info';
import type { LearnedConstants } from '../learned/types';
import type { ModelSpec, RunSpec } from '../model/spec';
import type { Announcements } from '../trace/announcements';
import type { LogLine, Marker, SeriesData } from '../trace/types';
import type { AllocationLedger } from './allocations';
import type { Mark } from './marks';

export interface SessionData extends SessionHeader, SessionResult {
  /** Device memory in use before launch, by series id. */
  readonly baselines: Readonly<Record<string, Bytes>>;
  readonly series: readonly SeriesData[];
  readonly markers: readonly Marker[];
  /** What is said by them, of a session whose markers are read page by page; left out where they are in memory. */
  readonly announced?: Announcements;
  readonly logs: readonly LogLine[];
  readonly warnings: readonly string[];
  /** Of a file that told every allocation with its stack. */
  readonly allocations?: AllocationLedger;
  /** What a person marked, in order of time; left out where nothing was. */
  readonly marks?: readonly Mark[];
  /** What a residual must pass to be flagged, where the person set it. */
  readonly limits?: FlagLimits;
}

/** Known when a recording starts; `model`, `run`, `environment` may be set again as the workload announces more. */
export interface SessionHeader {
  readonly id: string;
  readonly name: string;
  /** ISO 8601 with zone: the one wall-clock anchor of the session's own clock. Null where a log does not tell. */
  readonly startedAt: string | null;
  readonly workload: WorkloadInfo;
  readonly environment: Environment;
  readonly model: ModelSpec | null;
  readonly run: RunSpec | null;
  readonly simulated: boolean;
}

export interface SessionResult {
  readonly status: Status;
  readonly exitCode: number | null;
  readonly signal: string | null;
  readonly durationUs: Micros;
}

/** One recording of an experiment that runs: which of its recordings a session is. */
export interface ExperimentPart {
  /** The experiment's name, as `plumbline experiment` lists it. */
  readonly id: string;
  /** Recorded in the chapter's size. */
  readonly full: boolean;
  /** What tells it from the experiment's other recordings. */
  readonly role: string;
}

/** The plan that a recording was to keep to. */
export interface PlannedRun {
  /** What was planned, for people. */
  readonly title: string;
  /** The peak that was expected: by theory, and what an earlier session was seen to add where one was begun with. */
  readonly peakBytes: Bytes;
}

/** What a command gets of the environment Plumbline runs in. Left out: all of it. */
export interface WorkloadEnvironment {
  /** Only what any program needs to start and to find its GPU, and what `pass` names. */
  readonly only?: boolean;
  /** Variables that must be passed on; a missing one is refused. */
  readonly pass?: readonly string[];
  /** Variables set for this workload alone. */
  readonly set?: Readonly<Record<string, string>>;
}

/** How a workload is to be recorded, beside what it is. */
export interface RecordingTerms {
  /** Watches a command that knows nothing of Plumbline, by its interpreter: Python's unless told otherwise. */
  readonly instrument?: 'python' | 'none';
  /** What the command leaves behind when it ends goes on running, and is named in a warning; else it is ended too. */
  readonly leaveRunning?: boolean;
  readonly environment?: WorkloadEnvironment;
  readonly intervalMs?: Millis;
}

export interface WorkloadInfo {
  /** `cluster`: it ran elsewhere, and was looked at through a server. */
  readonly kind: 'bundled' | 'command' | 'pid' | 'cluster' | 'import';
  /** For people: the command line, or "bundled gpt2 (wasm)". */
  readonly title: string;
  readonly command: readonly string[];
  readonly cwd: string | null;
  readonly pid: number | null;
  /** Of an experiment's recordings only. */
  readonly experiment?: ExperimentPart;
  /** Where a plan was pinned when it was recorded. */
  readonly plan?: PlannedRun;
  /** As it was asked for; secrets keep their names and lose their values. Absent in older sessions. */
  readonly terms?: RecordingTerms;
}

/** What the session ran on, and which sources were or were not to be had. */
export interface Environment {
  readonly plumbline: string;
  readonly node: string;
  readonly os: string;
  readonly cpu: string;
  readonly cores: number;
  readonly memoryBytes: Bytes;
  readonly gpus: readonly GpuInfo[];
  /** Each telemetry source with what became of it, e.g. {id:'nvidia-smi', ok:false, detail:'not found on PATH'}. */
  readonly sources: readonly {
    readonly id: string;
    readonly ok: boolean;
    readonly detail: string;
  }[];
  /** Backend and adapter of the bundled workload, framework versions, as the workload announced them. */
  readonly workload: Readonly<Record<string, string>>;
  /** What had been learned of this GPU when the recording began, of any framework; left out where nothing had. */
  readonly learned?: readonly LearnedConstants[];
}

export interface SessionSummary {
  readonly id: string;
  readonly name: string;
  readonly status: Status;
  /** ISO 8601; null where a log does not tell when it began. */
  readonly startedAt: string | null;
  /** ISO 8601: when it came into the library, which lists by this; left out where that is when it started. */
  readonly addedAt?: string;
  readonly durationUs: Micros;
  readonly model: string | null;
  readonly mode: string | null;
  readonly measuredPeak: Bytes | null;
  readonly predictedPeak: Bytes | null;
  readonly residualPercent: Percent | null;
  readonly simulated: boolean;
  /** What a person said of it; left out where nobody said anything. */
  readonly tags?: readonly string[];
  readonly note?: string;
  readonly experiment?: ExperimentPart;
}
