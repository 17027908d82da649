/**
 * Which counters are read from each GPU, how often at most, and the series they feed. No counter is read faster than
 * it changes; memory is read at the full rate.
 */
import type { SeriesInfo, Unit } from '../../../shared/trace/types';
import type { Micros, Millis } from '../../../shared/units';
import type { MemoryVersion, NvmlDevice } from './device';

export interface CounterSeries {
  /** The series id is `gpuN.` and this. */
  readonly metric: string;
  readonly unit: Unit;
  readonly windowUs: Micros | null;
}

export interface Counter {
  /** Shortest useful interval. */
  readonly floorMs: Millis;
  readonly series: readonly CounterSeries[];
  /** Left out where the GPU lacks it; the others are declared as absent. */
  readonly extra: boolean;
  /** The counter only rises: the series is how much it rises a second. */
  readonly rate: boolean;
  read(device: NvmlDevice, out: Float64Array): number;
}

/** Read at 1 kHz at most. */
export const MEMORY: Counter = {
  floorMs: 1,
  series: [{ metric: 'memory.used', unit: 'bytes', windowUs: null }],
  extra: false,
  rate: false,
  read: (device, out) => device.memory(out),
};

/**
 * Windows are nominal. Utilization averages over 1/6 s to 1 s by product (nvmlUtilization_t); power over 1 s on most
 * boards since Ampere; the instantaneous field is renewed every 100 ms. `power.mean` is the rise of the energy counter
 * between two reads, which misses no load between samples.
 */
export const COUNTERS: readonly Counter[] = [
  MEMORY,
  {
    floorMs: 167, extra: false, rate: false, read: (device, out) => device.utilization(out),
    series: [{ metric: 'utilization', unit: 'millipercent', windowUs: 167_000 }, { metric: 'memory.utilization', unit: 'millipercent', windowUs: 167_000 }],
  },
  { floorMs: 100, extra: false, rate: false, read: (device, out) => device.power(out), series: [{ metric: 'power', unit: 'milliwatts', windowUs: 1_000_000 }] },
  { floorMs: 100, extra: true, rate: false, read: (device, out) => device.powerInstant(out), series: [{ metric: 'power.instant', unit: 'milliwatts', windowUs: 100_000 }] },
  { floorMs: 1000, extra: true, rate: true, read: (device, out) => device.energy(out), series: [{ metric: 'power.mean', unit: 'milliwatts', windowUs: 1_000_000 }] },
  { floorMs: 1000, extra: false, rate: false, read: (device, out) => device.temperature(out), series: [{ metric: 'temperature', unit: 'millicelsius', windowUs: null }] },
  { floorMs: 200, extra: false, rate: false, read: (device, out) => device.clockSm(out), series: [{ metric: 'clock.sm', unit: 'hertz', windowUs: null }] },
];

export const PROCESS_FLOOR_MS: Millis = 1000;
export const PROCESS_METRICS = ['process.memory', 'other.memory'] as const;
/** Mean time of one memory read, each second. */
export const READ_COST: SeriesInfo = { id: 'sampler.read', source: 'nvml', metric: 'read', unit: 'microseconds', windowUs: 1_000_000, intervalUs: 1_000_000 };

/** One GPU as the worker is told of it. */
export interface SampledGpu {
  readonly index: number;
  readonly uuid: string;
  readonly memoryVersion: MemoryVersion;
  /** Metrics of extra counters that this GPU has. */
  readonly extras: readonly string[];
}

export const periodOf = (counter: Counter, intervalMs: Millis): Millis => Math.max(counter.floorMs, intervalMs);

export const countersOf = (gpu: SampledGpu): Counter[] => COUNTERS.filter(({ extra, series }) => !extra || series.some(({ metric }) => gpu.extras.includes(metric)));

/** Every series the worker fills, in the order by which a batch numbers them. */
export function seriesTable(gpus: readonly SampledGpu[], intervalMs: Millis): SeriesInfo[] {
  const counted = gpus.flatMap((gpu) => countersOf(gpu).flatMap((counter) => counter.series.map((series): SeriesInfo => ({
    id: `gpu${gpu.index}.${series.metric}`,
    source: counter === MEMORY && gpu.memoryVersion === 1 ? 'nvml (v1: memory reserved by the driver counts as used)' : 'nvml',
    ...series,
    intervalUs: periodOf(counter, intervalMs) * 1000,
  }))));
  return [...counted, READ_COST];
}
