/**
 * What each metric means: its unit, the window it averages over and a few words, written once for every source that
 * reads it. A source adds to the words what is true of it alone (`in whole MiB`), and a driver that says more of itself
 * (how often it renews a counter, over how long it averages power) refines its series while it is read.
 *
 * Windows are nominal. Utilization is the share of the last 1/6 s to 1 s, by product, in which a kernel ran
 * (nvmlUtilization_t); 1/6 s was measured on a V100. Power is averaged over 1 s on most boards since Ampere, over
 * 10-100 ms before; the instantaneous field is renewed every 100 ms. PCIe traffic is counted for 20 ms each time
 * (nvmlDeviceGetPcieThroughput), however far apart the readings are.
 */
import type { Micros } from '../base/units';
import * as ids from './series-ids';
import type { Unit } from './types';

export interface Metric {
  readonly unit: Unit;
  /** What a reading averages over; null for an instantaneous one. */
  readonly windowUs: Micros | null;
  readonly about: string;
}

const instant = (unit: Unit, about: string): Metric => ({ unit, windowUs: null, about });
const mean = (unit: Unit, windowUs: Micros, about: string) =>
  ({ unit, windowUs, about }) satisfies Metric;

/** Of a device. The id of its series is the device and the name: `gpu0.memory.used`. */
export const DEVICE_METRICS = {
  'memory.used': instant('bytes', 'device memory in use at the moment of reading'),
  'memory.reserved': instant(
    'bytes',
    'device memory that the driver keeps for itself; it is not in memory.used',
  ),
  'process.memory': instant(
    'bytes',
    "device memory that the workload's processes hold, by the driver's lists",
  ),
  'other.memory': instant(
    'bytes',
    'device memory that all other processes hold, graphics included',
  ),
  'process.utilization': mean(
    'millipercent',
    1_000_000,
    'share of time in which a kernel of the workload ran',
  ),
  utilization: mean('millipercent', 167_000, "share of the driver's window in which a kernel ran"),
  'memory.utilization': mean(
    'millipercent',
    167_000,
    "share of the driver's window in which device memory was read or written: bandwidth, not occupancy",
  ),
  encoder: mean(
    'millipercent',
    167_000,
    "share of the driver's window in which the video encoder ran",
  ),
  decoder: mean(
    'millipercent',
    167_000,
    "share of the driver's window in which the video decoder ran",
  ),
  power: mean(
    'milliwatts',
    1_000_000,
    'power drawn by the whole board, averaged as the product does',
  ),
  'power.instant': mean(
    'milliwatts',
    100_000,
    "power drawn by the whole board at the sensor's last reading",
  ),
  'power.average': mean(
    'milliwatts',
    1_000_000,
    'power drawn by the whole board, averaged over the last second',
  ),
  'power.mean': mean(
    'milliwatts',
    1_000_000,
    'rise of the energy counter: mean power with no load missed',
  ),
  'power.samples': mean(
    'milliwatts',
    20_000,
    "every reading that the driver's own power sampling kept",
  ),
  temperature: instant('millicelsius', 'temperature of the GPU die'),
  fan: instant('millipercent', 'speed the fan is told to run at'),
  'clock.sm': instant('hertz', 'clock of the streaming multiprocessors'),
  'clock.memory': instant('hertz', 'clock of the device memory'),
  throttle: instant('count', 'why the clocks are held back: bits of nvmlClocksThrottleReasons'),
  'pcie.generation': instant('count', 'generation at which the PCIe link runs now'),
  'pcie.width': instant('count', 'lanes of the PCIe link in use now'),
  'pcie.tx': mean('bytes_per_second', 20_000, 'what the GPU sends over PCIe'),
  'pcie.rx': mean('bytes_per_second', 20_000, 'what the GPU receives over PCIe'),
  'ecc.corrected': instant('count', 'memory errors corrected since the driver was loaded'),
  'ecc.uncorrected': instant(
    'count',
    'memory errors beyond correction since the driver was loaded',
  ),
} as const satisfies Readonly<Record<string, Metric>>;
export type DeviceMetric = keyof typeof DEVICE_METRICS;

/** `memory.used` of a MIG device, which has no other counters. */
export const MIG_MEMORY_USED = instant(
  'bytes',
  'memory in use on this MIG device at the moment of reading',
);

/** Of the workload's process tree, of the machine and of Plumbline itself, by the id of the series. */
export const HOST_METRICS = {
  [ids.TREE_RSS]: instant(
    'bytes',
    "resident memory of the workload's processes; a page they share counts once for each",
  ),
  [ids.TREE_CPU]: mean(
    'millipercent',
    500_000,
    "processor time of the workload's processes, as a share of one core",
  ),
  [ids.TREE_PROCESSES]: instant('count', 'processes of the workload'),
  [ids.TREE_DISK_READ]: instant(
    'bytes',
    "bytes that the workload's processes had fetched from storage since launch; what the page cache had is not among them",
  ),
  [ids.TREE_DISK_WRITTEN]: instant(
    'bytes',
    "bytes that the workload's processes wrote since launch and storage has or is yet to get",
  ),
  [ids.SYSTEM_MEMORY_USED]: instant(
    'bytes',
    'memory of the whole machine that is neither free nor reclaimable',
  ),
  [ids.SYSTEM_SWAP_USED]: instant(
    'bytes',
    'memory of the whole machine that was moved out to swap',
  ),
  [ids.SAMPLER_COST]: mean(
    'millipercent',
    1_000_000,
    'processor time of Plumbline itself, all its threads, as a share of one core',
  ),
  [ids.SAMPLER_READ]: mean(
    'microseconds',
    1_000_000,
    'mean time that one read of device memory takes',
  ),
} as const satisfies Readonly<Record<string, Metric>>;
export type HostSeriesId = keyof typeof HOST_METRICS;

/** The metric of a host's series is its id without what it is of: `tree.rss` is `rss`. */
export const hostMetric = (id: HostSeriesId): string => id.slice(id.indexOf('.') + 1);
