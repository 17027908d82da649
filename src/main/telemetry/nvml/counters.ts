/**
 * Which counters are read from each GPU, how often at most, and the series they feed. No counter is read much faster
 * than it changes; memory is read at the full rate. What a metric means stands in trace/metrics.ts.
 */

import type { Micros, Millis } from '../../../shared/base/units';
import {
  DEVICE_METRICS,
  type DeviceMetric,
  HOST_METRICS,
  hostMetric,
  MIG_MEMORY_USED,
} from '../../../shared/trace/metrics';
import {
  gpuSeries,
  migDevice,
  migMetric,
  SAMPLER_READ,
  usedMemory,
} from '../../../shared/trace/series-ids';
import type { SeriesInfo } from '../../../shared/trace/types';
import type { MemoryVersion, NvmlDevice } from './device';
import { SAMPLES, type SampleType } from './samples';

interface Readable {
  /** What it fills, each metric a series. */
  readonly metrics: readonly [DeviceMetric, ...DeviceMetric[]];
  /** Left out where the GPU lacks it; the others are declared as absent. */
  readonly extra: boolean;
}

export interface Counter extends Readable {
  /** Shortest useful interval. */
  readonly floorMs: Millis;
  /** The counter only rises: the series is how much it rises a second. */
  readonly rate?: true;
  /** How often the driver renews it, about: it is read more often than that, and repetitions are recognized. */
  readonly renewedMs?: Millis;
  read(device: NvmlDevice, out: Float64Array): number;
}

/** A counter that the driver samples itself. */
export interface BufferedCounter extends Readable {
  readonly type: SampleType;
  /** Of the driver's unit, in the unit of the series. */
  readonly factor: number;
}

/** Read at 1 kHz at most. */
export const MEMORY: Counter = {
  floorMs: 1,
  extra: false,
  read: (device, out) => device.memory(out),
  metrics: ['memory.used'],
};

const POLLED_UTILIZATION: Counter = {
  floorMs: 50,
  renewedMs: 167,
  extra: false,
  metrics: ['utilization', 'memory.utilization'],
  read: (device, out) => device.utilization(out),
};

// Selectors of nvml.h.
const FIELD_POWER_INSTANT = 186;
const TEMPERATURE_GPU = 0;
const CLOCK_SM = 1;
const CLOCK_MEMORY = 2;
const CORRECTED = 0;
const UNCORRECTED = 1;
const SINCE_LOAD = 0;

/** `power.mean` is the rise of the energy counter between two reads, which misses no load between samples. */
export const COUNTERS: readonly Counter[] = [
  MEMORY,
  POLLED_UTILIZATION,
  {
    floorMs: 50,
    renewedMs: 100,
    extra: false,
    read: (device, out) => device.u32(out, 1, 'nvmlDeviceGetPowerUsage'),
    metrics: ['power'],
  },
  {
    floorMs: 50,
    renewedMs: 100,
    extra: true,
    read: (device, out) => device.field(out, FIELD_POWER_INSTANT),
    metrics: ['power.instant'],
  },
  {
    floorMs: 1000,
    extra: true,
    rate: true,
    read: (device, out) => device.u64(out, 'nvmlDeviceGetTotalEnergyConsumption'),
    metrics: ['power.mean'],
  },
  {
    floorMs: 1000,
    extra: false,
    read: (device, out) => device.u32(out, 1000, 'nvmlDeviceGetTemperature', TEMPERATURE_GPU),
    metrics: ['temperature'],
  },
  {
    floorMs: 200,
    extra: false,
    read: (device, out) => device.u32(out, 1e6, 'nvmlDeviceGetClockInfo', CLOCK_SM),
    metrics: ['clock.sm'],
  },
  {
    floorMs: 1000,
    extra: true,
    read: (device, out) => device.u32(out, 1e6, 'nvmlDeviceGetClockInfo', CLOCK_MEMORY),
    metrics: ['clock.memory'],
  },
  {
    floorMs: 200,
    extra: true,
    read: (device, out) => device.u64(out, 'nvmlDeviceGetCurrentClocksThrottleReasons'),
    metrics: ['throttle'],
  },
  {
    floorMs: 1000,
    extra: true,
    read: reserved,
    metrics: ['memory.reserved'],
  },
  {
    floorMs: 1000,
    extra: true,
    read: (device, out) => device.videoUtilization(out, 'nvmlDeviceGetEncoderUtilization'),
    metrics: ['encoder'],
  },
  {
    floorMs: 1000,
    extra: true,
    read: (device, out) => device.videoUtilization(out, 'nvmlDeviceGetDecoderUtilization'),
    metrics: ['decoder'],
  },
  {
    floorMs: 5000,
    extra: true,
    read: (device, out) => device.u32(out, 1000, 'nvmlDeviceGetFanSpeed'),
    metrics: ['fan'],
  },
  {
    floorMs: 1000,
    extra: true,
    read: (device, out) => device.u32(out, 1, 'nvmlDeviceGetCurrPcieLinkGeneration'),
    metrics: ['pcie.generation'],
  },
  {
    floorMs: 1000,
    extra: true,
    read: (device, out) => device.u32(out, 1, 'nvmlDeviceGetCurrPcieLinkWidth'),
    metrics: ['pcie.width'],
  },
  {
    floorMs: 5000,
    extra: true,
    read: (device, out) => device.u64(out, 'nvmlDeviceGetTotalEccErrors', CORRECTED, SINCE_LOAD),
    metrics: ['ecc.corrected'],
  },
  {
    floorMs: 5000,
    extra: true,
    read: (device, out) => device.u64(out, 'nvmlDeviceGetTotalEccErrors', UNCORRECTED, SINCE_LOAD),
    metrics: ['ecc.uncorrected'],
  },
];

