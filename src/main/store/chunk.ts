/**
 * What a row of the table `chunk` holds: the samples of a stretch (level 0), or the runs of a level above. Times lie
 * apart (see `times` in schema.ts), since the series read at one tick share them.
 *
 * Guarantees: unpacking gives back exactly what was packed. Data and summaries carry a checksum (CRC-32), for SQLite
 * itself does not notice a flipped bit; whatever does not match, or does not unpack to what was promised, throws a
 * `ChunkError`.
 */
import { crc32 } from 'node:zlib';
import type { Micros } from '../../shared/base/units';
import type { Groups } from '../../shared/trace/levels';
import type { Summary } from '../../shared/trace/summary';
import { ByteReader, ByteWriter, ChunkError } from './bytes';
import { ColumnRoom, packColumn, unpackColumn } from './packed-columns';
import { areEqual } from './shared-times';

/** No chunk of ours comes near; a larger count is damage, and must not be allocated. */
const MAX_ENTRIES = 1 << 16;

/** Used anew for each blob. */
const out = new ByteWriter();

/**
 * Used anew for what a chunk holds each time one is looked into. To keep what is unpacked costs more than to unpack it
 * again: a view of a day runs through a hundred MiB of columns, which have to be made and collected.
 */
const rooms = {
  values: new ColumnRoom(),
  count: new ColumnRoom(),
  min: new ColumnRoom(),
  minT: new ColumnRoom(),
  max: new ColumnRoom(),
  maxT: new ColumnRoom(),
  first: new ColumnRoom(),
  last: new ColumnRoom(),
};

export interface Blob {
  readonly crc: number;
  readonly data: Buffer;
}

function written(): Blob {
  const data = out.copy();
  return { crc: crc32(data), data };
}

function opened(data: Buffer, entries: number): ByteReader {
  if (!Number.isInteger(entries) || entries < 1 || entries > MAX_ENTRIES)
    throw new ChunkError(`a chunk claims ${entries} entries`);
  return new ByteReader(data);
}

/** The data of a blob that matches its checksum, which is what everything below unpacks. */
export function checkBlob({ crc, data }: Blob): Buffer {
  if (crc32(data) !== crc) throw new ChunkError('a chunk does not match its checksum');
  return data;
}

export function packValues(values: Float64Array, from: number, to: number): Blob {
  out.length = 0;
  packColumn(out, values, from, to);
  return written();
}

/** The values [from, to) of `n`, which hold until the next call. */
export function unpackValues(data: Buffer, n: number, from: number, to: number): Float64Array {
  const bytes = opened(data, n);
  const values = unpackColumn(bytes, n, from, to, rooms.values);
  bytes.end();
  return values;
}

export const packTimes = packValues;

/** Times that do not rise are damage. */
export function unpackTimes(data: Buffer, n: number): Float64Array {
  const bytes = opened(data, n);
  const times = unpackColumn(bytes, n);
  bytes.end();
  checkRising(times, Number.NEGATIVE_INFINITY);
  return times;
}

function checkRising(times: Float64Array, after: Micros): void {
  let isRising = times[0]! > after;
  for (let i = 1; i < times.length; i++) isRising &&= times[i]! > times[i - 1]!;
  if (!isRising) throw new ChunkError('times in a chunk do not rise');
}

/** Times and values in one, as the tail holds them. */
export function packSamples(
  times: Float64Array,
  values: Float64Array,
  from: number,
  to: number,
): Blob {
  out.length = 0;
  packLikeLast(times.subarray(from, to));
  packColumn(out, values, from, to);
  return written();
}

/** A column and its bytes: the series that are read at one tick, one after the other, have the same times. */
let last: { readonly column: Float64Array; readonly bytes: Uint8Array } = {
  column: new Float64Array(0),
  bytes: new Uint8Array(0),
};

function packLikeLast(column: Float64Array): void {
  if (areEqual(column, last.column)) {
    out.bytes(last.bytes);
    return;
  }
  const from = out.length;
  packColumn(out, column);
  last = { column: column.slice(), bytes: out.since(from) };
}

export interface Samples {
  readonly times: Float64Array;
  readonly values: Float64Array;
}

/** Samples of the tail, which come after the time `after`. */
export function unpackTail(blob: Blob, n: number, after: Micros): Samples {
  const samples = unpackSamples(checkBlob(blob), n);
  checkRising(samples.times, after);
  return samples;
}

function unpackSamples(data: Buffer, n: number): Samples {
  const bytes = opened(data, n);
  const times = unpackColumn(bytes, n);
  const values = unpackColumn(bytes, n);
  bytes.end();
  return { times, values };
}

