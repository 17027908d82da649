/**
 * Session files of format 1, as the program of its time wrote them: chunks of a thousand samples of one series, each
 * with its own times, and no level above them. They are read as they are and never changed. A series' list of chunks is
 * read once; samples are unpacked where they are asked for, so memory stays bounded.
 *
 *     codec 0  raw      n doubles of time, n doubles of value (only where a value is no integer within ±2^51)
 *     codec 1  varint   length of the time column, times as zigzag varints of delta of delta, values of delta
 *     codec 2  zstd     codec 1, compressed
 *     codec 3  deflate  codec 1, compressed, written where zstd was not to be had
 */
import * as zlib from 'node:zlib';
import type Database from 'better-sqlite3';
import { upperBound } from '../../shared/base/search';
import type { Micros } from '../../shared/base/units';
import { type Groups, sliceGroups } from '../../shared/trace/levels';
import { EVER } from '../../shared/trace/series';
import type { Summary } from '../../shared/trace/summary';
import { ByteReader, ChunkError } from './bytes';
import type { GroupTimes, Samples } from './chunk';
import { bound } from './schema';
import { checkTime, IN_TIME, rising } from './time-limit';
import { type ChunkRef, summarizeSpan, type TraceSource } from './trace-source';

const CHUNK_SAMPLES = 1000;
/** No chunk comes near; a larger count is damage, and must not be allocated. */
const MAX_SAMPLES = 1 << 20;
const CODEC = { raw: 0, varint: 1, zstd: 2, deflate: 3 } as const;

interface Row {
  readonly id: number;
  readonly n: number;
  readonly t0: Micros;
  readonly t1: Micros;
  readonly min: number;
  readonly minT: Micros;
  readonly max: number;
  readonly maxT: Micros;
  readonly first: number;
  readonly last: number;
  readonly sum: number;
  /** Place in the order of its series. */
  readonly seq: number;
}

interface Listed {
  readonly chunks: readonly ChunkRef[];
  readonly t0: Float64Array;
  /** Of all its samples, once that was asked for. */
  whole?: { readonly summary: Summary | null };
}

const NOTHING: Samples = { times: new Float64Array(0), values: new Float64Array(0) };
/** A summary of format 1 has no area, so a chunk is never taken by its summary alone: its runs are (see `groups`). */
const LEVELS = 1;

export class FirstFormatSource implements TraceSource {
  readonly #list: Database.Statement;
  readonly #data: Database.Statement;
  readonly #listed = new Map<number, Listed>();
  /** The chunk looked into last: its times are asked for, and then its samples. */
  #unpacked: { readonly id: number; readonly samples: Samples } | null = null;

  constructor(db: Database.Database) {
    this.#list = db.prepare(
      `SELECT rowid AS id, n, t0, t1, min, min_t AS minT, max, max_t AS maxT, first, last, sum, seq FROM chunk
        WHERE series = ${bound('series')} AND ${IN_TIME} ORDER BY seq`,
    );
    this.#data = db.prepare('SELECT codec, crc, data FROM chunk WHERE rowid = ?');
  }

  groupSize(): number {
    return CHUNK_SAMPLES;
  }

  topLevel(): number {
    return LEVELS;
  }

  chunks(series: number, level: number, t0: Micros, t1: Micros): readonly ChunkRef[] {
    const { chunks, t0: begins } = this.#read(series);
    if (level === 0) {
      const from = Math.max(0, upperBound(begins, t0) - 1);
      return chunks.slice(from, upperBound(begins, t1)).filter((chunk) => chunk.t1 >= t0);
    }
    const [first, last] = [chunks[0], chunks.at(-1)];
    if (first === undefined || last === undefined || first.t0 > t1 || last.t1 < t0) return [];
    const n = last.i0 + last.n;
    return [{ ...first, level, t1: last.t1, n, entries: chunks.length, summary: null }];
  }

  chunkAt(series: number, t: Micros): ChunkRef | null {
    const { chunks, t0 } = this.#read(series);
    return chunks[upperBound(t0, t) - 1] ?? null;
  }

  chunkAfter(series: number, t: Micros): ChunkRef | null {
    const { chunks, t0 } = this.#read(series);
    return chunks[upperBound(t0, t)] ?? null;
  }

  check(chunk: ChunkRef): void {
    this.#unpack(chunk);
  }

  times(chunk: ChunkRef): Float64Array {
    return this.#unpack(chunk).times;
  }

  samples(chunk: ChunkRef, from: number, to: number): Samples {
    const { times, values } = this.#unpack(chunk);
    return { times: times.subarray(from, to), values: values.subarray(from, to) };
  }

  groupTimes(chunk: ChunkRef): GroupTimes {
    return this.#runs(chunk);
  }

  groups(chunk: ChunkRef, from: number, to: number): Groups {
    return sliceGroups(this.#runs(chunk), from, to);
  }

  /** Each chunk is a run: its row tells what a run tells. */
  #runs({ series }: ChunkRef): Groups {
    const summaries = this.#read(series).chunks.flatMap(({ summary }) => summary ?? []);
    const column = (pick: (summary: Summary) => number) => Float64Array.from(summaries, pick);
    return {
      t0: column(({ t0 }) => t0),
      t1: column(({ t1 }) => t1),
      count: column(({ count }) => count),
      min: column(({ min }) => min),
      minT: column(({ minT }) => minT),
      max: column(({ max }) => max),
      maxT: column(({ maxT }) => maxT),
      first: column(({ first }) => first),
      last: column(({ last }) => last),
    };
  }

  tail(): Samples {
    return NOTHING;
  }

  whole(series: number): Summary | null {
    const listed = this.#read(series);
    listed.whole ??= { summary: summarizeSpan(this, series, EVER.t0, EVER.t1) };
    return listed.whole.summary;
  }

  /** A recorder of the old program may still be writing: its newest chunk grows in place. */
  follow(): void {
    this.#listed.clear();
    this.#unpacked = null;
  }

  #unpack({ id, n }: ChunkRef): Samples {
    if (this.#unpacked?.id === id) return this.#unpacked.samples;
    checkTime();
    const { codec, crc, data } = this.#data.get(id) as DataRow;
    const samples = decodeChunk(n, codec, crc, data);
    this.#unpacked = { id, samples };
    return samples;
  }

  #read(series: number): Listed {
    const known = this.#listed.get(series);
    if (known !== undefined) return known;
    let i0 = 0;
    const rows = this.#list.iterate({ series }) as Iterable<Row>;
    const chunks = Array.from(
      rising(rows, (row) => row.seq),
      ({ id, ...row }) => {
        const { n, t0, t1 } = row;
        const summary = { ...row, count: n, integral: Number.NaN };
        const chunk = { id, series, level: 0, t0, t1, i0, n, entries: n, times: 0, summary };
        i0 += n;
        return chunk;
      },
    );
    for (let i = 1; i < chunks.length; i++)
      if (chunks[i]!.t0 <= chunks[i - 1]!.t1)
        throw new ChunkError('chunks of a series overlap in time');
    const listed: Listed = { chunks, t0: Float64Array.from(chunks, ({ t0 }) => t0) };
    this.#listed.set(series, listed);
    return listed;
  }
}

