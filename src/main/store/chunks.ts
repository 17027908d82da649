/**
 * How samples are packed. A chunk is two columns of equal length:
 *
 *     codec 0  raw      n doubles of time, n doubles of value (only where a value is no integer within ±2^51)
 *     codec 1  varint   length of the time column, times as zigzag varints of delta of delta, values of delta
 *     codec 2  zstd     codec 1, compressed
 *     codec 3  deflate  codec 1, compressed, written where zstd is not to be had
 *
 * The codec is stored beside the chunk, so a session never depends on one compressor. Decoding gives back exactly
 * what was encoded; whatever does not decode to the n samples promised throws a `ChunkError`.
 */
import * as zlib from 'node:zlib';

export const CHUNK_SAMPLES = 1000;
/** No chunk of ours comes near; a larger count is damage, and must not be allocated. */
const MAX_SAMPLES = 1 << 20;
const EXACT = 2 ** 51;
/** Below this a compressor's own header eats what it gains. */
const WORTH_COMPRESSING = 64;

export const CODEC = { raw: 0, varint: 1, zstd: 2, deflate: 3 } as const;

export class ChunkError extends Error {}

export interface EncodedChunk {
  readonly n: number;
  readonly t0: number;
  readonly t1: number;
  readonly min: number;
  readonly minT: number;
  readonly max: number;
  readonly maxT: number;
  readonly first: number;
  readonly last: number;
  readonly sum: number;
  readonly codec: number;
  readonly crc: number;
  readonly data: Buffer;
}

/** Packs at least one sample. `compress` is left off for the newest chunk, which is rewritten as it grows. */
export function encodeChunk(times: Float64Array, values: Float64Array, compress: boolean): EncodedChunk {
  const n = times.length;
  let min = 0;
  let max = 0;
  let sum = 0;
  for (let i = 0; i < n; i++) {
    if (values[i]! < values[min]!) min = i;
    if (values[i]! > values[max]!) max = i;
    sum += values[i]!;
  }
  const { codec, data } = pack(times, values, compress);
  return {
    n, t0: times[0]!, t1: times[n - 1]!, min: values[min]!, minT: times[min]!, max: values[max]!, maxT: times[max]!,
    first: values[0]!, last: values[n - 1]!, sum, codec, crc: zlib.crc32(data), data,
  };
}

export interface Columns {
  readonly times: Float64Array;
  readonly values: Float64Array;
}

export function decodeChunk(n: number, codec: number, crc: number, data: Buffer): Columns {
  if (!Number.isInteger(n) || n < 1 || n > MAX_SAMPLES) throw new ChunkError(`a chunk claims ${n} samples`);
  if (zlib.crc32(data) !== crc) throw new ChunkError('a chunk does not match its checksum');
  const columns = unpack(n, codec, data);
  for (let i = 1; i < n; i++) {
    if (!(columns.times[i]! > columns.times[i - 1]!)) throw new ChunkError('times in a chunk do not rise');
  }
  return columns;
}

function pack(times: Float64Array, values: Float64Array, compress: boolean): { codec: number; data: Buffer } {
  if (!isExact(times) || !isExact(values)) return { codec: CODEC.raw, data: rawColumns(times, values) };
  const plain = varintColumns(times, values);
  if (compress && plain.length >= WORTH_COMPRESSING) {
    const zstd = typeof zlib.zstdCompressSync === 'function';
    // Told the size, zstd sets up tables and room for that much, not for megabytes.
    const data = zstd ? zlib.zstdCompressSync(plain, { pledgedSrcSize: plain.length, chunkSize: Math.max(1024, plain.length) }) : zlib.deflateRawSync(plain);
    if (data.length < plain.length * 0.95) return { codec: zstd ? CODEC.zstd : CODEC.deflate, data };
  }
  return { codec: CODEC.varint, data: plain };
}

