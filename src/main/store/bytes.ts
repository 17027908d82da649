/**
 * Numbers in bytes. A varint (LEB128) takes as few as it needs: seven bits a byte, the lowest first, the highest bit of
 * a byte says that more follow. Packed bits take what a run of numbers needs at most, the lowest first, and end on a
 * whole byte.
 */

export class ChunkError extends Error {}

/** No varint of ours takes more. */
const LONGEST = 8;
/** So many bits of a number are packed in one go: with up to seven left over from the number before they fit an integer. */
const PART = 24;
const PART_SIZE = 2 ** PART;
/** Zeros behind the last byte, so that the last packed bits can be read four bytes at a time. */
const PADDING = 4;

export class ByteWriter {
  /** Bytes written; set it to 0 to begin anew. */
  length = 0;
  #buffer = Buffer.allocUnsafeSlow(4096);

  byte(value: number): void {
    this.#reserve(1);
    this.#buffer[this.length++] = value;
  }

  double(value: number): void {
    this.#reserve(8);
    this.length = this.#buffer.writeDoubleLE(value, this.length);
  }

  /** A whole number from 0 to 2^56. Plain arithmetic where it is large, since bit operations end at 2^31. */
  unsigned(value: number): void {
    this.#reserve(LONGEST);
    const buffer = this.#buffer;
    let at = this.length;
    let large = value;
    while (large >= 2 ** 31) {
      buffer[at++] = (large % 128) + 128;
      large = Math.floor(large / 128);
    }
    let rest = large | 0;
    while (rest >= 128) {
      buffer[at++] = (rest & 127) | 128;
      rest >>>= 7;
    }
    buffer[at++] = rest;
    this.length = at;
  }

  signed(value: number): void {
    this.unsigned(value >= 0 ? value * 2 : -value * 2 - 1);
  }

  /** `values[from, to)`, each in `width` bits. They are used up. */
  bits(values: Float64Array, from: number, to: number, width: number): void {
    const part = Math.min(width, PART);
    if (part === 0 || from >= to) return;
    this.#reserve((((to - from) * part) >> 3) + 8);
    const buffer = this.#buffer;
    let at = this.length;
    let held = 0;
    let bits = 0;
    for (let i = from; i < to; i++) {
      let value = values[i]!;
      if (width > PART) {
        const higher = Math.floor(value / PART_SIZE);
        value -= higher * PART_SIZE;
        values[i] = higher;
      }
      held |= value << bits;
      bits += part;
      while (bits >= 8) {
        buffer[at++] = held & 255;
        held >>>= 8;
        bits -= 8;
      }
    }
    if (bits > 0) buffer[at++] = held & 255;
    this.length = at;
    if (width > PART) this.bits(values, from, to, width - PART);
  }

  bytes(bytes: Uint8Array): void {
    this.#reserve(bytes.length);
    this.#buffer.set(bytes, this.length);
    this.length += bytes.length;
  }

  /** What was written from `from` on. */
  since(from: number): Uint8Array {
    return Uint8Array.prototype.slice.call(this.#buffer, from, this.length);
  }

  /** A copy, with padding behind it. */
  copy(): Buffer {
    const copy = Buffer.alloc(this.length + PADDING);
    copy.set(this.#buffer.subarray(0, this.length));
    return copy;
  }

  #reserve(room: number): void {
    if (this.length + room <= this.#buffer.length) return;
    const larger = Buffer.allocUnsafeSlow(Math.max(this.#buffer.length * 2, this.length + room));
    larger.set(this.#buffer);
    this.#buffer = larger;
  }
}

/** Throws a ChunkError where the bytes end too soon. */
export class ByteReader {
  at = 0;
  readonly #data: Uint8Array;
  readonly #view: DataView;

  constructor(data: Uint8Array) {
    this.#data = data;
    this.#view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  }

  byte(): number {
    const byte = this.#data[this.at++];
    if (byte === undefined) throw new ChunkError('a chunk ends too soon');
    return byte;
  }

  /** 32 bits. */
  word(): number {
    this.#need(4);
    this.at += 4;
    return this.#view.getInt32(this.at - 4, true);
  }

  double(): number {
    this.#need(8);
    this.at += 8;
    return this.#view.getFloat64(this.at - 8, true);
  }

  unsigned(): number {
    let value = 0;
    for (let scale = 1; ; scale *= 128) {
      const byte = this.#data[this.at++];
      if (byte === undefined || scale > 2 ** 56)
        throw new ChunkError('a chunk ends in the middle of a number');
      value += (byte & 127) * scale;
      if (byte < 128) return value;
    }
  }

  signed(): number {
    const value = this.unsigned();
    return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
  }

  /** Sets `values[from, to)` to `base + number * scale`, of the next numbers of `width` bits. */
  bits(
    values: Float64Array,
    from: number,
    to: number,
    width: number,
    base: number,
    scale: number,
  ): void {
    if (from >= to) return;
    if (width === 0) {
      values.fill(base, from, to);
      return;
    }
    const part = Math.min(width, PART);
    const view = this.#view;
    const mask = (1 << part) - 1;
    let bit = this.#takeBits(to - from, part);
    for (let i = from; i < to; i++) {
      values[i] = base + ((view.getUint32(bit >>> 3, true) >>> (bit & 7)) & mask) * scale;
      bit += part;
    }
    let unit = scale;
    for (let rest = width - PART; rest > 0; rest -= PART) {
      unit *= PART_SIZE;
      this.#addHigher(values, from, to, Math.min(rest, PART), unit);
    }
  }

  /** Passes over `count` numbers of `width` bits, as `bits` reads them. */
  skipBits(count: number, width: number): void {
    if (count <= 0) return;
    for (let rest = width; rest > 0; rest -= PART)
      this.skip(Math.ceil((count * Math.min(rest, PART)) / 8));
    this.#need(PADDING);
  }

  skip(length: number): void {
    this.#need(length);
    this.at += length;
  }

  /** Adds to `values` what of them lies above the bits already read: at most PART bits of each. */
  #addHigher(values: Float64Array, from: number, to: number, width: number, scale: number): void {
    const view = this.#view;
    const mask = (1 << width) - 1;
    let bit = this.#takeBits(to - from, width);
    for (let i = from; i < to; i++) {
      const higher = (view.getUint32(bit >>> 3, true) >>> (bit & 7)) & mask;
      values[i] = values[i]! + higher * scale;
      bit += width;
    }
  }

  /** Where the first of `count` numbers of `width` bits lies, in bits; reading goes on behind them. */
  #takeBits(count: number, width: number): number {
    const length = Math.ceil((count * width) / 8);
    this.#need(length + PADDING);
    const bit = this.at * 8;
    this.at += length;
    return bit;
  }

  /** At the end of what was written, padding aside. */
  end(): void {
    if (this.at !== this.#data.length - PADDING)
      throw new ChunkError('a chunk has the wrong length');
  }

  #need(length: number): void {
    if (this.at + length > this.#data.length) throw new ChunkError('a chunk ends too soon');
  }
}
