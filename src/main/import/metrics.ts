/** The counters an import keeps, with the series each one feeds, under the names a recording uses. */

import { DEVICE_METRICS, type DeviceMetric } from '../../shared/trace/metrics';
import {
  EXTRA_FIELDS,
  GPU_FIELDS,
  type GpuField,
  TOLD_FIELDS,
} from '../nvidia-smi-format/gpu-fields';
import { instanceField } from './mig';

/** A metric that a recording has too. The words that a recording adds about how it is read would be wrong here. */
const shared = (metric: DeviceMetric): GpuField => {
  const { unit, windowUs } = DEVICE_METRICS[metric];
  return { field: metric, metric, unit, windowUs };
};

const FIELDS: readonly GpuField[] = [
  ...GPU_FIELDS,
  ...EXTRA_FIELDS,
  ...TOLD_FIELDS,
  shared('pcie.tx'),
  shared('pcie.rx'),
  // Not of nvidia-smi's device query: sums and counts over its process lists.
  shared('process.memory'),
  { field: 'process.count', metric: 'process.count', unit: 'count', windowUs: null },
];

/** By the name `--query-gpu` gives it, or the one above. */
const METRICS: ReadonlyMap<string, GpuField> = new Map(FIELDS.map((each) => [each.field, each]));

export function metric(name: string): GpuField {
  const found = METRICS.get(name) ?? instanceField(name, (within) => METRICS.get(within));
  if (!found) throw new Error(`no metric ${name}`);
  return found;
}
