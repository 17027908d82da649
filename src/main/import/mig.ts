/** Instances of a GPU in MIG mode. The GPU itself tells no utilization then; each instance tells its own memory. */
import type { Reading } from '../../shared/base/vocabulary';
import { migMetric } from '../../shared/trace/series-ids';
import type { GpuField } from '../nvidia-smi-format/gpu-fields';
import type { FieldReadings } from './imported-trace';

/** Under this name an instance's memory is a reading of its GPU. */
export const migMemory = (instance: string, reading: Reading): readonly [string, Reading] => [
  migMetric(instance, 'memory.used'),
  reading,
];

/** What a row of a monitor says of an instance, as readings of its GPU. What it has none of is a dash and no series. */
export function withInstance(instance: string, readings: FieldReadings): FieldReadings {
  if (instance === '') return readings;
  return readings.flatMap(
    ([field, reading]): FieldReadings =>
      reading.kind === 'absent' && reading.reason === 'not_supported'
        ? []
        : [[`${instance}.${field}`, reading]],
  );
}

/**
 * The instance that a row of dmon or pmon speaks of: by the number of the MIG device, else by those of the GPU instance
 * and the compute instance within it. Empty for the GPU itself, whose row has dashes there.
 */
export function findInstance(columns: readonly string[], cells: readonly string[]): string {
  const named = (column: string, name: string) => {
    const cell = cells[columns.indexOf(column)] ?? '';
    return /^\d{1,3}$/.test(cell) ? [`${name}${cell}`] : [];
  };
  return [...named('mig', 'mig'), ...named('gi', 'gi'), ...named('ci', 'ci')]
    .slice(0, columns.includes('mig') ? 1 : 2)
    .join('.');
}

export const INSTANCE_COLUMNS: readonly string[] = ['mig', 'gi', 'ci'];

/** The series behind the name of an instance's reading, given that of the reading; null for any other. */
export function instanceField(
  name: string,
  findField: (name: string) => GpuField | undefined,
): GpuField | null {
  const [, instance, rest] =
    /^(mig\d{1,3}|gi\d{1,3}(?:\.ci\d{1,3})?|ci\d{1,3})\.(.+)$/.exec(name) ?? [];
  const field = rest === undefined ? undefined : findField(rest);
  return field ? { ...field, field: name, metric: `${instance}.${field.metric}` } : null;
}
