/**
 * The rows of one GPU as columns while a file is read, and the series they become: samples in order of time, and a gap
 * from each first absent reading to the next that is not.
 */

import type { Micros } from '../../shared/base/units';
import { ABSENT_REASONS, type AbsentReason } from '../../shared/base/vocabulary';
import { risingTime } from '../../shared/trace/series';
import type { Gap, SeriesData } from '../../shared/trace/types';
import { describeGpuSeries, type GpuField } from '../nvidia-smi-format/gpu-fields';
import { metric } from './metrics';

/** In a column of reasons: 0 is a value, 1 a row that does not mention this metric, above that an absence. */
export const VALUE = 0;
const NOT_MENTIONED = 1;
export const FIRST_REASON = 2;

/** The interval is taken from so many rows at most. */
const INTERVAL_ROWS = 2000;

interface Column {
  readonly field: GpuField;
  values: Float64Array;
  reasons: Uint8Array;
}

export interface Gpu {
  index: number | null;
  uuid: string;
  busId: string;
  name: string;
  memoryBytes: number | null;
  times: Float64Array;
  n: number;
  tick: number;
  disordered: number;
  /** Of the last row, as printed; and what the clock fell back by before it. */
  stampUs: number | null;
  fellBackUs: Micros;
  readonly columns: Map<string, Column>;
}

export function findMin(times: Float64Array, n: number, seed: number): number {
  let lowest = seed;
  for (let i = 0; i < n; i++) if (times[i]! < lowest) lowest = times[i]!;
  return lowest;
}

export function findMax(times: Float64Array, n: number, seed: number): number {
  let highest = seed;
  for (let i = 0; i < n; i++) if (times[i]! > highest) highest = times[i]!;
  return highest;
}

export function newColumn(gpu: Gpu, name: string): Column {
  const size = gpu.times.length;
  const column: Column = {
    field: metric(name),
    values: new Float64Array(size),
    reasons: new Uint8Array(size).fill(NOT_MENTIONED),
  };
  gpu.columns.set(name, column);
  return column;
}

export function grow(gpu: Gpu): void {
  const size = gpu.times.length * 2;
  gpu.times = doubled(gpu.times, size);
  for (const column of gpu.columns.values()) {
    column.values = doubled(column.values, size);
    const reasons = new Uint8Array(size).fill(NOT_MENTIONED);
    reasons.set(column.reasons);
    column.reasons = reasons;
  }
}

function doubled(column: Float64Array, size: number): Float64Array {
  const bigger = new Float64Array(size);
  bigger.set(column);
  return bigger;
}

export function buildSeries(
  gpu: Gpu,
  index: number,
  start: number,
  durationUs: Micros,
): SeriesData[] {
  if (gpu.n === 0) return [];
  const order = Uint32Array.from({ length: gpu.n }, (_, i) => i);
  // Stable: rows with equal stamps stay as the file has them.
  if (gpu.disordered > 0) order.sort((a, b) => gpu.times[a]! - gpu.times[b]! || a - b);
  return [...gpu.columns.values()].map(({ field, values, reasons }) => {
    let count = 0;
    for (let i = 0; i < gpu.n; i++) if (reasons[i] === VALUE) count++;
    const times = new Float64Array(count);
    const kept = new Float64Array(count);
    const gaps: Gap[] = [];
    const mentioned: number[] = [];
    let at = 0;
    let open: { t0: Micros; reason: AbsentReason } | null = null;
    const close = (t1: Micros) => {
      if (open) gaps.push({ ...open, t1 });
      open = null;
    };
    for (const row of order) {
      const t = Math.round(gpu.times[row]! - start);
      const code = reasons[row]!;
      if (code === NOT_MENTIONED) continue;
      if (mentioned.length < INTERVAL_ROWS) mentioned.push(gpu.times[row]!);
      if (code === VALUE) {
        close(t);
        times[at] = risingTime(t, at === 0 ? null : times[at - 1]!);
        kept[at++] = values[row]!;
        continue;
      }
      const reason = ABSENT_REASONS[code - FIRST_REASON]!;
      if ((open as { reason: AbsentReason } | null)?.reason === reason) continue;
      close(t);
      // Gaps of one series start at different times: the store knows them by their start.
      open = { t0: risingTime(t, gaps.at(-1)?.t0 ?? null), reason };
    }
    close(Math.round(durationUs));
    return {
      info: { ...describeGpuSeries(index, field, 0), intervalUs: usualInterval(mentioned) },
      times,
      values: kept,
      gaps: gaps.map((gap) => ({ ...gap, t1: Math.max(gap.t0, gap.t1) })),
    };
  });
}

/** The median distance of the first rows that mention a metric: what its interval is in fact. */
function usualInterval(times: readonly number[]): Micros | null {
  const steps = times
    .slice(1)
    .map((t, i) => t - times[i]!)
    .filter((step) => step > 0)
    .sort((a, b) => a - b);
  const median = steps[steps.length >> 1];
  return median === undefined ? null : Math.round(median);
}
