/**
 * How a column of numbers is packed: whole numbers in few bits each, everything else as it is.
 *
 *     column   kind 0: n doubles
 *              kind 1: first value, greatest common divisor of all steps, then blocks of 64
 *     block    head (bits a value, and which of three ways), lowest, packed bits
 *              plain    each value less the lowest
 *              deltas   the first value, then each delta less the lowest
 *              held     a bit a value that says whether it differs from the one before, then those that do, as plain
 *
 * A counter stands still, steps by a unit of its own (pages of 2 MiB, whole percents), is renewed less often than it is
 * read, or trembles around a level. The divisor takes the unit out, a block is as wide as what it holds differs, one
 * that stands still takes two bytes, and a value that is held takes a bit.
 * Reading a value back costs a shift and a mask, no decompressor: a window of a hundred thousand samples is unpacked
 * in less than a millisecond. What is unpacked is exactly what was packed, save that -0 comes back as 0.
 */
import { type ByteReader, type ByteWriter, ChunkError } from './bytes';

const BLOCK = 64;
const RAW = 0;
const PACKED = 1;
const DELTAS = 0x80;
const HELD = 0x40;
/** Whole numbers up to here are packed; sums and differences of two of them stay exact. */
const EXACT = 2 ** 51;

/** Room for one block; packing and unpacking never wait, so one for all will do. */
const scaled = new Float64Array(BLOCK);
const deltas = new Float64Array(BLOCK);
const changed = new Float64Array(BLOCK);

/** Appends `values[from, to)`; nothing at all where that is empty. */
export function packColumn(out: ByteWriter, values: Float64Array, from = 0, to = values.length) {
  if (to <= from) return;
  if (!isWhole(values, from, to)) {
    out.byte(RAW);
    for (let i = from; i < to; i++) out.double(values[i]!);
    return;
  }
  const origin = values[from]!;
  const divisor = commonDivisor(values, from, to);
  out.byte(PACKED);
  out.signed(origin);
  out.unsigned(divisor);
  for (let at = from; at < to; at += BLOCK)
    packBlock(out, values, at, Math.min(to, at + BLOCK), origin, divisor);
}

function packBlock(
  out: ByteWriter,
  values: Float64Array,
  from: number,
  to: number,
  origin: number,
  divisor: number,
): void {
  const n = to - from;
  let lowest = Number.POSITIVE_INFINITY;
  let highest = Number.NEGATIVE_INFINITY;
  let least = Number.POSITIVE_INFINITY;
  let most = Number.NEGATIVE_INFINITY;
  let before = 0;
  let changes = 0;
  for (let i = 0; i < n; i++) {
    const value = (values[from + i]! - origin) / divisor;
    scaled[i] = value;
    if (value < lowest) lowest = value;
    if (value > highest) highest = value;
    const delta = value - before;
    deltas[i] = delta;
    if (i === 0 || delta !== 0) changed[changes++] = value;
    if (i > 0 && delta < least) least = delta;
    if (i > 0 && delta > most) most = delta;
    before = value;
  }
  const width = bitsFor(highest - lowest);
  const deltaWidth = n > 1 ? bitsFor(most - least) : width;
  const [plainBits, heldBits] = [width * n, width * changes + BLOCK];
  // Deltas take a varint more, for the value they begin at.
  if (deltaWidth * (n - 1) + 32 < Math.min(plainBits, heldBits)) {
    out.byte(deltaWidth | DELTAS);
    out.signed(least);
    out.signed(scaled[0]!);
    for (let i = 1; i < n; i++) deltas[i] = deltas[i]! - least;
    out.bits(deltas, 1, n, deltaWidth);
    return;
  }
  const isHeld = heldBits < plainBits;
  out.byte(isHeld ? width | HELD : width);
  out.signed(lowest);
  if (isHeld) packChanges(out, n);
  const packed = isHeld ? changed : scaled;
  const count = isHeld ? changes : n;
  for (let i = 0; i < count; i++) packed[i] = packed[i]! - lowest;
  out.bits(packed, 0, count, width);
}

/** Of the block at hand, a bit for each delta that is not 0. */
function packChanges(out: ByteWriter, n: number): void {
  for (let at = 0; at < BLOCK; at += 8) {
    let byte = 0;
    for (let i = at; i < Math.min(n, at + 8); i++)
      if (i === 0 || deltas[i] !== 0) byte |= 1 << (i - at);
    out.byte(byte);
  }
}

/** Room that columns are unpacked into, one after the other; it grows as it must. */
export class ColumnRoom {
  #room = new Float64Array(0);

