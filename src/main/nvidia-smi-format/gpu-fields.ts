/** The columns the stream asks for, and the series each one feeds. */

import type { Micros } from '../../shared/base/units';
import { gpuSeries } from '../../shared/trace/series-ids';
import type { SeriesInfo, Unit } from '../../shared/trace/types';

export interface GpuField {
  /** As `--query-gpu` knows it. */
  readonly field: string;
  /** The series id is `gpuN.` and this. */
  readonly metric: string;
  readonly unit: Unit;
  readonly windowUs: Micros | null;
  readonly about?: string;
}

const field = (
  name: string,
  metric: string,
  unit: Unit,
  about: string,
  windowUs: Micros | null = null,
): GpuField => ({ field: name, metric, unit, windowUs, about });

/**
 * Asked of every driver. Windows are nominal. Utilization is the share of the last 1/6 s to 1 s, by product, in which a
 * kernel ran (nvmlUtilization_t); 1/6 s was measured on a V100. `utilization.memory` is the share in which device
 * memory was read or written: bandwidth, not occupancy. Power is averaged over 1 s on most boards since Ampere, over
 * 10-100 ms before.
 */
export const GPU_FIELDS: readonly GpuField[] = [
  field(
    'memory.used',
    'memory.used',
    'bytes',
    'device memory in use at the moment of reading, in whole MiB',
  ),
  field(
    'utilization.gpu',
    'utilization',
    'millipercent',
    "share of the driver's window in which a kernel ran",
    167_000,
  ),
  field(
    'utilization.memory',
    'memory.utilization',
    'millipercent',
    "share of the driver's window in which device memory was read or written: bandwidth, not occupancy",
    167_000,
  ),
  field(
    'power.draw',
    'power',
    'milliwatts',
    'power drawn by the whole board, averaged as the product does',
    1_000_000,
  ),
  field('temperature.gpu', 'temperature', 'millicelsius', 'temperature of the GPU die'),
  field('clocks.sm', 'clock.sm', 'hertz', 'clock of the streaming multiprocessors'),
];

/**
 * Asked where `--help-query-gpu` lists them, the first known name of each. Since driver 530 instant and average power
 * are told apart; before, `power.draw` alone is there and says neither.
 */
export const EXTRA_FIELDS: readonly GpuField[] = [
  field(
    'power.draw.instant',
    'power.instant',
    'milliwatts',
    "power drawn by the whole board at the sensor's last reading",
    100_000,
  ),
  field(
    'power.draw.average',
    'power.average',
    'milliwatts',
    'power drawn by the whole board, averaged over the last second',
    1_000_000,
  ),
  field(
    'clocks_event_reasons.active',
    'throttle',
    'count',
    'why the clocks are held back: bits of nvmlClocksThrottleReasons',
  ),
  field(
    'clocks_throttle_reasons.active',
    'throttle',
    'count',
    'why the clocks are held back: bits of nvmlClocksThrottleReasons',
  ),
  field('clocks.mem', 'clock.memory', 'hertz', 'clock of the device memory'),
  field(
    'memory.reserved',
    'memory.reserved',
    'bytes',
    'device memory that the driver keeps for itself; it is not in memory.used',
  ),
  field(
    'utilization.encoder',
    'encoder',
    'millipercent',
    "share of the driver's window in which the video encoder ran",
    167_000,
  ),
  field(
    'utilization.decoder',
    'decoder',
    'millipercent',
    "share of the driver's window in which the video decoder ran",
    167_000,
  ),
  field('fan.speed', 'fan', 'millipercent', 'speed the fan is told to run at'),
  field(
    'pcie.link.gen.current',
    'pcie.generation',
    'count',
    'generation at which the PCIe link runs now',
  ),
  field('pcie.link.width.current', 'pcie.width', 'count', 'lanes of the PCIe link in use now'),
  field(
    'ecc.errors.corrected.volatile.total',
    'ecc.corrected',
    'count',
    'memory errors corrected since the driver was loaded',
  ),
  field(
    'ecc.errors.uncorrected.volatile.total',
    'ecc.uncorrected',
    'count',
    'memory errors beyond correction since the driver was loaded',
  ),
];

/** What a driver can be asked for, from its `--help-query-gpu`; without that, what every driver is asked for. */
export function parseAskedFields(help: string): GpuField[] {
  const known = new Set([...help.matchAll(/"([a-z][\w.]*)"/g)].map((match) => match[1]!));
  const extras = EXTRA_FIELDS.filter((each) => known.has(each.field));
  const first = extras.filter(
    (each, i) => extras.findIndex(({ metric }) => metric === each.metric) === i,
  );
  return [...GPU_FIELDS, ...first];
}

export function describeGpuSeries(
  index: number,
  { metric, unit, windowUs, about }: GpuField,
  intervalUs: Micros,
): SeriesInfo {
  return {
    id: gpuSeries(index, metric),
    source: 'nvidia-smi',
    metric,
    unit,
    windowUs,
    intervalUs,
    ...(about !== undefined && { about }),
  };
}