/** Read some times a second; a GPU whose driver samples utilization is not polled for it. */
export const BUFFERED: readonly BufferedCounter[] = [
  { type: SAMPLES.utilization, factor: 1000, extra: true, metrics: ['utilization'] },
  { type: SAMPLES.memoryUtilization, factor: 1000, extra: true, metrics: ['memory.utilization'] },
  { type: SAMPLES.power, factor: 1, extra: true, metrics: ['power.samples'] },
];
/** How often the driver is asked for what it has sampled. */
export const BUFFER_MS: Millis = 500;

function reserved(device: NvmlDevice, out: Float64Array): number {
  const code = device.memory(out);
  out[0] = out[2]!;
  return code;
}

export const PROCESS_FLOOR_MS: Millis = 1000;
/** Mean time of one memory read, each second. */
const READ_COST: SeriesInfo = {
  id: SAMPLER_READ,
  source: 'nvml',
  metric: hostMetric(SAMPLER_READ),
  ...HOST_METRICS[SAMPLER_READ],
  intervalUs: 1_000_000,
};

/** One GPU as the worker is told of it. */
export interface SampledGpu {
  readonly index: number;
  readonly uuid: string;
  readonly memoryVersion: MemoryVersion;
  /** Metrics of extra counters that this GPU has. */
  readonly extras: readonly string[];
  /** Types of what its driver samples itself. */
  readonly buffers?: readonly SampleType[];
  /** Over how long its power is averaged, and that in words; as of most boards unless given. */
  readonly power?: { readonly windowUs: Micros; readonly about: string };
  /** Its MIG devices, each with memory of its own. */
  readonly mig?: readonly {
    readonly slot: number;
    readonly uuid: string;
    readonly gpuInstance?: number | null;
  }[];
}

export const counterPeriod = (counter: Counter, intervalMs: Millis): Millis =>
  Math.max(counter.floorMs, intervalMs);

/** How often a counter has news at most. */
export const counterPace = ({ floorMs, renewedMs }: Counter): Millis =>
  Math.max(floorMs, renewedMs ?? 0);

export const listBuffered = ({ buffers = [] }: SampledGpu): BufferedCounter[] =>
  BUFFERED.filter(({ type }) => buffers.includes(type));

export function listCounters(gpu: SampledGpu): Counter[] {
  const isSampled = listBuffered(gpu).some(({ type }) => type === SAMPLES.utilization);
  return COUNTERS.filter((counter) => {
    if (counter === POLLED_UTILIZATION) return !isSampled;
    return !counter.extra || counter.metrics.some((metric) => gpu.extras.includes(metric));
  });
}

/** Every series the worker fills, in the order by which a batch numbers them. */
export function seriesTable(gpus: readonly SampledGpu[], intervalMs: Millis): SeriesInfo[] {
  return [...gpus.flatMap((gpu) => buildCounterTable(gpu, intervalMs)), READ_COST];
}

function buildCounterTable(gpu: SampledGpu, intervalMs: Millis): SeriesInfo[] {
  const counted = listCounters(gpu).flatMap((counter) =>
    counter.metrics.map(
      (metric): SeriesInfo => ({
        id: gpuSeries(gpu.index, metric),
        source: 'nvml',
        metric,
        ...DEVICE_METRICS[metric],
        intervalUs: Math.max(counter.renewedMs ?? 0, counterPeriod(counter, intervalMs)) * 1000,
        ...(metric === 'power' && gpu.power),
        ...(metric === 'memory.used' && gpu.memoryVersion === 1 && RESERVE_COUNTS_AS_USED),
      }),
    ),
  );
  const buffered = listBuffered(gpu).flatMap(({ metrics }) =>
    metrics.map(
      (metric): SeriesInfo => ({
        id: gpuSeries(gpu.index, metric),
        source: 'nvml (sampled by the driver)',
        metric,
        ...DEVICE_METRICS[metric],
        intervalUs: DEVICE_METRICS[metric].windowUs,
      }),
    ),
  );
  const mig = (gpu.mig ?? []).map(
    ({ slot }): SeriesInfo => ({
      id: usedMemory(migDevice(gpu.index, slot)),
      source: 'nvml',
      metric: migMetric(slot, 'memory.used'),
      ...MIG_MEMORY_USED,
      intervalUs: counterPeriod(MEMORY, intervalMs) * 1000,
    }),
  );
  return [...counted, ...buffered, ...mig];
}

const RESERVE_COUNTS_AS_USED = {
  source: 'nvml (v1: memory reserved by the driver counts as used)',
  about: `${DEVICE_METRICS['memory.used'].about}, what the driver keeps for itself included`,
};
