/** The columns the stream asks for, and the series each one feeds. */
import type { SeriesInfo, Unit } from '../../../shared/trace/types';
import type { Micros } from '../../../shared/units';

export interface GpuField {
  /** As `--query-gpu` knows it. */
  readonly field: string;
  /** The series id is `gpuN.` and this. */
  readonly metric: string;
  readonly unit: Unit;
  readonly windowUs: Micros | null;
}

/**
 * Windows are nominal. Utilization is the share of the last 1/6 s to 1 s, by product, in which a kernel ran
 * (nvmlUtilization_t); 1/6 s was measured on a V100. `utilization.memory` is the share in which device memory was
 * read or written: bandwidth, not occupancy. Power is averaged over 1 s on most boards since Ampere, over 10-100 ms
 * before.
 */
export const GPU_FIELDS: readonly GpuField[] = [
  { field: 'memory.used', metric: 'memory.used', unit: 'bytes', windowUs: null },
  { field: 'utilization.gpu', metric: 'utilization', unit: 'millipercent', windowUs: 167_000 },
  { field: 'utilization.memory', metric: 'memory.utilization', unit: 'millipercent', windowUs: 167_000 },
  { field: 'power.draw', metric: 'power', unit: 'milliwatts', windowUs: 1_000_000 },
  { field: 'temperature.gpu', metric: 'temperature', unit: 'millicelsius', windowUs: null },
  { field: 'clocks.sm', metric: 'clock.sm', unit: 'hertz', windowUs: null },
];

export const gpuSeriesId = (index: number, metric: string): string => `gpu${index}.${metric}`;

export function gpuSeries(index: number, field: GpuField, intervalUs: Micros): SeriesInfo {
  return { id: gpuSeriesId(index, field.metric), source: 'nvidia-smi', metric: field.metric, unit: field.unit, windowUs: field.windowUs, intervalUs };
}