function unpack(n: number, codec: number, data: Buffer): Columns {
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

function isExact(column: Float64Array): boolean {
  for (let i = 0; i < column.length; i++) {
    const value = column[i]!;
    if (!Number.isInteger(value) || value > EXACT || value < -EXACT) return false;
  }
  return true;
}

function rawColumns(times: Float64Array, values: Float64Array): Buffer {
  const data = Buffer.alloc(times.length * 16);
  for (let i = 0; i < times.length; i++) {
    data.writeDoubleLE(times[i]!, i * 8);
    data.writeDoubleLE(values[i]!, (times.length + i) * 8);
  }
  return data;
}

function readRaw(n: number, data: Buffer): Columns {
  if (data.length !== n * 16) throw new ChunkError('a chunk has the wrong length');
  const times = new Float64Array(n);
  const values = new Float64Array(n);
  for (let i = 0; i < n; i++) {
    times[i] = data.readDoubleLE(i * 8);
    values[i] = data.readDoubleLE((n + i) * 8);
  }
  return { times, values };
}

function varintColumns(times: Float64Array, values: Float64Array): Buffer {
  const packed = scratch(times.length * 2);
  let last = 0;
  let lastDelta = 0;
  for (let i = 0; i < times.length; i++) {
    const delta = times[i]! - last;
    packed.signed(delta - lastDelta);
    lastDelta = delta;
    last = times[i]!;
  }
  // The first delta is from 0 and would spoil the second's prediction for nothing but one varint: accepted.
  const timesLength = packed.length;
  last = 0;
  for (let i = 0; i < values.length; i++) {
    packed.signed(values[i]! - last);
    last = values[i]!;
  }
  const head = new VarintWriter(1);
  head.unsigned(timesLength);
  return Buffer.concat([head.bytes(), packed.bytes()]);
}

/** One writer for all chunks, since a recording packs the newest ones again and again. */
let shared: VarintWriter | null = null;

function scratch(numbers: number): VarintWriter {
  if (shared === null || shared.room < numbers) shared = new VarintWriter(Math.max(numbers, CHUNK_SAMPLES * 2));
  shared.length = 0;
  return shared;
}

function readVarints(n: number, data: Buffer): Columns {
  const reader = new VarintReader(data);
  const timesEnd = reader.unsigned() + reader.at;
  const times = new Float64Array(n);
  let last = 0;
  let lastDelta = 0;
  for (let i = 0; i < n; i++) {
    lastDelta += reader.signed();
    last += lastDelta;
    times[i] = last;
  }
  if (reader.at !== timesEnd) throw new ChunkError('the time column of a chunk has the wrong length');
  const values = new Float64Array(n);
  last = 0;
  for (let i = 0; i < n; i++) {
    last += reader.signed();
    values[i] = last;
  }
  if (reader.at !== data.length) throw new ChunkError('a chunk has the wrong length');
  return { times, values };
}

class VarintWriter {
  /** How many numbers there is room for. */
  readonly room: number;
  length = 0;
  readonly #buffer: Buffer;

  constructor(numbers: number) {
    this.room = numbers;
    this.#buffer = Buffer.allocUnsafeSlow(numbers * 8 + 8);
  }

  /** A whole number from 0 to 2^56. Plain arithmetic, since bit operations end at 2^32. */
  unsigned(value: number): void {
    let rest = value;
    while (rest >= 128) {
      this.#buffer[this.length++] = (rest % 128) + 128;
      rest = Math.floor(rest / 128);
    }
    this.#buffer[this.length++] = rest;
  }

  signed(value: number): void {
    this.unsigned(value >= 0 ? value * 2 : -value * 2 - 1);
  }

  bytes(): Buffer {
    return this.#buffer.subarray(0, this.length);
  }
}

class VarintReader {
  at = 0;
  readonly #data: Buffer;

  constructor(data: Buffer) {
    this.#data = data;
  }

  unsigned(): number {
    let value = 0;
    for (let scale = 1; ; scale *= 128) {
      const byte = this.#data[this.at++];
      if (byte === undefined || scale > 2 ** 56) throw new ChunkError('a chunk ends in the middle of a number');
      value += (byte & 127) * scale;
      if (byte < 128) return value;
    }
  }

  signed(): number {
    const value = this.unsigned();
    return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
  }
}
