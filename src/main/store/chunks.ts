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
import { ChunkError, VarintReader, VarintWriter } from './varints';

export { ChunkError } from './varints';

export const CHUNK_SAMPLES = 1000;
/** No chunk of ours comes near; a larger count is damage, and must not be allocated. */
const MAX_SAMPLES = 1 << 20;
const EXACT = 2 ** 51;
/** Below this a compressor's own header eats what it gains. */
const WORTH_COMPRESSING = 64;

export const CODEC = { raw: 0, varint: 1, zstd: 2, deflate: 3 } as const;

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

/** The length of the time column; used anew for each chunk. */
const head = new VarintWriter();

/**
 * A chunk while it fills. Each sample is packed as it comes: the newest chunk of a series is stored again and again as
 * it grows, and that is to cost what is new in it, not what it holds.
 */
export class GrowingChunk {
  #n = 0;
  readonly #times: Float64Array;
  readonly #values: Float64Array;
  readonly #packedTimes = new VarintWriter();
  readonly #packedValues = new VarintWriter();
  #isExact = true;
  #delta = 0;
  #min = 0;
  #max = 0;
  #sum = 0;

  constructor(room = CHUNK_SAMPLES) {
    this.#times = new Float64Array(room);
    this.#values = new Float64Array(room);
  }

  /** Samples so far. */
  get n(): number {
    return this.#n;
  }

  /** Of a chunk that still has room; times rise. */
  append(t: number, value: number): void {
    const n = this.#n;
    const lastTime = n === 0 ? 0 : this.#times[n - 1]!;
    const lastValue = n === 0 ? 0 : this.#values[n - 1]!;
    this.#times[n] = t;
    this.#values[n] = value;
    this.#n = n + 1;
    if (value < this.#values[this.#min]!) this.#min = n;
    if (value > this.#values[this.#max]!) this.#max = n;
    this.#sum += value;
    this.#isExact &&= isExact(t) && isExact(value);
    if (!this.#isExact) return;
    // The first delta is from 0 and would spoil the second's prediction for nothing but one varint: accepted.
    const delta = t - lastTime;
    this.#packedTimes.signed(delta - this.#delta);
    this.#packedValues.signed(value - lastValue);
    this.#delta = delta;
  }

  /** At least one sample. `compress` is left off for a chunk that is to grow on. */
  encoded(compress: boolean): EncodedChunk {
    const [n, times, values] = [this.#n, this.#times, this.#values];
    const { codec, data } = this.#pack(compress);
    return {
      n,
      t0: times[0]!,
      t1: times[n - 1]!,
      min: values[this.#min]!,
      minT: times[this.#min]!,
      max: values[this.#max]!,
      maxT: times[this.#max]!,
      first: values[0]!,
      last: values[n - 1]!,
      sum: this.#sum,
      codec,
      crc: zlib.crc32(data),
      data,
    };
  }

  /** Begins the next one. */
  clear(): void {
    this.#n =
      this.#delta =
      this.#min =
      this.#max =
      this.#sum =
      this.#packedTimes.length =
      this.#packedValues.length =
        0;
    this.#isExact = true;
  }

  #pack(compress: boolean): { codec: number; data: Buffer } {
    if (!this.#isExact)
      return {
        codec: CODEC.raw,
        data: rawColumns(this.#times.subarray(0, this.#n), this.#values.subarray(0, this.#n)),
      };
    head.length = 0;
    head.unsigned(this.#packedTimes.length);
    const plain = Buffer.concat([
      head.bytes(),
      this.#packedTimes.bytes(),
      this.#packedValues.bytes(),
    ]);
    if (compress && plain.length >= WORTH_COMPRESSING) {
      const zstd = typeof zlib.zstdCompressSync === 'function';
      // Told the size, zstd sets up tables and room for that much, not for megabytes.
      const data = zstd
        ? zlib.zstdCompressSync(plain, {
            pledgedSrcSize: plain.length,
            chunkSize: Math.max(1024, plain.length),
          })
        : zlib.deflateRawSync(plain);
      if (data.length < plain.length * 0.95)
        return { codec: zstd ? CODEC.zstd : CODEC.deflate, data };
    }
    return { codec: CODEC.varint, data: plain };
  }
}

export interface Columns {
  readonly times: Float64Array;
  readonly values: Float64Array;
}

export function decodeChunk(n: number, codec: number, crc: number, data: Buffer): Columns {
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

const isExact = (value: number): boolean =>
  Number.isInteger(value) && value <= EXACT && value >= -EXACT;

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
