/**
 * The rows of one GPU as columns while a file is read, and the series they become: samples in order of time, and a gap
 * from each first absent reading to the next that is not.
 */

import type { Micros } from '../../shared/base/units';
import { ABSENT_REASONS, type AbsentReason } from '../../shared/base/vocabulary';
import { risingTime } from '../../shared/trace/series';
import type { Gap, SampledSeries } from '../../shared/trace/types';
import { describeGpuSeries, type GpuField } from '../nvidia-smi-format/gpu-fields';
import { type ImportKind, nameSource } from './imported-trace';
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
  kind: ImportKind,
): SampledSeries[] {
  if (gpu.n === 0) return [];
  const order = Uint32Array.from({ length: gpu.n }, (_, i) => i);
  // Stable: rows with equal stamps stay as the file has them.
  if (gpu.disordered > 0) order.sort((a, b) => gpu.times[a]! - gpu.times[b]! || a - b);
  return [...gpu.columns.values()].map((column) => {
    const intervalUs = usualInterval(gpu, column, order);
    const samples = collectSamples(gpu, column, order, start, durationUs, intervalUs);
    const source = nameSource(kind);
    const info = { ...describeGpuSeries(index, column.field, 0), source, intervalUs };
    return { info, ...samples };
  });
}

/** A hole in a log: so many intervals without a row, and so long at the least. */
const HOLE_INTERVALS = 10;
const MIN_HOLE_US: Micros = 10_000_000;

function collectSamples(
  gpu: Gpu,
  { values, reasons }: Column,
  order: Uint32Array,
  start: number,
  durationUs: Micros,
  intervalUs: Micros | null,
): Pick<SampledSeries, 'times' | 'values' | 'gaps'> {
  const count = order.reduce((sum, row) => sum + Number(reasons[row] === VALUE), 0);
  const times = new Float64Array(count);
  const kept = new Float64Array(count);
  const gaps = new GapList();
  const holeUs = Math.max(MIN_HOLE_US, HOLE_INTERVALS * (intervalUs ?? durationUs));
  let at = 0;
  let last: Micros | null = null;
  for (const row of order) {
    const code = reasons[row]!;
    if (code === NOT_MENTIONED) continue;
    const t = Math.round(gpu.times[row]! - start);
    // Nobody read while no row was written.
    if (last !== null && t - last > holeUs && !gaps.isOpen)
      gaps.add(last + (intervalUs ?? 0), t, 'not_read');
    last = t;
    if (code === VALUE) {
      gaps.close(t);
      times[at] = risingTime(t, at === 0 ? null : times[at - 1]!);
      kept[at++] = values[row]!;
    } else gaps.open(t, ABSENT_REASONS[code - FIRST_REASON]!);
  }
  gaps.close(Math.round(durationUs));
  return { times, values: kept, gaps: gaps.all };
}

/** Gaps of one series in order. They start at different times: the store knows them by their start. */
class GapList {
  readonly all: Gap[] = [];
  #open: { readonly t0: Micros; readonly reason: AbsentReason } | null = null;

  get isOpen(): boolean {
    return this.#open !== null;
  }

  /** A gap begins, unless one of the same reason lasts. */
  open(t: Micros, reason: AbsentReason): void {
    if (this.#open?.reason === reason) return;
    this.close(t);
    this.#open = { t0: this.#rising(t), reason };
  }

  /** The gap that lasts, if any, ends. */
  close(t1: Micros): void {
    if (this.#open) this.add(this.#open.t0, t1, this.#open.reason);
    this.#open = null;
  }

  add(t0: Micros, t1: Micros, reason: AbsentReason): void {
    const begin = this.#rising(t0);
    this.all.push({ t0: begin, t1: Math.max(begin, t1), reason });
  }

  #rising(t: Micros): Micros {
    return risingTime(t, this.all.at(-1)?.t0 ?? null);
  }
}

/**
 * The median distance of the first rows that mention a metric: what its interval is in fact. Stamps of whole seconds
 * that several rows share tell only how many rows there were in how long.
 */
function usualInterval(gpu: Gpu, { reasons }: Column, order: Uint32Array): Micros | null {
  const times: number[] = [];
  for (const row of order) {
    if (reasons[row] !== NOT_MENTIONED) times.push(gpu.times[row]!);
    if (times.length === INTERVAL_ROWS) break;
  }
  const steps = times.slice(1).map((t, i) => t - times[i]!);
  const rising = steps.filter((step) => step > 0).sort((a, b) => a - b);
  if (rising.length === 0) return null;
  const isCoarse =
    gpu.disordered === 0 && rising.length < steps.length && times.every((t) => t % SECOND_US === 0);
  const total = times[times.length - 1]! - times[0]!;
  return Math.round(isCoarse ? total / steps.length : rising[rising.length >> 1]!);
}
const SECOND_US: Micros = 1_000_000;
