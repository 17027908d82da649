/**
 * The one contract between the engine and every front end: desktop over a MessagePort, browser over HTTP and
 * WebSocket, terminal by a direct call. All methods take one plain object and return plain data (typed arrays
 * included); an expected failure is a `Failure` (see ../failure) on both sides of every transport. A second argument takes
 * a signal by which a question is taken back.
 */

import type { FailureInfo } from '../base/failure';
import type { Bytes, Micros, Millis } from '../base/units';
import type { Budget } from '../budget/types';
import type { Claim } from '../chapter/claims';
import type { Inversion } from '../divergence/inversion/inversion';
import type { OverlayPhase } from '../divergence/overlay/types';
import type { GpuInfo } from '../hardware/gpu-info';
import type { LearnedReport } from '../learned/types';
import type { LibrarySettings } from '../library/settings';
import type { TrashedSession } from '../library/trashed-session';
import type { SessionWords } from '../library/words';
import type { ModelSpec, RunSpec } from '../model/spec';
import type { PhaseBar } from '../picture/phase-bars';
import type { PredictedCurves } from '../picture/placed-curves';
import type { Moment } from '../session/at-moment';
import type { Comparison } from '../session/comparison';
import type { Mark, MarkDraft } from '../session/marks';
import type { Page } from '../session/pages';
import type { PhaseChanges } from '../session/phase-changes';
import type { BriefDocument, SeriesGap, SessionDocument } from '../session/session-document';
import type { SeriesStatistics } from '../session/statistics';
import type { ExperimentPart, PlannedRun, RecordingTerms, SessionSummary } from '../session/types';
import type { Envelope } from '../trace/envelope';
import type { Gap, LogLine, Marker, SeriesInfo } from '../trace/types';
import type { CallOptions } from './cancel';
import type {
  AsKnown,
  GapsQuery,
  LogsQuery,
  MarkersQuery,
  MomentQuery,
  PhaseBarsQuery,
  PhaseChangesQuery,
  PhasesQuery,
  StatisticsQuery,
} from './queries';
import type { SweepQuery, SweepState } from './sweeps';

export interface AppInfo {
  readonly version: string;
  readonly platform: string;
  readonly library: string;
  readonly host: 'desktop' | 'server' | 'cli';
  readonly simulated: boolean;
  /** Whether this front end may launch workloads. A page may not, unless whoever served it said so. */
  readonly mayLaunch: boolean;
}

export interface DoctorReport {
  readonly checks: readonly {
    readonly id: string;
    readonly ok: boolean;
    readonly found: string;
    readonly remedy: string | null;
  }[];
  readonly gpus: readonly GpuInfo[];
}

/** Where readings of a cluster's GPUs are, and which of them. */
export interface PrometheusTarget {
  readonly url: string;
  /** A selector, as `DCGM_FI_DEV_FB_USED{job="train"}`; every known metric of every GPU when left out. */
  readonly query?: string;
}

/** What to record. Exactly one of `bundled`, `pid`, `command`, `prometheus`, `saved` is given. */
export interface RecordRequest extends RecordingTerms {
  /** A saved workload by its name; `name`, `intervalMs` and `environment` given beside it come before its own. */
  readonly saved?: string;
  readonly bundled?: 'gpt2';
  readonly pid?: number;
  readonly command?: readonly string[];
  /** A server that scrapes the GPUs of other machines: they are recorded until the recording is stopped. */
  readonly prometheus?: PrometheusTarget;
  /** Folder or file of a Hugging Face checkpoint (safetensors) for the bundled workload. */
  readonly weights?: string;
  /** A new folder, in which the bundled workload keeps what it trained as such a checkpoint. */
  readonly saveWeights?: string;
  readonly cwd?: string;
  readonly name?: string;
  /** The recording is one of an experiment's. */
  readonly experiment?: ExperimentPart;
  /** What was planned: the session keeps it, and says how it stands to it. */
  readonly plan?: PlannedRun;
  /** Declared model and run; required for `bundled`, optional otherwise. */
  readonly model?: ModelSpec;
  readonly run?: RunSpec;
}

