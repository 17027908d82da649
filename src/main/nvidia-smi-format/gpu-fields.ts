/** The columns of `--query-gpu` that are read, and the series each one feeds. What a metric means stands in metrics.ts. */

import type { Micros } from '../../shared/base/units';
import { DEVICE_METRICS, type DeviceMetric } from '../../shared/trace/metrics';
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

const field = (name: string, metric: DeviceMetric): GpuField => ({
  field: name,
  metric,
  ...DEVICE_METRICS[metric],
});

const MEMORY_USED = field('memory.used', 'memory.used');

/** Asked of every driver. */
export const GPU_FIELDS: readonly GpuField[] = [
  { ...MEMORY_USED, about: `${MEMORY_USED.about}, in whole MiB` },
  field('utilization.gpu', 'utilization'),
  field('utilization.memory', 'memory.utilization'),
  field('power.draw', 'power'),
  field('temperature.gpu', 'temperature'),
  field('clocks.sm', 'clock.sm'),
];

/**
 * Asked where `--help-query-gpu` lists them, the first known name of each. Since driver 530 instant and average power
 * are told apart; before, `power.draw` alone is there and says neither.
 */
export const EXTRA_FIELDS: readonly GpuField[] = [
  field('power.draw.instant', 'power.instant'),
  field('power.draw.average', 'power.average'),
  field('clocks_event_reasons.active', 'throttle'),
  field('clocks_throttle_reasons.active', 'throttle'),
  field('clocks.mem', 'clock.memory'),
  field('memory.reserved', 'memory.reserved'),
  field('utilization.encoder', 'encoder'),
  field('utilization.decoder', 'decoder'),
  field('fan.speed', 'fan'),
  field('pcie.link.gen.current', 'pcie.generation'),
  field('pcie.link.width.current', 'pcie.width'),
  field('ecc.errors.corrected.volatile.total', 'ecc.corrected'),
  field('ecc.errors.uncorrected.volatile.total', 'ecc.uncorrected'),
];

/** Told by files and exporters; a recording does not ask nvidia-smi for them. */
export const TOLD_FIELDS: readonly GpuField[] = [
  { field: 'memory.free', metric: 'memory.free', unit: 'bytes', windowUs: null },
  {
    field: 'temperature.memory',
    metric: 'memory.temperature',
    unit: 'millicelsius',
    windowUs: null,
  },
  { field: 'clocks.gr', metric: 'clock.graphics', unit: 'hertz', windowUs: null },
];

/** The fields that a driver knows, from its `--help-query-gpu`. */
export const parseKnownFields = (help: string): Set<string> =>
  new Set(Array.from(help.matchAll(/"([a-z][\w.]*)"/g), ([, name = '']) => name));

/** What a driver can be asked for, from its `--help-query-gpu`; without that, what every driver is asked for. */
export function parseAskedFields(help: string): GpuField[] {
  const known = parseKnownFields(help);
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
