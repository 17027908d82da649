/**
 * The plug of telemetry: what a source of readings is to the recorder, which opens it, and to the doctor, which
 * examines it. A source is a folder that exports one of these, and a line in registry.ts; nothing else names it.
 * Neither call throws for what a machine lacks: that is part of the answer.
 */
import type { Bytes, Millis } from '../../shared/base/units';
import type { GpuInfo } from '../../shared/hardware/gpu-info';
import type { Check } from './doctor/checks';
import type { Surroundings } from './doctor/host-environment';
import type { ProcessScope, Sampler } from './sampler';

export interface TelemetrySource {
  readonly id: string;
  /** Looks whether it is there, and makes its samplers ready to start. */
  open(options: OpenOptions): Promise<OpenedSource | AbsentSource>;
  /** What it can measure on this machine, and what stands in the way. */
  examine(options: ExamineOptions): Promise<Examination>;
}

/** A way to read GPUs. Those of one vendor stand in for each other: the first that answers is used, and no other. */
export interface GpuSource extends TelemetrySource {
  /** As people call it. */
  readonly name: string;
  readonly vendor: string;
  /** The environment variable that names its program or library: whoever sets it wants this source. */
  readonly variable: string;
  /** Where its program or library lies, without running it; null where there is none. */
  locate(env: NodeJS.ProcessEnv): string | null;
}

/** Parts of Plumbline that sources run; found unless given. */
export interface HelperPaths {
  /** The built inventory helper, and the Node that runs it. */
  readonly inventoryHelper?: string;
  readonly nodePath?: string;
  /** The built sampling thread. */
  readonly samplingThread?: string;
}

export interface OpenOptions extends HelperPaths {
  readonly scope: ProcessScope;
  readonly intervalMs: Millis;
  /** Plumbline's own processes: never part of the workload. */
  readonly ownPids: () => readonly number[];
  readonly env: NodeJS.ProcessEnv;
  /** Why this source was chosen, or what was asked for in vain; null where there is nothing to say. */
  readonly why: string | null;
}

/** What a session says of a source. */
export interface SourceReport {
  readonly id: string;
  readonly ok: boolean;
  readonly detail: string;
}

export interface OpenedSource {
  readonly ok: true;
  readonly samplers: readonly Sampler[];
  readonly gpus: readonly GpuInfo[];
  readonly reports: readonly SourceReport[];
  /** By series id: bytes in use before launch. What could not be read is missing. */
  readonly baselines: Readonly<Record<string, Bytes>>;
}

export interface AbsentSource {
  readonly ok: false;
  readonly detail: string;
  /** Any other way to the GPUs of this vendor would answer the same. */
  readonly final: boolean;
}

export interface ExamineOptions extends HelperPaths {
  readonly env: NodeJS.ProcessEnv;
  readonly surroundings: Surroundings;
  /** What becomes of a recording without this source: a sentence to end a remedy with. */
  readonly without: string;
}

export interface Examination {
  /** Whether a recording would use this source. */
  readonly answers: boolean;
  /** Of the source: whether it is there, and how often it can be read. */
  readonly checks: readonly Check[];
  /** Of the GPUs that it shows: which of them the workload may use, how they are divided, whose memory is known. */
  readonly gpuChecks: readonly Check[];
  readonly gpus: readonly GpuInfo[];
}

/** A source that does not answer, as the doctor is told. */
export const unanswered = (checks: readonly Check[]): Examination => ({
  answers: false,
  checks,
  gpuChecks: [],
  gpus: [],
});
