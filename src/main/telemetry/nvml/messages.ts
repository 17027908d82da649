/** What passes between the thread that reads NVML and the one that records. */

import type { Micros, Millis } from '../../../shared/base/units';
import type { AbsentReason, Reading } from '../../../shared/base/vocabulary';
import type { GpuInfo, GpuInstance } from '../../../shared/hardware/gpu-info';
import type { LearntOfSeries } from '../sampler';
import type { LoopTask } from '../thread/loop';
import type { SampleBatch } from '../thread/sample-batch';
import type { Trouble } from '../trouble';
import type { SampledGpu } from './counters';
import type { NvmlProcess, ProcessUse } from './processes';
import type { ReadCosts } from './read-costs';

export interface ProbeTask {
  readonly kind: 'probe';
  readonly places: readonly string[];
}

export interface NvmlTask extends LoopTask {
  readonly kind: 'nvml';
  readonly places: readonly string[];
  readonly gpus: readonly SampledGpu[];
  readonly intervalMs: Millis;
  readonly processMs: Millis;
  readonly firstPauseMs: Millis;
  readonly maxPauseMs: Millis;
}

export interface ProcessLists {
  readonly compute: readonly NvmlProcess[];
  readonly graphics: readonly NvmlProcess[];
  /** How busy each process kept the GPU; absent where the driver does not tell. */
  readonly use?: readonly ProcessUse[];
}

export interface ProbedGpu {
  readonly info: GpuInfo;
  readonly sampled: SampledGpu;
  readonly used: Reading;
  readonly processes: ProcessLists | AbsentReason;
  readonly costs: ReadCosts;
  readonly instances: readonly ProbedInstance[];
}

/** A MIG device, and what is in use on it. */
export interface ProbedInstance extends GpuInstance {
  readonly gpuInstance: number | null;
  readonly computeInstance: number | null;
  readonly used: Reading;
}

export type Probe =
  | {
      readonly ok: true;
      readonly path: string;
      readonly driver: string;
      readonly gpus: readonly ProbedGpu[];
      readonly notes: readonly string[];
    }
  | ({ readonly ok: false } & Trouble);
export type Probed = Extract<Probe, { readonly ok: true }>;

/** The MIG devices that NVML lists. */
export const listMigDevices = ({ gpus }: Probed) =>
  gpus.flatMap(({ info, instances }) =>
    instances.map((instance) => ({ ...instance, gpu: info.index })),
  );

export interface ProcessAnswer {
  readonly gpuIndex: number;
  readonly t: Micros;
  readonly answer: ProcessLists | AbsentReason;
}

/** Readings, and the driver's answers about processes that came between them. */
export interface NvmlBatch extends SampleBatch {
  readonly processes: readonly ProcessAnswer[];
}

export type NvmlMessage =
  | { readonly kind: 'probed'; readonly probe: Probe }
  | { readonly kind: 'warning'; readonly text: string }
  /** Of series by their numbers. */
  | { readonly kind: 'learnt'; readonly series: readonly number[]; readonly learnt: LearntOfSeries }
  | NvmlBatch;
