/**
 * A session as every front end sees it. `SessionDocument` is what `plumbline show --json` prints, field for field.
 */
import type { Inversion } from '../divergence/inversion';
import type { RankRow } from '../divergence/ranks';
import type { TimeAnalysis } from '../divergence/time';
import type { Finding, Overlay } from '../divergence/types';
import type { ModelSpec, RunSpec } from '../model/spec';
import type { Gap, LogLine, Marker, SeriesStats } from '../trace/types';
import type { Bytes, Micros, Percent } from '../units';
import type { Status } from '../vocabulary';

export interface WorkloadInfo {
  readonly kind: 'bundled' | 'command' | 'pid' | 'import';
  /** For people: the command line, or "bundled gpt2 (wasm)". */
  readonly title: string;
  readonly command: readonly string[];
  readonly cwd: string | null;
  readonly pid: number | null;
}

export interface GpuInfo {
  readonly index: number;
  readonly uuid: string;
  readonly name: string;
  readonly memoryBytes: Bytes | null;
  readonly driver: string;
  readonly cuda: string | null;
  /** The MIG devices of it that the workload was confined to; absent where it was not. */
  readonly instances?: readonly GpuInstance[];
}

/** A MIG device: a part of a GPU, with memory of its own. */
export interface GpuInstance {
  /** Its series begin with `gpuN.mig` and this. */
  readonly slot: number;
  readonly uuid: string;
  /** Empty where it is not told. */
  readonly name: string;
  readonly memoryBytes: Bytes | null;
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
}

export interface SessionDocument {
  readonly id: string;
  readonly name: string;
  readonly status: Status;
  /** ISO 8601 with zone. */
  readonly startedAt: string;
  readonly durationUs: Micros;
  readonly exitCode: number | null;
  readonly signal: string | null;
  readonly workload: WorkloadInfo;
  readonly environment: Environment;
  readonly model: ModelSpec | null;
  readonly run: RunSpec | null;
  readonly simulated: boolean;
  readonly series: readonly SeriesStats[];
  readonly markers: readonly Marker[];
  readonly overlay: Overlay;
  /** Every rank beside the others, where there are several. */
  readonly ranks?: readonly RankRow[];
  readonly findings: readonly Finding[];
  /** What the trace says the run was, where it can tell; null while recording and where nothing was predicted. */
  readonly inversion?: Inversion | null;
  /** How long phases took and what they made of the device; null where none was announced. */
  readonly time?: TimeAnalysis | null;
  /** What went wrong in the recording itself, in plain words. */
  readonly warnings: readonly string[];
  readonly gaps: readonly (Gap & { readonly series: string })[];
  readonly logs: readonly LogLine[];
}

export interface SessionSummary {
  readonly id: string;
  readonly name: string;
  readonly status: Status;
  readonly startedAt: string;
  readonly durationUs: Micros;
  readonly model: string | null;
  readonly mode: string | null;
  readonly measuredPeak: Bytes | null;
  readonly predictedPeak: Bytes | null;
  readonly residualPercent: Percent | null;
  readonly simulated: boolean;
}
