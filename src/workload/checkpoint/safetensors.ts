/**
 * Reads a safetensors file tensor by tensor: eight bytes of header length, a JSON header of dtype, shape and offsets, the
 * data. The file is untrusted: every offset is checked against its shape and the file's size before it is used, and no
 * more than one tensor is in memory at once.
 */
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { Failure } from '../../shared/base/failure';
import { halfToFloatBits } from '../packed/half';

/** Bytes per element of the dtypes that can become float32. */
const WIDTH = { F32: 4, F16: 2, BF16: 2 } as const;
type Dtype = keyof typeof WIDTH;

interface Entry {
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly begin: number;
  readonly end: number;
}

const MAX_HEADER_BYTES = 100_000_000;

export class Safetensors {
  readonly #path: string;
  readonly #file: number;
  /** Byte at which the data begins. */
  readonly #dataStart: number;
  readonly #entries: ReadonlyMap<string, Entry>;

  private constructor(
    path: string,
    file: number,
    dataStart: number,
    entries: ReadonlyMap<string, Entry>,
  ) {
    this.#path = path;
    this.#file = file;
    this.#dataStart = dataStart;
    this.#entries = entries;
  }

  /** `bad_input` where the file cannot be read, `corrupt` where it is not what it says. */
  static open(path: string): Safetensors {
    let file: number;
    try {
      file = openSync(path, 'r');
    } catch (cause) {
      throw new Failure(
        'bad_input',
        `The weights "${path}" cannot be read.`,
        'Give a folder with model.safetensors and config.json, or the path of the file.',
        cause,
      );
    }
    try {
      const { size } = fstatSync(file);
      const head = Buffer.alloc(8);
      if (size < 8 || readSync(file, head, 0, 8, 0) !== 8) throw corrupt(path, 'it is too short');
      const length = Number(head.readBigUInt64LE());
      if (length < 2 || length > MAX_HEADER_BYTES || 8 + length > size)
        throw corrupt(path, 'its header is longer than the file');
      return new Safetensors(
        path,
        file,
        8 + length,
        parseHeader(path, readAt(path, file, 8, length), size - 8 - length),
      );
    } catch (error) {
      closeSync(file);
      throw error;
    }
  }

