/**
 * The lines that can be laid over a budget, best first, and the one that is made here: GPU memory of the workload.
 *
 * One rule holds for all of them: a line's values still contain the baseline, and `baselineFor` says what to take off.
 */

import { type Bytes, MiB } from '../../base/units';
import { markersOf } from '../../trace/carried-on';
import {
  EVER,
  firstAtLeast,
  highestSample,
  lowestSample,
  sampleCount,
  summarizeIn,
} from '../../trace/series';
import {
  deviceIn,
  deviceMetricIn,
  FRAMEWORK_ALLOCATED,
  FRAMEWORK_RESERVED,
  isMigDevice,
  otherMemory,
  processMemory,
  TREE_RSS,
  usedMemory,
  workloadMemory,
} from '../../trace/series-ids';
import type { Marker, SeriesData } from '../../trace/types';
import { deriveWorkloadMemory } from './workload-line';

/** The device that a line is of, where it was read. */
export function findDevice(series: readonly SeriesData[], line: string | null): string | undefined {
  const own = deviceIn(line ?? '');
  return listDevices(series).find((gpu) => gpu === own);
}

/** The devices that matter to what is shown: beside a MIG device no other, since it shares its memory with none. */
export function devicesBeside(series: readonly SeriesData[], line: string | null): string[] {
  const own = deviceIn(line ?? '');
  return listDevices(series).filter((gpu) =>
    own !== undefined && isMigDevice(own) ? gpu === own : !isMigDevice(gpu),
  );
}

export const listDevices = (series: readonly SeriesData[]): string[] =>
  devicesWith(series, 'memory.used');

const devicesWith = (series: readonly SeriesData[], metric: string): string[] =>
  series.flatMap(({ info }) =>
    deviceMetricIn(info.id) === metric ? (deviceIn(info.id) ?? []) : [],
  );

export function seriesById(series: readonly SeriesData[], id: string): SeriesData | undefined {
  return series.find(({ info }) => info.id === id);
}

/**
 * Every line of a session: its series and those derived from several of them. Only `deriveLines` makes it, once for a
 * session, so that everything said of a derived line is said of the same values.
 */
export type Lines = readonly SeriesData[] & { readonly [derived]: true };
declare const derived: unique symbol;

/** Every series of the session with the derived ones beside them. `baselines`: bytes in use before launch, by series id. */
export function deriveLines(
  series: readonly SeriesData[],
  baselines: Readonly<Record<string, Bytes>>,
): Lines {
  if (!listsWorkload(series)) return series as Lines;
  const made = listDevices(series).flatMap((gpu): SeriesData[] => {
    const device = seriesById(series, usedMemory(gpu));
    const others = seriesById(series, otherMemory(gpu));
    if (seriesById(series, workloadMemory(gpu)) || !device || !others || sampleCount(others) === 0)
      return [];
    return [deriveWorkloadMemory(gpu, device, others, baselines[otherMemory(gpu)])];
  });
  return [...series, ...made] as readonly SeriesData[] as Lines;
}

/** A CUDA allocator that holds this much holds it on a device. */
const HELD = 64 * MiB;
/** The first reading may have come before the process was known to be the workload's. */
const UNLISTED_READINGS = 2;

/**
 * Whether the driver's list of processes speaks of the workload. It does not where the framework holds memory on a device
 * and no process of the workload is ever given any: in a container or a sandbox the driver may know processes by other
 * numbers than its own, list none, or list the workload as somebody else. What it says of others is then not taken off.
 */
export function listsWorkload(series: readonly SeriesData[]): boolean {
  const reserved = seriesById(series, FRAMEWORK_RESERVED);
  const since = reserved && sampleCount(reserved) > 0 ? firstAtLeast(reserved, HELD) : null;
  if (since === null) return true;
  const read = listDevices(series).flatMap((gpu) => {
    const ofProcesses = seriesById(series, processMemory(gpu));
    return (ofProcesses && summarizeIn(ofProcesses, since.t, EVER.t1)) ?? [];
  });
  return read.length === 0 || read.some(({ max, count }) => max > 0 || count < UNLISTED_READINGS);
}

/**
 * What is taken off a line: for a device's lines its memory in use before launch, for all others nothing. Where no
 * baseline was read nothing is taken off, since a first sample may already hold the workload.
 */
