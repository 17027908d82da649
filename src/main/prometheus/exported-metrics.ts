/** The metrics of GPUs that exporters publish, DCGM's and nvitop's: which field each is, and in what. */
import type { Reading } from '../../shared/base/vocabulary';
import type { Labels } from './cluster-gpus';

const MiB = 2 ** 20;
/** The field that a metric is, as nvidia-smi calls it, and what its values are multiplied by. */
export type Exported = readonly [field: string, factor: number];

/** By the exporter's name of a metric. */
export const EXPORTED: ReadonlyMap<string, Exported> = new Map([
  ['DCGM_FI_DEV_FB_USED', ['memory.used', MiB]],
  ['DCGM_FI_DEV_FB_FREE', ['memory.free', MiB]],
  ['DCGM_FI_DEV_FB_RESERVED', ['memory.reserved', MiB]],
  ['DCGM_FI_DEV_GPU_UTIL', ['utilization.gpu', 1000]],
  ['DCGM_FI_DEV_MEM_COPY_UTIL', ['utilization.memory', 1000]],
  ['DCGM_FI_DEV_POWER_USAGE', ['power.draw', 1000]],
  ['DCGM_FI_DEV_GPU_TEMP', ['temperature.gpu', 1000]],
  ['DCGM_FI_DEV_MEMORY_TEMP', ['temperature.memory', 1000]],
  ['DCGM_FI_DEV_SM_CLOCK', ['clocks.sm', 1e6]],
  ['DCGM_FI_DEV_MEM_CLOCK', ['clocks.mem', 1e6]],
  ['gpu_memory_used', ['memory.used', MiB]],
  ['gpu_memory_free', ['memory.free', MiB]],
  ['gpu_utilization', ['utilization.gpu', 1000]],
  ['gpu_temperature', ['temperature.gpu', 1000]],
]);

/** Tells the size of a GPU, in MiB like the others, and is no reading. */
export const MEMORY_TOTAL = 'DCGM_FI_DEV_FB_TOTAL';
/** From here on up DCGM's numbers are absences (blank, not found, not supported, no permission). */
const DCGM_BLANK = 2 ** 63;

/** A value as an exporter writes it; what DCGM calls blank is absent. */
export function parseExported(text: string, factor: number): Reading {
  const value = Number(text);
  return text.trim() === '' || !Number.isFinite(value) || value >= DCGM_BLANK
    ? { kind: 'absent', reason: 'not_supported' }
    : { kind: 'ok', value: Math.round(value * factor) };
}

/** The size of a GPU is among them; null for a metric that is not known. */
export const findExported = (name: string): Exported | null =>
  EXPORTED.get(name) ?? (name === MEMORY_TOTAL ? [MEMORY_TOTAL, MiB] : null);

/** A part of a GPU (MIG) has its own memory and is no reading of the whole. */
export const isOfPart = ({ GPU_I_ID: part = '' }: Labels): boolean => part !== '';