  names(): string[] {
    return [...this.#entries.keys()];
  }

  has(name: string): boolean {
    return this.#entries.has(name);
  }

  /** Throws `bad_input` where the header holds no such tensor of this shape and a readable type. */
  check(name: string, shape: readonly number[]): Entry & { readonly dtype: Dtype } {
    const entry = this.#entries.get(name);
    if (!entry)
      throw new Failure(
        'bad_input',
        `The weights lack the tensor ${quoteName(name)}.`,
        'Give a whole checkpoint with the config.json that belongs to it.',
      );
    const { dtype } = entry;
    if (entry.shape.join() !== shape.join()) {
      throw new Failure(
        'bad_input',
        `The tensor ${quoteName(name)} is [${entry.shape.join(', ')}] and should be [${shape.join(', ')}].`,
        'Give the config.json that belongs to these weights.',
      );
    }
    if (!isReadable(dtype)) {
      throw new Failure(
        'bad_input',
        `The tensor ${quoteName(name)} is of type ${dtype}, which the bundled workload does not read.`,
        `Convert the weights to one of ${Object.keys(WIDTH).join(', ')}.`,
      );
    }
    return { ...entry, dtype };
  }

  /** One tensor as float32, once its shape is the one expected. */
  read(name: string, shape: readonly number[]): Float32Array {
    const { begin, end, dtype } = this.check(name, shape);
    return toFloat32(readAt(this.#path, this.#file, this.#dataStart + begin, end - begin), dtype);
  }

  close(): void {
    closeSync(this.#file);
  }
}

function parseHeader(path: string, bytes: Buffer, dataBytes: number): ReadonlyMap<string, Entry> {
  const text = bytes.toString('utf8');
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw corrupt(path, 'its header is not JSON');
  }
  if (typeof json !== 'object' || json === null || Array.isArray(json))
    throw corrupt(path, 'its header is not an object');
  const twice = repeatedName(text);
  if (twice !== null) throw corrupt(path, `it names ${quoteName(twice)} twice`);
  const entries = new Map<string, Entry>();
  for (const [name, value] of Object.entries(json)) {
    if (name !== '__metadata__') entries.set(name, parseEntry(path, name, value, dataBytes));
  }
  checkLayout(path, entries, dataBytes);
  return entries;
}

/** The tensors must cover the data without a gap and without sharing a byte, as the format demands. */
function checkLayout(path: string, entries: ReadonlyMap<string, Entry>, dataBytes: number): void {
  let covered = 0;
  for (const [name, { begin, end }] of [...entries].sort(
    ([, a], [, b]) => a.begin - b.begin || a.end - b.end,
  )) {
    if (begin < covered) throw corrupt(path, `the tensor ${quoteName(name)} overlaps another`);
    if (begin > covered)
      throw corrupt(
        path,
        `${begin - covered} bytes before the tensor ${quoteName(name)} belong to none`,
      );
    covered = end;
  }
  if (covered < dataBytes)
    throw corrupt(path, `${dataBytes - covered} bytes at its end belong to no tensor`);
}

/** A key of the outermost object that comes twice, which JSON.parse hides; null where there is none. */
function repeatedName(text: string): string | null {
  const seen = new Set<string>();
  let depth = 0;
  for (const [token] of text.matchAll(/"(?:[^"\\]|\\.)*"|[{}[\]]/g)) {
    if (token === '{' || token === '[') depth++;
    else if (token === '}' || token === ']') depth--;
    else if (depth === 1) {
      const name = JSON.parse(token) as string;
      if (seen.has(name)) return name;
      seen.add(name);
    }
  }
  return null;
}

/** A name from an untrusted file, short enough for a sentence. */
export function quoteName(name: string): string {
  return JSON.stringify(name.length > 80 ? `${name.slice(0, 80)}…` : name);
}

function parseEntry(path: string, name: string, value: unknown, dataBytes: number): Entry {
  const {
    dtype,
    shape,
    data_offsets: offsets,
  } = (value ?? {}) as { dtype?: unknown; shape?: unknown; data_offsets?: unknown };
  const wholes = (list: unknown): list is number[] =>
    Array.isArray(list) && list.every((size) => Number.isSafeInteger(size) && size >= 0);
  if (typeof dtype !== 'string' || !wholes(shape) || !wholes(offsets) || offsets.length !== 2)
    throw corrupt(path, `the entry of ${quoteName(name)} is malformed`);
  const [begin, end] = offsets as [number, number];
  if (end < begin || end > dataBytes)
    throw corrupt(path, `the tensor ${quoteName(name)} lies outside the file`);
  const bytes = isReadable(dtype)
    ? WIDTH[dtype] * shape.reduce((product, length) => product * length, 1)
    : end - begin;
  if (end - begin !== bytes)
    throw corrupt(
      path,
      `the tensor ${quoteName(name)} has ${end - begin} bytes where its shape needs ${bytes}`,
    );
  return { dtype, shape, begin, end };
}

function isReadable(dtype: string): dtype is Dtype {
  return Object.hasOwn(WIDTH, dtype);
}

function readAt(path: string, file: number, position: number, length: number): Buffer<ArrayBuffer> {
  const bytes = Buffer.from(new ArrayBuffer(length));
  for (let done = 0; done < length; ) {
    const count = readSync(file, bytes, done, Math.min(length - done, 1 << 28), position + done);
    if (count === 0) throw corrupt(path, 'it ends too early');
    done += count;
  }
  return bytes;
}

/** Little-endian on disk as on every machine tfjs runs on. */
function toFloat32({ buffer }: Buffer<ArrayBuffer>, dtype: Dtype): Float32Array {
  if (dtype === 'F32') return new Float32Array(buffer);
  const words = new Uint16Array(buffer);
  const bits = new Uint32Array(words.length);
  if (dtype === 'BF16') for (let i = 0; i < words.length; i++) bits[i] = words[i]! << 16;
  else for (let i = 0; i < words.length; i++) bits[i] = halfToFloatBits(words[i]!);
  return new Float32Array(bits.buffer);
}

function corrupt(path: string, why: string): Failure {
  return new Failure(
    'corrupt',
    `The weights "${path}" are not a usable safetensors file: ${why}.`,
    'Download or convert them again.',
  );
}