export function baselineFor(id: string, baselines: Readonly<Record<string, Bytes>>): Bytes {
  const device = deviceIn(id);
  return device === undefined || !hasBaseline(id) ? 0 : (baselines[usedMemory(device)] ?? 0);
}

/** Whether a line can hold what was in use before launch. */
function hasBaseline(id: string): boolean {
  const metric = deviceMetricIn(id);
  return metric === 'memory.used' || metric === 'workload.memory';
}

/**
 * Ids of the lines there are, best first: GPU memory of the workload, device memory, memory of its processes, the
 * framework's bytes, resident memory of the process tree. A workload that says it runs off the GPU has no GPU line to
 * speak of, so the framework's bytes come first. Among several GPUs the one whose memory rose most comes first. The MIG
 * devices that a workload is confined to come before whole GPUs, and others after them.
 */
export function candidateLines(
  all: readonly SeriesData[],
  onGpu: boolean,
  confinedTo: readonly string[] = [],
): string[] {
  const rise = (gpu: string) => {
    const data = seriesById(all, usedMemory(gpu));
    const highest = data && highestSample(data);
    const lowest = data && lowestSample(data);
    return highest && lowest ? highest.value - lowest.value : -1;
  };
  const byRise = (named: readonly string[]) =>
    named.length < 2
      ? named
      : named
          .map((gpu) => ({ gpu, rise: rise(gpu) }))
          .sort((a, b) => b.rise - a.rise)
          .map(({ gpu }) => gpu);
  // A list of processes tells what they hold on a device whose own memory nobody read.
  const named = [...new Set([...listDevices(all), ...devicesWith(all, 'process.memory')])];
  const gpus = [
    ...byRise(named.filter((gpu) => confinedTo.includes(gpu))),
    ...byRise(named.filter((gpu) => !isMigDevice(gpu))),
    ...byRise(named.filter((gpu) => isMigDevice(gpu) && !confinedTo.includes(gpu))),
  ];
  const gpuLines = gpus.flatMap((gpu) => [
    workloadMemory(gpu),
    usedMemory(gpu),
    processMemory(gpu),
  ]);
  const ordered = onGpu
    ? [...gpuLines, FRAMEWORK_ALLOCATED, TREE_RSS]
    : [FRAMEWORK_ALLOCATED, TREE_RSS, ...gpuLines];
  return ordered.filter((id) => sampleCount(seriesById(all, id)) > 0);
}

/** Whether the workload says that it is on no GPU: tfjs on wasm or cpu, PyTorch with its model on the CPU. */
export function saysNoGpu(markers: readonly Marker[], declared: string | null): boolean {
  const last = markersOf(markers, 'run').findLast((marker) => announcedBackend(marker) !== null);
  const backend = declared ?? announcedBackend(last);
  return backend === 'wasm' || backend === 'cpu';
}

function announcedBackend(marker: Marker | undefined): string | null {
  const { backend, device } = marker?.type === 'run' ? marker.fields : {};
  if (typeof backend === 'string') return backend;
  return device === 'cpu' ? device : null;
}

/** A context alone takes more. */
const LEAST_USE = 32 * MiB;
/** Fewer may all have come before the workload had its context, or after it. */
const LEAST_READINGS = 3;

/**
 * Whether no GPU was used: no device ever held more than before launch, as often as it was looked at. What the driver
 * counts for processes does not tell, since in a container it may know them by other numbers. Nothing is said of what ran
 * before it was looked at.
 */
export function usedNoGpu(
  all: readonly SeriesData[],
  baselines: Readonly<Record<string, Bytes>>,
): boolean {
  const devices = listDevices(all);
  return devices.length > 0 && devices.every((device) => isUnused(all, device, baselines));
}

function isUnused(
  all: readonly SeriesData[],
  device: string,
  baselines: Readonly<Record<string, Bytes>>,
): boolean {
  const used = seriesById(all, usedMemory(device));
  const highest = used && highestSample(used);
  const before = baselines[usedMemory(device)];
  if (highest == null || before === undefined || sampleCount(used) < LEAST_READINGS) return false;
  return highest.value - before < LEAST_USE;
}
