/**
 * The samples of a recording on their way to the file, as rows to be written: chunks where there is enough for one,
 * rows of the tail for the rest.
 *
 * All series that have nearly a chunk are cut at the same moment as the first that has one. So series that are read at
 * one tick stay in step, share their times, and fall into step again after one of them missed a reading.
 */
import { upperBound } from '../../shared/base/search';
import type { Micros } from '../../shared/base/units';
import type { SeriesInfo } from '../../shared/trace/types';
import {
  packGroups,
  packGroupTimes,
  packSamples,
  packSummary,
  packTimes,
  packValues,
} from './chunk';
import { GrowingSeries, type Layout, type SealedChunk } from './growing-series';
import { SharedTimes } from './shared-times';
import type { Totals } from './stored-totals';

export type Row = readonly (string | number | bigint | Buffer | null)[];
export type Put = (table: 'chunk' | 'times' | 'tail' | 'emptyTail', row: Row) => void;

/** Samples that may wait in all before chunks are made of them without a commit. */
const MAX_WAITING = 1 << 18;
/** This part of a chunk is worth being cut with the others. */
const WORTH_SEALING = 1 / 8;

export class GrowingSamples {
  readonly #layout: Layout;
  readonly #put: Put;
  readonly #series = new Map<string, GrowingSeries>();
  readonly #times = new SharedTimes();
  #waiting = 0;
  #tailSeq = 0;

  /** `put` takes what is to be written, in order. */
  constructor(layout: Layout, put: Put) {
    this.#layout = layout;
    this.#put = put;
  }

  get(seriesId: string): GrowingSeries | undefined {
    return this.#series.get(seriesId);
  }

  declare(info: SeriesInfo): GrowingSeries {
    const series = new GrowingSeries(this.#series.size + 1, info, this.#layout);
    this.#series.set(info.id, series);
    return series;
  }

  append(series: GrowingSeries, t: Micros, value: number): Micros {
    const at = series.append(t, value);
    if (++this.#waiting > MAX_WAITING) this.sealRipe();
    return at;
  }

  /** Chunks of what is enough for one. */
  sealRipe(): void {
    const all = [...this.#series.values()];
    const least = Math.max(1, this.#layout.chunk * WORTH_SEALING);
    let isSealed = false;
    for (;;) {
      const ripe = all.flatMap(({ ripeAt }) => ripeAt ?? []);
      if (ripe.length === 0) break;
      const until = Math.min(...ripe);
      for (const series of all) {
        const n = upperBound(series.samples(0).times, until);
        if (n >= least) this.#store(series, n);
      }
      isSealed = true;
    }
    if (isSealed) this.#emptyTail(all);
    this.#waiting = all.reduce((n, { waiting }) => n + waiting, 0);
  }

  /** Chunks of everything: no sample comes any more. */
  sealAll(): void {
    this.sealRipe();
    const all = [...this.#series.values()];
    for (const series of all) if (series.waiting > 0) this.#store(series, series.waiting);
    for (const series of all)
      for (const chunk of series.sealLevels()) this.#storeChunk(series.key, chunk);
    this.#emptyTail(all);
    this.#waiting = 0;
  }

  /** Of everything that is in chunks, by the series' keys. */
  totals(): Totals {
    const all = [...this.#series.values()];
    return new Map(all.flatMap(({ key, whole }) => (whole === null ? [] : [[key, whole]])));
  }

  /** Rows of what waits and is not in the tail. Call `tailStored` when they are committed. */
  tailRows(): Row[] {
    const rows: Row[] = [];
    for (const series of this.#series.values()) {
      if (series.waiting === series.stored) continue;
      const { times, values } = series.samples(series.stored);
      const n = times.length;
      const { crc, data } = packSamples(times, values, 0, n);
      rows.push([this.#tailSeq + rows.length + 1, series.key, n, times[n - 1]!, crc, data]);
    }
    return rows;
  }

  tailStored(rows: readonly Row[]): void {
    this.#tailSeq += rows.length;
    for (const series of this.#series.values()) series.stored = series.waiting;
  }

  #emptyTail(all: readonly GrowingSeries[]): void {
    this.#put('emptyTail', []);
    for (const series of all) series.stored = 0;
  }

  #store(series: GrowingSeries, n: number): void {
    for (const chunk of series.seal(n)) this.#storeChunk(series.key, chunk);
  }

  #storeChunk(series: number, { level, i0, summary, times, values, groups }: SealedChunk): void {
    const columns = groups === null ? [times] : [groups.t0, groups.t1];
    const timesId = this.#times.intern(columns, (id) => {
      const { crc, data } =
        groups === null ? packTimes(times, 0, times.length) : packGroupTimes(groups);
      this.#put('times', [id, crc, data]);
    });
    const { crc, data } =
      groups === null ? packValues(values, 0, values.length) : packGroups(groups);
    const { t0, t1, count: n } = summary;
    const key = { series, level, t0, t1, i0, n };
    const entries = groups === null ? n : groups.t0.length;
    const told = packSummary(key, summary);
    this.#put('chunk', [series, level, t0, t1, i0, n, entries, timesId, told, crc, data]);
  }
}
