/**
 * Which counters are read from each GPU, how often at most, and the series they feed, each with what it means. No
 * counter is read much faster than it changes; memory is read at the full rate.
 */

import type { Micros, Millis } from '../../../shared/base/units';
import type { SeriesInfo, Unit } from '../../../shared/trace/types';
import type { MemoryVersion, NvmlDevice } from './device';
import { SAMPLES, type SampleType } from './samples';

export interface CounterSeries {
  /** The series id is `gpuN.` and this. */
  readonly metric: string;
  readonly unit: Unit;
  readonly windowUs: Micros | null;
  readonly about: string;
}

interface Source {
  readonly series: readonly CounterSeries[];
  /** Left out where the GPU lacks it; the others are declared as absent. */
  readonly extra: boolean;
}

export interface Counter extends Source {
  /** Shortest useful interval. */
  readonly floorMs: Millis;
  /** The counter only rises: the series is how much it rises a second. */
  readonly rate?: true;
  /** How often the driver renews it, about: it is read more often than that, and repetitions are recognized. */
  readonly renewedMs?: Millis;
  read(device: NvmlDevice, out: Float64Array): number;
}

/** A counter that the driver samples itself. */
export interface Buffered extends Source {
  readonly type: SampleType;
  /** Of the driver's unit, in the unit of the series. */
  readonly factor: number;
}

const IN_USE = 'device memory in use at the moment of reading';

/** Read at 1 kHz at most. */
export const MEMORY: Counter = {
  floorMs: 1,
  extra: false,
  read: (device, out) => device.memory(out),
  series: [{ metric: 'memory.used', unit: 'bytes', windowUs: null, about: IN_USE }],
};

const UTILIZATION: CounterSeries = {
  metric: 'utilization',
  unit: 'millipercent',
  windowUs: 167_000,
  about: "share of the driver's window in which a kernel ran",
};
const MEMORY_UTILIZATION: CounterSeries = {
  metric: 'memory.utilization',
  unit: 'millipercent',
  windowUs: 167_000,
  about:
    "share of the driver's window in which device memory was read or written: bandwidth, not occupancy",
};
const one = (
  metric: string,
  unit: Unit,
  about: string,
  windowUs: Micros | null = null,
): CounterSeries[] => [{ metric, unit, windowUs, about }];