/** When each run begins and ends; shared as the times of samples are. */
export function packGroupTimes({ t0, t1 }: Groups): Blob {
  return packSamples(t0, t1, 0, t0.length);
}

export interface GroupTimes {
  readonly t0: Float64Array;
  readonly t1: Float64Array;
}

export function unpackGroupTimes(data: Buffer, n: number): GroupTimes {
  const { times, values } = unpackSamples(data, n);
  return { t0: times, t1: values };
}

/** Told from the run's own beginning and lowest value where that is exact: runs that stand still take next to nothing. */
export function packGroups({ t0, count, min, minT, max, maxT, first, last }: Groups): Blob {
  out.length = 0;
  const isRelative = isExact(min) && isExact(max) && isExact(first) && isExact(last);
  out.byte(isRelative ? 1 : 0);
  packColumn(out, count);
  packColumn(out, less(minT, t0));
  packColumn(out, less(maxT, t0));
  packColumn(out, min);
  for (const column of [max, first, last]) packColumn(out, isRelative ? less(column, min) : column);
  return written();
}

/** The runs [from, to) of `n`, which hold until the next call; `times` are those of all. */
export function unpackGroups(
  data: Buffer,
  n: number,
  times: GroupTimes,
  from: number,
  to: number,
): Groups {
  const bytes = opened(data, n);
  const [t0, t1] = [times.t0.subarray(from, to), times.t1.subarray(from, to)];
  const isRelative = bytes.byte() === 1;
  const next = (room: ColumnRoom) => unpackColumn(bytes, n, from, to, room);
  const count = next(rooms.count);
  const minT = more(next(rooms.minT), t0);
  const maxT = more(next(rooms.maxT), t0);
  const min = next(rooms.min);
  const value = (room: ColumnRoom) => (isRelative ? more(next(room), min) : next(room));
  const [max, first, last] = [value(rooms.max), value(rooms.first), value(rooms.last)];
  bytes.end();
  return { t0, t1, count, min, minT, max, maxT, first, last };
}

const isExact = (values: Float64Array): boolean =>
  values.every((value) => Math.abs(value) <= 2 ** 50 && Number.isInteger(value));

const less = (column: Float64Array, base: Float64Array): Float64Array =>
  column.map((value, i) => value - base[i]!);

/** In place. */
function more(column: Float64Array, base: Float64Array): Float64Array {
  for (let i = 0; i < column.length; i++) column[i] = column[i]! + base[i]!;
  return column;
}

/** What a row says of its samples beside their times and their number, in the order it is stored. */
const SUMMARY = ['min', 'minT', 'max', 'maxT', 'first', 'last', 'sum', 'integral'] as const;

/** The columns of a row that its summary's checksum covers. */
export interface RowKey {
  readonly series: number;
  readonly level: number;
  readonly t0: Micros;
  readonly t1: Micros;
  readonly i0: number;
  readonly n: number;
}

export function packSummary(row: RowKey, summary: Summary): Buffer {
  const blob = Buffer.alloc((SUMMARY.length + 1) * 8);
  for (const [i, name] of SUMMARY.entries()) blob.writeDoubleLE(summary[name], i * 8);
  blob.writeUInt32LE(summaryCrc(row, blob), SUMMARY.length * 8);
  return blob.subarray(0, SUMMARY.length * 8 + 4);
}

/** Null where it does not match its checksum. */
export function unpackSummary(row: RowKey, blob: Buffer): Summary | null {
  if (blob.length !== SUMMARY.length * 8 + 4) return null;
  if (blob.readUInt32LE(SUMMARY.length * 8) !== summaryCrc(row, blob)) return null;
  const at = (name: (typeof SUMMARY)[number]) => blob.readDoubleLE(SUMMARY.indexOf(name) * 8);
  return {
    count: row.n,
    min: at('min'),
    minT: at('minT'),
    max: at('max'),
    maxT: at('maxT'),
    first: at('first'),
    t0: row.t0,
    last: at('last'),
    t1: row.t1,
    sum: at('sum'),
    integral: at('integral'),
  };
}

const covered = new Float64Array(6 + SUMMARY.length);
const coveredBytes = new Uint8Array(covered.buffer);

function summaryCrc({ series, level, t0, t1, i0, n }: RowKey, blob: Buffer): number {
  covered[0] = series;
  covered[1] = level;
  covered[2] = t0;
  covered[3] = t1;
  covered[4] = i0;
  covered[5] = n;
  for (let i = 0; i < SUMMARY.length; i++) covered[6 + i] = blob.readDoubleLE(i * 8);
  return crc32(coveredBytes);
}