interface DataRow {
  readonly codec: number;
  readonly crc: number;
  readonly data: Buffer;
}

function decodeChunk(n: number, codec: number, crc: number, data: Buffer): Samples {
  if (!Number.isInteger(n) || n < 1 || n > MAX_SAMPLES)
    throw new ChunkError(`a chunk claims ${n} samples`);
  if (zlib.crc32(data) !== crc) throw new ChunkError('a chunk does not match its checksum');
  const columns = unpack(n, codec, data);
  for (let i = 1; i < n; i++) {
    if (!(columns.times[i]! > columns.times[i - 1]!))
      throw new ChunkError('times in a chunk do not rise');
  }
  return columns;
}

function unpack(n: number, codec: number, data: Buffer): Samples {
  if (codec === CODEC.raw) return readRaw(n, data);
  if (codec === CODEC.varint) return readVarints(n, data);
  return readVarints(n, inflated(n, codec, data));
}

function inflated(n: number, codec: number, data: Buffer): Buffer {
  // A varint of ours takes eight bytes at most; more output than that is no chunk of ours.
  const options = { maxOutputLength: n * 16 + 16 };
  try {
    if (codec === CODEC.zstd) return zlib.zstdDecompressSync(data, options);
    if (codec === CODEC.deflate) return zlib.inflateRawSync(data, options);
  } catch (error) {
    throw new ChunkError('a chunk does not decompress', { cause: error });
  }
  throw new ChunkError(`a chunk has the unknown codec ${codec}`);
}

function readRaw(n: number, data: Buffer): Samples {
  if (data.length !== n * 16) throw new ChunkError('a chunk has the wrong length');
  const times = new Float64Array(n);
  const values = new Float64Array(n);
  for (let i = 0; i < n; i++) {
    times[i] = data.readDoubleLE(i * 8);
    values[i] = data.readDoubleLE((n + i) * 8);
  }
  return { times, values };
}

function readVarints(n: number, data: Buffer): Samples {
  const reader = new ByteReader(data);
  const timesEnd = reader.unsigned() + reader.at;
  const times = new Float64Array(n);
  let last = 0;
  let lastDelta = 0;
  for (let i = 0; i < n; i++) {
    lastDelta += reader.signed();
    last += lastDelta;
    times[i] = last;
  }
  if (reader.at !== timesEnd)
    throw new ChunkError('the time column of a chunk has the wrong length');
  const values = new Float64Array(n);
  last = 0;
  for (let i = 0; i < n; i++) {
    last += reader.signed();
    values[i] = last;
  }
  if (reader.at !== data.length) throw new ChunkError('a chunk has the wrong length');
  return { times, values };
}
