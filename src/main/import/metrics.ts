/** The counters an import keeps, with the series each one feeds, under the names a recording uses. */

import type { Micros } from '../../shared/base/units';
import type { Unit } from '../../shared/trace/types';
import { EXTRA_FIELDS, GPU_FIELDS, type GpuField } from '../nvidia-smi-format/gpu-fields';
import { instanceField } from './mig';

const field = (
  name: string,
  metric: string,
  unit: Unit,
  windowUs: Micros | null = null,
): GpuField => ({ field: name, metric, unit, windowUs });

const FIELDS: readonly GpuField[] = [
  ...GPU_FIELDS,
  ...EXTRA_FIELDS,
  field('memory.free', 'memory.free', 'bytes'),
  field('temperature.memory', 'memory.temperature', 'millicelsius'),
  field('clocks.gr', 'clock.graphics', 'hertz'),
  // Counted for 20 ms each time (nvmlDeviceGetPcieThroughput), however far apart the rows are.
  field('pcie.tx', 'pcie.tx', 'bytes_per_second', 20_000),
  field('pcie.rx', 'pcie.rx', 'bytes_per_second', 20_000),
  // Not of nvidia-smi's device query: sums and counts over its process lists.
  field('process.memory', 'process.memory', 'bytes'),
  field('process.count', 'process.count', 'count'),
];

/** By the name `--query-gpu` gives it, or the one above. */
export const METRICS: ReadonlyMap<string, GpuField> = new Map(
  FIELDS.map((each) => [each.field, each]),
);

export function metric(name: string): GpuField {
  const found = METRICS.get(name) ?? instanceField(name, (within) => METRICS.get(within));
  if (!found) throw new Error(`no metric ${name}`);
  return found;
}
