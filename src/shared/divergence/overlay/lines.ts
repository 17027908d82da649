/**
 * The lines that can be laid over a budget, best first, and the one that is made here: GPU memory of the workload.
 *
 * One rule holds for all of them: a line's values still contain the baseline, and `baselineFor` says what to take off.
 */

import { type Bytes, MiB } from '../../base/units';
import { maxIn, minIn, sampleCount } from '../../trace/series';
import type { Marker, SeriesData } from '../../trace/types';

export const FRAMEWORK_LINE = 'framework.allocated';
export const HOST_LINE = 'tree.rss';

/** Changes of other processes below this are taken when they are read. */
const LEAST_STEP = 16 * MiB;

const WITH_BASELINE = /^(gpu\d+(?:\.mig\d+)?)\.(memory\.used|workload\.memory)$/;
const DEVICE = /^(gpu\d+(?:\.mig\d+)?)\.memory\.used$/;

/** The GPU, or the MIG device of one, that a line is of; undefined for a line of the framework or the host. */
export const deviceIdIn = (line: string) => /^(gpu\d+(?:\.mig\d+)?)\./.exec(line)?.[1];
/** A MIG device has memory of its own and is treated as a GPU. */
const isInstance = (gpu: string) => gpu.includes('.');
export const utilizationLine = (gpu: string) => `${gpu}.utilization`;
export const deviceLine = (gpu: string) => `${gpu}.memory.used`;
export const workloadLine = (gpu: string) => `${gpu}.workload.memory`;
/** Memory of the workload's own processes on the device. */
export const processLine = (gpu: string) => `${gpu}.process.memory`;
/** Memory of every other process on the device, graphics processes included. */
export const otherLine = (gpu: string) => `${gpu}.other.memory`;

/** Whether a workload tells of every change of a line itself, so that none falls between two samples. */
export const isAnnounced = (id: string) => /(^|\.)framework\./.test(id);

/** Whether a line is memory of a GPU, on which phases can be found by its shape. */
export const isDeviceLine = (id: string) => id !== FRAMEWORK_LINE && id !== HOST_LINE;

/** The device that a line is of, where it was read. */
export function findDevice(series: readonly SeriesData[], line: string | null): string | undefined {
  const own = deviceIdIn(line ?? '');
  return listDevices(series).find((gpu) => gpu === own);
}

/** The devices that matter to what is shown: beside a MIG device no other, since it shares its memory with none. */
export function devicesBeside(series: readonly SeriesData[], line: string | null): string[] {
  const own = deviceIdIn(line ?? '');
  return listDevices(series).filter((gpu) =>
    own !== undefined && isInstance(own) ? gpu === own : !isInstance(gpu),
  );
}

export function listDevices(series: readonly SeriesData[]): string[] {
  return series.flatMap(({ info }) => DEVICE.exec(info.id)?.[1] ?? []);
}

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
  const made = listDevices(series).flatMap((gpu): SeriesData[] => {
    const device = seriesById(series, deviceLine(gpu));
    const others = seriesById(series, otherLine(gpu));
    if (seriesById(series, workloadLine(gpu)) || !device || !others || others.times.length === 0)
      return [];
    return [workloadMemory(gpu, device, others, baselines[otherLine(gpu)] ?? others.values[0]!)];
  });
  return [...series, ...made] as readonly SeriesData[] as Lines;
}

/**
 * Device memory less what other processes have taken since launch: what they held before is in the baseline. Other
 * processes are read once or twice a second, so each reading is held until the next.
 */
function workloadMemory(
  gpu: string,
  device: SeriesData,
  others: SeriesData,
  atLaunch: Bytes,
): SeriesData {
  const values = new Float64Array(device.values.length);
  let held = atLaunch;
  let stepAt = -1;
  let next = 0;
  let switched = -1;
  for (let i = 0; i < values.length; i++) {
    while (next < others.times.length && others.times[next]! <= device.times[i]!)
      held = others.values[next++]!;
    if (next !== switched && next > 0 && next < others.times.length) {
      switched = next;
      stepAt = stepWithin(device, i, others.times[next]!, others.values[next]! - held);
    }
    if (i === stepAt) held = others.values[next]!;
    values[i] = device.values[i]! - (held - atLaunch);
  }
  const info = {
    ...device.info,
    id: workloadLine(gpu),
    source: 'plumbline',
    metric: 'workload.memory',
  };
  return { info, times: device.times, values, gaps: device.gaps };
}

/**
 * The sample from `from` to `until` at which the device shows most of a change that others are next read to have made;
 * −1 for a small change, or where it shows none. Without it their rise would look like the workload's until then.
 */
function stepWithin(
  { times, values }: SeriesData,
  from: number,
  until: number,
  change: Bytes,
): number {
  if (Math.abs(change) < LEAST_STEP) return -1;
  let best = -1;
  let most = Math.abs(change) / 2;
  for (let i = Math.max(1, from); i < times.length && times[i]! < until; i++) {
    const step = (values[i]! - values[i - 1]!) * Math.sign(change);
    if (step > most) {
      most = step;
      best = i;
    }
  }
  return best;
}

/**
 * What is taken off a line: for a device's lines its memory in use before launch, for all others nothing. Where no
 * baseline was read nothing is taken off, since a first sample may already hold the workload.
 */
export function baselineFor(id: string, baselines: Readonly<Record<string, Bytes>>): Bytes {
  const gpu = WITH_BASELINE.exec(id)?.[1];
  return gpu === undefined ? 0 : (baselines[deviceLine(gpu)] ?? 0);
}

/** Whether a line can hold what was in use before launch. */
export const hasBaseline = (id: string) => WITH_BASELINE.test(id);

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
    const data = seriesById(all, deviceLine(gpu));
    if (!data || data.times.length === 0) return -1;
    const [from, to] = [data.times[0]!, data.times.at(-1)!];
    return maxIn(data, from, to)!.value - minIn(data, from, to)!.value;
  };
  const byRise = (named: readonly string[]) =>
    named.length < 2
      ? named
      : named
          .map((gpu) => ({ gpu, rise: rise(gpu) }))
          .sort((a, b) => b.rise - a.rise)
          .map(({ gpu }) => gpu);
  const named = listDevices(all);
  const gpus = [
    ...byRise(named.filter((gpu) => confinedTo.includes(gpu))),
    ...byRise(named.filter((gpu) => !isInstance(gpu))),
    ...byRise(named.filter((gpu) => isInstance(gpu) && !confinedTo.includes(gpu))),
  ];
  const gpuLines = gpus.flatMap((gpu) => [workloadLine(gpu), deviceLine(gpu), processLine(gpu)]);
  const ordered = onGpu
    ? [...gpuLines, FRAMEWORK_LINE, HOST_LINE]
    : [FRAMEWORK_LINE, HOST_LINE, ...gpuLines];
  return ordered.filter((id) => sampleCount(seriesById(all, id)) > 0);
}

/** Whether the workload can be on a GPU at all: a tfjs workload on wasm or cpu is not. */
export function mayUseGpu(markers: readonly Marker[], declared: string | null): boolean {
  const backend =
    declared ??
    markers.findLast((one) => one.type === 'run' && typeof one.fields.backend === 'string');
  const name =
    typeof backend === 'string' ? backend : backend?.type === 'run' ? backend.fields.backend : null;
  return name !== 'wasm' && name !== 'cpu';
}
