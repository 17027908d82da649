/**
 * Shares the memory that processes hold on each GPU between the workload and everyone else. Pure.
 *
 * Plumbline's own processes count as someone else: they are never part of the workload, and what they take on the
 * device is to be taken off the workload's line. A sum with an unknown part is unknown.
 */

import type { Micros } from '../../shared/base/units';
import type { AbsentReason, Reading } from '../../shared/base/vocabulary';
import type { GpuInfo } from '../../shared/hardware/gpu-info';
import { DEVICE_METRICS } from '../../shared/trace/metrics';
import { deviceSeries, otherMemory, processMemory } from '../../shared/trace/series-ids';
import type { SeriesInfo } from '../../shared/trace/types';
import type { MonitoredProcess } from '../nvidia-smi-format/pmon';
import type { GpuProcess } from '../nvidia-smi-format/query-csv';

/** The series that an attribution fills on a device, the same from every source. */
export function listShareSeries(device: string, source: string, intervalUs: Micros): SeriesInfo[] {
  const describe = (metric: 'process.memory' | 'other.memory'): SeriesInfo => ({
    id: deviceSeries(device, metric),
    source,
    metric,
    ...DEVICE_METRICS[metric],
    intervalUs,
  });
  return [describe('process.memory'), describe('other.memory')];
}
/** Their ids. */
export const listShareIds = (device: string): string[] => [
  processMemory(device),
  otherMemory(device),
];

export interface Attribution {
  readonly gpuIndex: number;
  readonly workload: Reading;
  readonly other: Reading;
}

export interface AttributionInput {
  readonly gpus: readonly GpuInfo[];
  readonly compute: readonly GpuProcess[];
  /** Null where pmon is not to be had. */
  readonly monitored: readonly MonitoredProcess[] | null;
  readonly workloadPids: readonly number[];
  readonly ownPids: readonly number[];
  /**
   * Whether pids mean the same to the driver as to this process. In a container with a pid namespace of its own they
   * do not: an empty or foreign table is no statement about the workload, and other containers are out of sight.
   */
  readonly sharesPids: boolean;
}

export function attribute(input: AttributionInput): Attribution[] {
  const plumbline = new Set(input.ownPids);
  const workload = new Set(input.workloadPids.filter((pid) => !plumbline.has(pid)));
  const listed = [
    ...input.compute.map(({ pid }) => pid),
    ...(input.monitored ?? []).map(({ pid }) => pid),
  ];
  const known = input.sharesPids || listed.some((pid) => workload.has(pid));

  return input.gpus.map((gpu) => {
    const compute = input.compute.filter(
      ({ gpuUuid }) =>
        gpuUuid === gpu.uuid || (input.gpus.length === 1 && !namesAnother(gpuUuid, gpu)),
    );
    const pids = new Set(compute.map(({ pid }) => pid));
    const graphics = (input.monitored ?? []).filter(
      ({ gpuIndex, pid }) => gpuIndex === gpu.index && !pids.has(pid),
    );
    const all: readonly { readonly pid: number; readonly memory: Reading }[] = [
      ...compute,
      ...graphics,
    ];
    return {
      gpuIndex: gpu.index,
      workload: known ? sum(all.filter(({ pid }) => workload.has(pid))) : HIDDEN,
      other: input.sharesPids ? sum(all.filter(({ pid }) => !workload.has(pid))) : HIDDEN,
    };
  });
}

/** A process on a MIG device, or one whose GPU has no name, can only be on the one GPU there is. */
const namesAnother = (uuid: string, gpu: GpuInfo): boolean =>
  gpu.uuid !== '' && /^GPU-/.test(uuid) && uuid !== gpu.uuid;

const HIDDEN: Reading = { kind: 'absent', reason: 'hidden' };

function sum(processes: readonly { readonly memory: Reading }[]): Reading {
  let total = 0;
  let absent: AbsentReason | null = null;
  for (const { memory } of processes) {
    if (memory.kind === 'ok') total += memory.value;
    else absent ??= memory.reason;
  }
  return absent === null ? { kind: 'ok', value: total } : { kind: 'absent', reason: absent };
}