/** A workload under a name, to be recorded again. No secret is in it. */
export interface SavedWorkload {
  readonly name: string;
  /** ISO 8601 with zone. */
  readonly savedAt: string;
  readonly request: RecordRequest;
}

/** A front end has a file and no path: it sends the bytes in pieces of at most 1 MiB, in order. */
export interface UploadPiece {
  /** Null begins a file; the answer names it for the pieces that follow. */
  readonly upload: string | null;
  readonly fileName: string;
  readonly bytes: Uint8Array;
}

/** What to make of a file that was sent: output of nvidia-smi, or a session file. */
export interface ImportRequest {
  readonly upload: string;
  readonly name?: string;
  /** What the run was, where it is known. */
  readonly model?: ModelSpec;
  readonly run?: RunSpec;
  /** Between the rows of a file without timestamps. */
  readonly intervalMs?: Millis;
  /** Names of the columns of a CSV file without a header. */
  readonly columns?: readonly string[];
  /** Device memory in use before the run. */
  readonly baselineBytes?: Bytes;
  /** Keeps the file in the session as it came. */
  readonly keepRaw?: boolean;
}

/** A part of a trace made ready to draw. Times are session time. */
export interface TraceView {
  readonly info: SeriesInfo;
  readonly envelope: Envelope;
  readonly gaps: readonly Gap[];
}

/** A format that something can be exported in. */
export interface ExportFormatInfo {
  /** What it is asked for by; among the formats of one source no two are alike. */
  readonly id: string;
  /** For a button. */
  readonly label: string;
  /** What it is made from: a report on sessions, the file of one session, or what became of expectations. */
  readonly source: 'report' | 'session' | 'outcomes';
  /** How files of it end, without the dot; the usual ending first. */
  readonly endings: readonly string[];
  readonly mimeType: string;
  /** Whether it is text, and can go to a terminal. */
  readonly isText: boolean;
  /** Whether people read it, rather than programs. */
  readonly isForPeople: boolean;
}

export interface ReportFile {
  readonly fileName: string;
  readonly mimeType: string;
  /** Empty where the file is not text. */
  readonly text: string;
  /** Of a file that is not text. */
  readonly bytes?: Uint8Array;
}

/** An export that has begun: its bytes are taken piece by piece. */
export interface BegunExport {
  readonly export: string;
  readonly fileName: string;
  readonly mimeType: string;
}