const POLLED_UTILIZATION: Counter = {
  floorMs: 50,
  renewedMs: 167,
  extra: false,
  series: [UTILIZATION, MEMORY_UTILIZATION],
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

/**
 * Windows are nominal. Utilization averages over 1/6 s to 1 s by product (nvmlUtilization_t); the instantaneous power
 * field is renewed every 100 ms. `power.mean` is the rise of the energy counter between two reads, which misses no load
 * between samples.
 */
export const COUNTERS: readonly Counter[] = [
  MEMORY,
  POLLED_UTILIZATION,
  {
    floorMs: 50,
    renewedMs: 100,
    extra: false,
    read: (device, out) => device.u32(out, 1, 'nvmlDeviceGetPowerUsage'),
    series: one(
      'power',
      'milliwatts',
      'power drawn by the whole board, averaged as the product does',
      1_000_000,
    ),
  },
  {
    floorMs: 50,
    renewedMs: 100,
    extra: true,
    read: (device, out) => device.field(out, FIELD_POWER_INSTANT),
    series: one(
      'power.instant',
      'milliwatts',
      "power drawn by the whole board at the sensor's last reading",
      100_000,
    ),
  },
  {
    floorMs: 1000,
    extra: true,
    rate: true,
    read: (device, out) => device.u64(out, 'nvmlDeviceGetTotalEnergyConsumption'),
    series: one(
      'power.mean',
      'milliwatts',
      'rise of the energy counter: mean power with no load missed',
      1_000_000,
    ),
  },
  {
    floorMs: 1000,
    extra: false,
    read: (device, out) => device.u32(out, 1000, 'nvmlDeviceGetTemperature', TEMPERATURE_GPU),
    series: one('temperature', 'millicelsius', 'temperature of the GPU die'),
  },
  {
    floorMs: 200,
    extra: false,
    read: (device, out) => device.u32(out, 1e6, 'nvmlDeviceGetClockInfo', CLOCK_SM),
    series: one('clock.sm', 'hertz', 'clock of the streaming multiprocessors'),
  },
  {
    floorMs: 1000,
    extra: true,
    read: (device, out) => device.u32(out, 1e6, 'nvmlDeviceGetClockInfo', CLOCK_MEMORY),
    series: one('clock.memory', 'hertz', 'clock of the device memory'),
  },
  {
    floorMs: 200,
    extra: true,
    read: (device, out) => device.u64(out, 'nvmlDeviceGetCurrentClocksThrottleReasons'),
    series: one(
      'throttle',
      'count',
      'why the clocks are held back: bits of nvmlClocksThrottleReasons',
    ),
  },
  {
    floorMs: 1000,
    extra: true,
    read: reserved,
    series: one(
      'memory.reserved',
      'bytes',
      'device memory that the driver keeps for itself; it is not in memory.used',
    ),
  },
  {
    floorMs: 1000,
    extra: true,
    read: (device, out) => device.videoUtilization(out, 'nvmlDeviceGetEncoderUtilization'),
    series: one(
      'encoder',
      'millipercent',
      "share of the driver's window in which the video encoder ran",
      167_000,
    ),
  },
  {
    floorMs: 1000,
    extra: true,
    read: (device, out) => device.videoUtilization(out, 'nvmlDeviceGetDecoderUtilization'),
    series: one(
      'decoder',
      'millipercent',
      "share of the driver's window in which the video decoder ran",
      167_000,
    ),
  },
  {
    floorMs: 5000,
    extra: true,
    read: (device, out) => device.u32(out, 1000, 'nvmlDeviceGetFanSpeed'),
    series: one('fan', 'millipercent', 'speed the fan is told to run at'),
  },
  {
    floorMs: 1000,
    extra: true,
    read: (device, out) => device.u32(out, 1, 'nvmlDeviceGetCurrPcieLinkGeneration'),
    series: one('pcie.generation', 'count', 'generation at which the PCIe link runs now'),
  },
  {
    floorMs: 1000,
    extra: true,
    read: (device, out) => device.u32(out, 1, 'nvmlDeviceGetCurrPcieLinkWidth'),
    series: one('pcie.width', 'count', 'lanes of the PCIe link in use now'),
  },
  {
    floorMs: 5000,
    extra: true,
    read: (device, out) => device.u64(out, 'nvmlDeviceGetTotalEccErrors', CORRECTED, SINCE_LOAD),
    series: one('ecc.corrected', 'count', 'memory errors corrected since the driver was loaded'),
  },
  {
    floorMs: 5000,
    extra: true,
    read: (device, out) => device.u64(out, 'nvmlDeviceGetTotalEccErrors', UNCORRECTED, SINCE_LOAD),
    series: one(
      'ecc.uncorrected',
      'count',
      'memory errors beyond correction since the driver was loaded',
    ),
  },
];

/** Read some times a second; a GPU whose driver samples utilization is not polled for it. */
export const BUFFERED: readonly Buffered[] = [
  { type: SAMPLES.utilization, factor: 1000, extra: true, series: [UTILIZATION] },
  { type: SAMPLES.memoryUtilization, factor: 1000, extra: true, series: [MEMORY_UTILIZATION] },
  {
    type: SAMPLES.power,
    factor: 1,
    extra: true,
    series: one(
      'power.samples',
      'milliwatts',
      "every reading that the driver's own power sampling kept",
      20_000,
    ),
  },
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
export const READ_COST: SeriesInfo = {
  id: 'sampler.read',
  source: 'nvml',
  metric: 'read',
  unit: 'microseconds',
  windowUs: 1_000_000,
  intervalUs: 1_000_000,
  about: 'mean time that one read of device memory takes',
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

export const countBuffers = ({ buffers = [] }: SampledGpu): Buffered[] =>
  BUFFERED.filter(({ type }) => buffers.includes(type));

export function listCounters(gpu: SampledGpu): Counter[] {
  const buffered = countBuffers(gpu).some(({ series }) => series[0] === UTILIZATION);
  return COUNTERS.filter((counter) =>
    counter === POLLED_UTILIZATION
      ? !buffered
      : !counter.extra || counter.series.some(({ metric }) => gpu.extras.includes(metric)),
  );
}

export const migMetric = (slot: number): string => `mig${slot}.memory.used`;

/** Every series the worker fills, in the order by which a batch numbers them. */
export function seriesTable(gpus: readonly SampledGpu[], intervalMs: Millis): SeriesInfo[] {
  return [...gpus.flatMap((gpu) => buildCounterTable(gpu, intervalMs)), READ_COST];
}

function buildCounterTable(gpu: SampledGpu, intervalMs: Millis): SeriesInfo[] {
  const old = gpu.memoryVersion === 1;
  const counted = listCounters(gpu).flatMap((counter) =>
    counter.series.map(
      (series): SeriesInfo => ({
        ...series,
        ...(series.metric === 'power' && gpu.power),
        ...(counter === MEMORY &&
          old && { about: `${IN_USE}, what the driver keeps for itself included` }),
        id: `gpu${gpu.index}.${series.metric}`,
        source:
          counter === MEMORY && old
            ? 'nvml (v1: memory reserved by the driver counts as used)'
            : 'nvml',
        intervalUs: Math.max(counter.renewedMs ?? 0, counterPeriod(counter, intervalMs)) * 1000,
      }),
    ),
  );
  const buffered = countBuffers(gpu).flatMap(({ series }) =>
    series.map(
      (each): SeriesInfo => ({
        ...each,
        id: `gpu${gpu.index}.${each.metric}`,
        source: 'nvml (sampled by the driver)',
        intervalUs: each.windowUs,
      }),
    ),
  );
  const mig = (gpu.mig ?? []).map(
    ({ slot }): SeriesInfo => ({
      id: `gpu${gpu.index}.${migMetric(slot)}`,
      source: 'nvml',
      metric: migMetric(slot),
      unit: 'bytes',
      windowUs: null,
      intervalUs: counterPeriod(MEMORY, intervalMs) * 1000,
      about: 'memory in use on this MIG device at the moment of reading',
    }),
  );
  return [...counted, ...buffered, ...mig];
}
