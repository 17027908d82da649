/** Instances of a GPU in MIG mode. The GPU itself tells no utilization then; each instance tells its own memory. */
import type { Reading } from '../../../shared/vocabulary';
import type { GpuField } from '../../telemetry/nvidia-smi/gpu-fields';

/** Under this name an instance's memory is a reading of its GPU. */
export const migMemory = (instance: string, reading: Reading): readonly [string, Reading] => [`mig${instance}.memory.used`, reading];

/** The series behind the name; null for any other. */
export function migField(name: string): GpuField | null {
  return /^mig\d{1,3}\.memory\.used$/.test(name) ? { field: name, metric: name, unit: 'bytes', windowUs: null } : null;
}