/** The questions and their answers; `EngineApi` is what is called. */
interface Methods {
  info(): Promise<AppInfo>;
  list(): Promise<readonly SessionSummary[]>;
  /** Files of the library that cannot be read, and so are none of the sessions listed; the message says why. */
  damaged(): Promise<readonly { readonly path: string; readonly message: string }[]>;
  /** Everything of a session, every row included; a front end that shows it asks for `brief` and pages. */
  show(q: { id: string; series?: string } & AsKnown): Promise<SessionDocument>;
  /** A long session that is still to be analysed, as far as it can be drawn before; null of every other, whose `brief` is here as soon. */
  glance(q: { id: string; series?: string } & AsKnown): Promise<SessionDocument | null>;
  /** The session without its rows: summaries in bounded size, however long it is. `series`: the line to overlay instead of the best one. */
  brief(q: { id: string; series?: string } & AsKnown): Promise<BriefDocument>;
  phases(q: PhasesQuery): Promise<Page<OverlayPhase>>;
  /** All phases in order of their beginning, of which only those are told that are not as they were by the caller's last look. */
  phaseChanges(q: PhaseChangesQuery): Promise<PhaseChanges>;
  /** Phases made ready to draw: what is too short to be seen is merged. */
  phaseBars(q: PhaseBarsQuery): Promise<readonly PhaseBar[]>;
  /** In order of arrival. */
  markers(q: MarkersQuery): Promise<Page<Marker>>;
  /** In order of their beginning. */
  gaps(q: GapsQuery): Promise<Page<SeriesGap>>;
  /** In order of arrival. */
  logs(q: LogsQuery): Promise<Page<LogLine>>;
  /** Figures of a stretch, a series each; series that the session does not have are left out. */
  statistics(q: StatisticsQuery): Promise<readonly SeriesStatistics[]>;
  /** Measured, predicted and the ledger between them, at one moment. */
  moment(q: MomentQuery): Promise<Moment>;
  /** Min/max/first/last per column over [t0, t1]; every peak in the span is in it. */
  trace(
    q: {
      id: string;
      series: readonly string[];
      t0: Micros;
      t1: Micros;
      columns: number;
    } & AsKnown,
  ): Promise<readonly TraceView[]>;
  /** The prediction for what a session declared; null where it declared nothing that can be predicted. */
  sessionBudget(q: { id: string } & AsKnown): Promise<Budget | null>;
  /**
   * The prediction within the phases of [t0, t1] that are wide enough in so many columns: at every operation of the bundled
   * workload, at every block's edge of a PyTorch model, laid in time. Null where theory knows no more than the phase.
   */
  predictedCurves(
    q: { id: string; t0: Micros; t1: Micros; columns: number } & AsKnown,
  ): Promise<PredictedCurves | null>;
  /** What a run of this model, else of the session's own, must have been, by the trace alone; `given` are settings that are certain. Null where it cannot be told at all. */
  invert(q: { id: string; model?: ModelSpec; given: Partial<RunSpec> }): Promise<Inversion | null>;
  budget(q: { model: ModelSpec; run: RunSpec }): Promise<Budget>;
  record(q: RecordRequest): Promise<{ id: string }>;
  /** Saved workloads by name; files that cannot be read are left out. */
  workloads(): Promise<readonly SavedWorkload[]>;
  /** `replaces`: the saved workload, by its name, whose place it takes; no other is overwritten. */
  saveWorkload(q: {
    name: string;
    request: RecordRequest;
    replaces?: string;
  }): Promise<SavedWorkload>;
  deleteWorkload(q: { name: string }): Promise<void>;
  stop(q: { id: string }): Promise<void>;
  rename(q: { id: string; name: string }): Promise<void>;
  /** Tags and note, each replacing what there was; what is left out stays. */
  annotate(q: { id: string } & SessionWords): Promise<void>;
  /** Marks a moment, or changes what a mark says; never what was measured. */
  mark(q: { id: string; mark: MarkDraft }): Promise<Mark>;
  /** Removes a mark by its id. */
  unmark(q: { id: string; mark: number }): Promise<void>;
  /** Into the trash, from which it can be had back for as many days as are set. */
  delete(q: { id: string }): Promise<void>;
  /** What was deleted, last deleted first. */
  trash(): Promise<readonly TrashedSession[]>;
  /** The id, or the end of it, of a session in the trash. */
  restore(q: { id: string }): Promise<{ id: string }>;
  /** Deletes for good what is in the trash, or one session of it. */
  emptyTrash(q: { id?: string }): Promise<{ ids: readonly string[] }>;
  /** Two to eight sessions; `base` is the id of the one the others are compared with, the first where none is named. */
  compare(q: { ids: readonly string[]; base?: string }): Promise<Comparison>;
  exportFormats(): Promise<readonly ExportFormatInfo[]>;
  /** The report's text; front ends save it where the person says. `base` as in `compare`. */
  report(q: { ids: readonly string[]; format: string; base?: string }): Promise<ReportFile>;
  /** Begins to export the file of a session, in a format made from one. */
  export(q: { id: string; format: string }): Promise<BegunExport>;
  /** The next bytes of an export, at most 1 MiB; null at its end. */
  exportPiece(q: { export: string }): Promise<Uint8Array | null>;
  settings(): Promise<LibrarySettings>;
  /** Sets what is given, and tells how all are set then. Refuses a value that cannot be before anything is changed. */
  changeSettings(q: Partial<LibrarySettings>): Promise<LibrarySettings>;
  /** What the library's sessions are known to tell of their machines, without a look at any. */
  learned(): Promise<LearnedReport>;
  /** The same once the sessions that nobody has looked at yet were looked at; of thousands this takes minutes. */
  learn(): Promise<LearnedReport>;
  /** What one session told, or all of them, from now on left out. `not_found` for one that told nothing. */
  forgetLearned(q: { id?: string }): Promise<LearnedReport>;
  doctor(): Promise<DoctorReport>;
  /** What a recording of this machine is measured by, and its GPUs: the part of `doctor` that reads no session. */
  sources(): Promise<DoctorReport>;
  upload(q: UploadPiece): Promise<{ upload: string }>;
  import(q: ImportRequest): Promise<{ id: string }>;
  /** Every figure that the chapter prints, judged, with what the library's experiments have measured of it. */
  chapter(): Promise<readonly Claim[]>;
  /** What the library's recordings say of a bundled sweep, and which one is running. */
  sweep(q: SweepQuery): Promise<SweepState>;
  /** Begins a bundled sweep; points that are recorded already are not recorded again, unless `isAnew`. */
  startSweep(q: SweepQuery & { isAnew: boolean }): Promise<void>;
  /** Ends the sweep that is running; what was recorded stays. */
  stopSweep(): Promise<void>;
  /** Takes the session that comes with Plumbline into the library. */
  addSample(): Promise<{ id: string }>;
}

