/** Checks of the doctor that several sources make, and what all of them are written with. Pure. */

import { formatInteger } from '../../../shared/base/format';
import type { Micros } from '../../../shared/base/units';
import type { DoctorReport } from '../../../shared/contract/api';
import type { GpuInfo } from '../../../shared/hardware/gpu-info';
import { type MigDevice, visibleGpus } from '../visible-devices';
import type { Surroundings } from './host-environment';

export type Check = DoctorReport['checks'][number];

export const passed = (id: string, found: string): Check => ({ id, ok: true, found, remedy: null });
export const failed = (id: string, found: string, remedy: string): Check => ({
  id,
  ok: false,
  found,
  remedy,
});

/** A source may be busy for this share of the time at most, as when recording. */
export const MAX_SHARE = 0.25;

export const formatRate = (timesPerSecond: number): string =>
  timesPerSecond >= 1
    ? formatInteger(Math.floor(timesPerSecond + 1e-9))
    : timesPerSecond.toFixed(1);

export function formatDuration(us: Micros): string {
  if (us < 10) return `${us.toFixed(1)} µs`;
  if (us < 1000) return `${Math.round(us)} µs`;
  return `${(us / 1000).toFixed(us < 10_000 ? 1 : 0)} ms`;
}

/** Which GPUs the workload may use, where it is not all of them. */
export function checkVisible(
  env: NodeJS.ProcessEnv,
  all: readonly GpuInfo[],
  mig: readonly MigDevice[],
): Check[] {
  const { gpus, note } = visibleGpus(env, all, mig);
  if (note === null) return [];
  const id = 'visible-gpus';
  if (gpus.length > 0) return [passed(id, note)];
  return [
    failed(id, note, 'Unset CUDA_VISIBLE_DEVICES, or name GPUs in it that nvidia-smi -L lists.'),
  ];
}

/** GPUs that are divided; nothing where none is. */
export function checkDivided(devices: readonly MigDevice[]): Check[] {
  const counts = new Map<number, number>();
  for (const { gpu } of devices) counts.set(gpu, (counts.get(gpu) ?? 0) + 1);
  if (counts.size === 0) return [];
  const divided = [...counts].map(
    ([gpu, count]) =>
      `GPU ${gpu} is divided into ${count} MIG ${count === 1 ? 'device' : 'devices'}`,
  );
  return [
    passed(
      'mig',
      `${divided.join(', ')}: a divided GPU tells its memory and power, but no utilization`,
    ),
  ];
}

const PROCESS_MEMORY = 'gpu-process-memory';
const UNTIL_THEN =
  "Until then the workload's share is device memory less what was in use before it.";
const HIDING: Readonly<Record<Surroundings, string>> = {
  machine: 'the driver hides memory per process, as it does under Windows (WDDM)',
  wsl: 'the driver of Windows hides memory per process from WSL',
  container: 'the driver hides memory per process from this container',
};

/** The check of memory per process, in each of the ways it can end. */
export const processMemory = {
  reported: (found: string): Check =>
    passed(PROCESS_MEMORY, `memory per process is reported, ${found}`),
  unread: (found: string, remedy: string): Check =>
    failed(PROCESS_MEMORY, found, `${remedy} ${UNTIL_THEN}`),
  hiddenPids: (): Check =>
    failed(
      PROCESS_MEMORY,
      'hidden: this container has pids of its own',
      `Start the container with --pid=host. ${UNTIL_THEN}`,
    ),
  hiddenByDriver: (where: Surroundings): Check =>
    failed(
      PROCESS_MEMORY,
      HIDING[where],
      `Close other programs that use the GPU while you record. ${UNTIL_THEN}`,
    ),
};

export const countProcesses = (count: number, kind = ''): string =>
  `${count} ${kind}${count === 1 ? 'process' : 'processes'} now`;
