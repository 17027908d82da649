/**
 * The rows of one GPU as columns while a file is read, and the series they become: samples in order of time, and a gap
 * from each first absent reading to the next that is not. However many rows there are, what is held of them is bounded:
 * of a series its figures and gaps are taken in one walk, and its samples are handed on in another.
 */

import type { Micros } from '../../shared/base/units';
import { ABSENT_REASONS, type AbsentReason } from '../../shared/base/vocabulary';
import { risingTime } from '../../shared/trace/series';
import type { Gap } from '../../shared/trace/types';
import { describeGpuSeries, type GpuField } from '../nvidia-smi-format/gpu-fields';
import { ImportedSeries, type Walk } from './imported-series';
import { type ImportKind, nameSource } from './imported-trace';
import { metric } from './metrics';
import { type ColumnRoom, NumberColumn, sortByTime } from './number-column';

/** An absence stands among the values as what none of them can be. */
const ABSENT = Number.MIN_SAFE_INTEGER;
/** A row that does not mention this metric. */
const NOT_MENTIONED = ABSENT + ABSENT_REASONS.length;

/** The interval is taken from so many rows at most. */
const INTERVAL_ROWS = 2000;

interface Column {
  readonly field: GpuField;
  /** Rows before the first that mentions the metric; they are not kept. */
  readonly before: number;
  readonly cells: NumberColumn;
}

export interface Gpu {
  index: number | null;
  uuid: string;
  busId: string;
  name: string;
  memoryBytes: number | null;
  readonly room: ColumnRoom;
  readonly times: NumberColumn;
  tick: number;
  disordered: number;
  /** Of the last row, as printed; and what the clock fell back by before it. */
  stampUs: number | null;
  fellBackUs: Micros;
  readonly columns: Map<string, Column>;
}

/** The column of a metric, made where there is none yet. The row it is for has its time already. */
export function findColumn(gpu: Gpu, name: string): Column {
  const known = gpu.columns.get(name);
  if (known) return known;
  const before = gpu.times.length - 1;
  const column = { field: metric(name), before, cells: new NumberColumn(gpu.room) };
  gpu.columns.set(name, column);
  return column;
}

/** Puts a value, or the reason of its absence, into the latest row; what was put there before is replaced. */
export function putCell(gpu: Gpu, { before, cells }: Column, cell: number | AbsentReason): void {
  const row = gpu.times.length - 1 - before;
  const code = typeof cell === 'number' ? cell : ABSENT + ABSENT_REASONS.indexOf(cell);
  while (cells.length < row) cells.push(NOT_MENTIONED);
  if (cells.length === row) cells.push(code);
  else cells.set(row, code);
}

const cellAt = ({ before, cells }: Column, row: number): number =>
  row < before || row - before >= cells.length ? NOT_MENTIONED : cells.get(row - before);

export function buildSeries(
  gpu: Gpu,
  index: number,
  start: number,
  durationUs: Micros,
  kind: ImportKind,
): ImportedSeries[] {
  if (gpu.times.length === 0) return [];
  // Stable: rows with equal stamps stay as the file has them.
  const order = gpu.disordered > 0 ? sortByTime(gpu.times) : null;
  return [...gpu.columns.values()].map((column) => {
    const intervalUs = usualInterval(gpu, column, order);
    const source = nameSource(kind);
    const info = { ...describeGpuSeries(index, column.field, 0), source, intervalUs };
    const gaps = findGaps(gpu, column, order, { start, durationUs, intervalUs });
    return new ImportedSeries(info, gaps, walkSamples(gpu, column, order, start));
  });
}

/** A hole in a log: so many intervals without a row, and so long at the least. */
const HOLE_INTERVALS = 10;
const MIN_HOLE_US: Micros = 10_000_000;

function findGaps(
  gpu: Gpu,
  column: Column,
  order: Uint32Array | null,
  {
    start,
    durationUs,
    intervalUs,
  }: { readonly start: number; readonly durationUs: Micros; readonly intervalUs: Micros | null },
): Gap[] {
  const gaps = new GapList();
  const holeUs = Math.max(MIN_HOLE_US, HOLE_INTERVALS * (intervalUs ?? durationUs));
  let last: Micros | null = null;
  for (let i = 0; i < gpu.times.length; i++) {
    const row = order === null ? i : order[i]!;
    const cell = cellAt(column, row);
    if (cell === NOT_MENTIONED) continue;
    const t = Math.round(gpu.times.get(row) - start);
    // Nobody read while no row was written.
    if (last !== null && t - last > holeUs && !gaps.isOpen)
      gaps.add(last + (intervalUs ?? 0), t, 'not_read');
    last = t;
    if (cell < NOT_MENTIONED) gaps.open(t, ABSENT_REASONS[cell - ABSENT]!);
    else gaps.close(t);
  }
  gaps.close(Math.round(durationUs));
  return gaps.all;
}

const walkSamples =
  (gpu: Gpu, column: Column, order: Uint32Array | null, start: number): Walk =>
  (take) => {
    let last: Micros | null = null;
    for (let i = 0; i < gpu.times.length; i++) {
      const row = order === null ? i : order[i]!;
      const cell = cellAt(column, row);
      if (cell <= NOT_MENTIONED) continue;
      last = risingTime(Math.round(gpu.times.get(row) - start), last);
      take(last, cell);
    }
  };

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
function usualInterval(gpu: Gpu, column: Column, order: Uint32Array | null): Micros | null {
  const times: number[] = [];
  for (let i = 0; i < gpu.times.length && times.length < INTERVAL_ROWS; i++) {
    const row = order === null ? i : order[i]!;
    if (cellAt(column, row) !== NOT_MENTIONED) times.push(gpu.times.get(row));
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