/** A method as it is called: the question, if it has one, and then how to take it back. */
type Callable<Method> = Method extends () => infer Answer
  ? (q?: undefined, options?: CallOptions) => Answer
  : Method extends (q: infer Question) => infer Answer
    ? (q: Question, options?: CallOptions) => Answer
    : never;

export type EngineApi = { readonly [Name in keyof Methods]: Callable<Methods[Name]> };

/** Every method of the contract: one that is added to it does not compile until it is named here. */
const METHODS: Readonly<Record<keyof Methods, true>> = {
  info: true,
  list: true,
  damaged: true,
  show: true,
  trace: true,
  glance: true,
  brief: true,
  phases: true,
  phaseChanges: true,
  phaseBars: true,
  markers: true,
  gaps: true,
  logs: true,
  statistics: true,
  moment: true,
  sessionBudget: true,
  predictedCurves: true,
  budget: true,
  invert: true,
  record: true,
  workloads: true,
  saveWorkload: true,
  deleteWorkload: true,
  stop: true,
  rename: true,
  annotate: true,
  mark: true,
  unmark: true,
  delete: true,
  trash: true,
  restore: true,
  emptyTrash: true,
  compare: true,
  exportFormats: true,
  report: true,
  export: true,
  exportPiece: true,
  settings: true,
  changeSettings: true,
  learned: true,
  learn: true,
  forgetLearned: true,
  doctor: true,
  sources: true,
  upload: true,
  import: true,
  addSample: true,
  chapter: true,
  sweep: true,
  startSweep: true,
  stopSweep: true,
};

/** The methods by name, for transports. */
export const ENGINE_METHODS = Object.keys(METHODS) as readonly (keyof EngineApi)[];

/** Pushed by the engine. A live view asks again for what it shows; no measurement travels in an event. */
export type EngineEvent =
  | { readonly type: 'library' }
  | {
      readonly type: 'session';
      readonly id: string;
      readonly durationUs: Micros;
      readonly status: string;
    }
  | {
      /** What a recording meets while it goes on: its disk is full, its file was removed. Null: it is over. */
      readonly type: 'trouble';
      readonly id: string;
      readonly name: string;
      readonly failure: FailureInfo | null;
    };

/** What a front end holds: the contract plus events. */
export interface EngineClient extends EngineApi {
  on(listener: (event: EngineEvent) => void): () => void;
}