  take(length: number): Float64Array {
    if (this.#room.length < length) this.#room = new Float64Array(length);
    return this.#room;
  }
}

/** For a column that is kept. */
const newRoom = { take: (length: number) => new Float64Array(length) };

/**
 * The values [from, to) of the next column, which has `n`; blocks that hold none of them are passed over, which costs
 * their heads. They lie in `room`, until it is used again. Throws a ChunkError where the bytes hold no such column.
 */
export function unpackColumn(
  bytes: ByteReader,
  n: number,
  from = 0,
  to = n,
  room: Pick<ColumnRoom, 'take'> = newRoom,
): Float64Array {
  if (n === 0) return new Float64Array(0);
  const kind = bytes.byte();
  if (kind === RAW) return unpackDoubles(bytes, n, from, to, room.take(to - from));
  if (kind !== PACKED) throw new ChunkError(`a column is packed in the unknown way ${kind}`);
  const origin = bytes.signed();
  const divisor = bytes.unsigned();
  const first = from - (from % BLOCK);
  const last = Math.min(n, Math.ceil(to / BLOCK) * BLOCK);
  for (let at = 0; at < first; at += BLOCK) skipBlock(bytes, BLOCK);
  const values = room.take(Math.max(0, last - first));
  for (let at = first; at < last; at += BLOCK)
    unpackBlock(bytes, values, at - first, Math.min(last, at + BLOCK) - first, origin, divisor);
  for (let at = Math.max(first, last); at < n; at += BLOCK)
    skipBlock(bytes, Math.min(n - at, BLOCK));
  return values.subarray(from - first, to - first);
}

function unpackDoubles(
  bytes: ByteReader,
  n: number,
  from: number,
  to: number,
  values: Float64Array,
): Float64Array {
  bytes.skip(8 * from);
  for (let i = 0; i < to - from; i++) values[i] = bytes.double();
  bytes.skip(8 * (n - to));
  return values.subarray(0, to - from);
}

/** Passes over a block of `n` values. */
function skipBlock(bytes: ByteReader, n: number): void {
  const head = bytes.byte();
  const width = head & ~(DELTAS | HELD);
  bytes.unsigned();
  if ((head & DELTAS) !== 0) {
    bytes.unsigned();
    bytes.skipBits(n - 1, width);
  } else {
    bytes.skipBits((head & HELD) === 0 ? n : ones(bytes.word()) + ones(bytes.word()), width);
  }
}

function unpackBlock(
  bytes: ByteReader,
  values: Float64Array,
  from: number,
  to: number,
  origin: number,
  divisor: number,
): void {
  const head = bytes.byte();
  const width = head & ~(DELTAS | HELD);
  if (width > 53) throw new ChunkError('a block of a column is wider than a number');
  if ((head & DELTAS) === 0) {
    const lowest = origin + bytes.signed() * divisor;
    if ((head & HELD) === 0) bytes.bits(values, from, to, width, lowest, divisor);
    else unpackHeld(bytes, values, from, to, width, lowest, divisor);
    return;
  }
  const least = bytes.signed() * divisor;
  let value = origin + bytes.signed() * divisor;
  values[from] = value;
  bytes.bits(values, from + 1, to, width, least, divisor);
  for (let i = from + 1; i < to; i++) {
    value += values[i]!;
    values[i] = value;
  }
}

function unpackHeld(
  bytes: ByteReader,
  values: Float64Array,
  from: number,
  to: number,
  width: number,
  lowest: number,
  divisor: number,
): void {
  const low = bytes.word();
  const high = bytes.word();
  const count = ones(low) + ones(high);
  if ((low & 1) === 0 || count > to - from)
    throw new ChunkError('a block of a column does not say where it changes');
  bytes.bits(changed, 0, count, width, lowest, divisor);
  let next = 0;
  for (let i = from; i < to; i++) {
    const at = i - from;
    next += at < 32 ? (low >>> at) & 1 : (high >>> (at - 32)) & 1;
    values[i] = changed[next - 1]!;
  }
}

function ones(word: number): number {
  let count = 0;
  for (let rest = word; rest !== 0; rest &= rest - 1) count++;
  return count;
}

function isWhole(values: Float64Array, from: number, to: number): boolean {
  for (let i = from; i < to; i++) {
    const value = values[i]!;
    if (!(value <= EXACT && value >= -EXACT && Math.floor(value) === value)) return false;
  }
  return true;
}

/** Of all steps of the column; 1 where it has none. */
function commonDivisor(values: Float64Array, from: number, to: number): number {
  let divisor = 0;
  for (let i = from + 1; i < to; i++) {
    const step = Math.abs(values[i]! - values[i - 1]!);
    if (step === 0 || step === divisor) continue;
    let [larger, smaller] = step > divisor ? [step, divisor] : [divisor, step];
    while (smaller !== 0) [larger, smaller] = [smaller, larger % smaller];
    divisor = larger;
    if (divisor === 1) return 1;
  }
  return divisor || 1;
}

/** How many bits hold every whole number from 0 to `most`. */
function bitsFor(most: number): number {
  return most < 2 ** 32 ? 32 - Math.clz32(most) : 64 - Math.clz32(Math.floor(most / 2 ** 32));
}
