/** Whole numbers in as few bytes as they need (LEB128): seven bits a byte, the lowest first, the highest bit of a byte says that more follow. */

export class ChunkError extends Error {}

/** No number of ours takes more. */
const LONGEST = 8;

export class VarintWriter {
  /** Bytes written; set it to 0 to begin anew. */
  length = 0;
  #buffer = Buffer.allocUnsafeSlow(64);

  /** A whole number from 0 to 2^56. Plain arithmetic where it is large, since bit operations end at 2^31. */
  unsigned(value: number): void {
    if (this.length + LONGEST > this.#buffer.length) this.#grow();
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

  /** A view; the next number may overwrite it. */
  bytes(): Buffer {
    return this.#buffer.subarray(0, this.length);
  }

  #grow(): void {
    const larger = Buffer.allocUnsafeSlow(this.#buffer.length * 2);
    larger.set(this.#buffer);
    this.#buffer = larger;
  }
}

export class VarintReader {
  at = 0;
  readonly #data: Buffer;

  constructor(data: Buffer) {
    this.#data = data;
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
}
