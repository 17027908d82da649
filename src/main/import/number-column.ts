/**
 * Columns of numbers that grow without end, as those of a log of ten gigabytes do. They share one room in memory; what
 * is over lies in a temporary file that no name leads to, and comes back when it is asked for.
 *
 * Guarantees: what was put in comes out; memory stays within the room whatever the length; small columns take little.
 */
import { closeSync, mkdtempSync, openSync, readSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Bytes, MiB } from '../../shared/base/units';

/** Numbers of a block. */
const BLOCK = 8192;
const BLOCK_BYTES: Bytes = BLOCK * 8;
const ROOM_BYTES: Bytes = 256 * MiB;
const FIRST = 64;

interface Block {
  /** Null while it lies in the file. */
  data: Float64Array | null;
  /** Place in the file, once it has one. */
  at: Bytes | null;
  isChanged: boolean;
  /** Asked for since the clock's hand came by. */
  isUsed: boolean;
}

/** The memory that the columns of one file share. */
export class ColumnRoom {
  readonly #most: number;
  readonly #held: Block[] = [];
  #hand = 0;
  #file: number | null = null;
  #fileBytes: Bytes = 0;

  constructor(bytes: Bytes = ROOM_BYTES) {
    this.#most = Math.max(2, Math.floor(bytes / BLOCK_BYTES));
  }

  /** Whether more was put in than memory has room for. */
  get isOverfull(): boolean {
    return this.#file !== null;
  }

  /** Takes a block into memory; another one may have to leave it. */
  hold(block: Block): Float64Array {
    block.isUsed = true;
    if (block.data) return block.data;
    const data = new Float64Array(BLOCK);
    if (block.at !== null && this.#file !== null)
      readSync(this.#file, new Uint8Array(data.buffer), 0, BLOCK_BYTES, block.at);
    this.#place(block);
    block.data = data;
    return data;
  }

  /** A block that was made in memory takes its place there. */
  admit(block: Block): void {
    this.#place(block);
  }

  close(): void {
    if (this.#file !== null) closeSync(this.#file);
    this.#file = null;
  }

  #place(block: Block): void {
    if (this.#held.length < this.#most) {
      this.#held.push(block);
      return;
    }
    for (;;) {
      const other = this.#held[this.#hand]!;
      if (!other.isUsed) break;
      other.isUsed = false;
      this.#hand = (this.#hand + 1) % this.#most;
    }
    this.#putOut(this.#held[this.#hand]!);
    this.#held[this.#hand] = block;
    this.#hand = (this.#hand + 1) % this.#most;
  }

  #putOut(block: Block): void {
    const { data } = block;
    if (data && (block.isChanged || block.at === null)) {
      this.#file ??= openNameless();
      if (block.at === null) {
        block.at = this.#fileBytes;
        this.#fileBytes += BLOCK_BYTES;
      }
      writeSync(this.#file, new Uint8Array(data.buffer), 0, data.byteLength, block.at);
      block.isChanged = false;
    }
    block.data = null;
  }
}

/** A temporary file that is gone with the last who has it open, whatever becomes of the program. */
function openNameless(): number {
  const folder = mkdtempSync(join(tmpdir(), 'plumbline-columns-'));
  const file = openSync(join(folder, 'columns'), 'w+', 0o600);
  try {
    rmSync(folder, { recursive: true, force: true });
  } catch {
    // Windows keeps the name of a file that is open; its own folder of temporary files is emptied otherwise.
  }
  return file;
}

export class NumberColumn {
  readonly #room: ColumnRoom;
  readonly #blocks: Block[] = [];
  #length = 0;

  constructor(room: ColumnRoom) {
    this.#room = room;
  }

  get length(): number {
    return this.#length;
  }

  push(value: number): void {
    const place = this.#length % BLOCK;
    if (place === 0) this.#begin();
    const block = this.#blocks[this.#blocks.length - 1]!;
    let data = block.data ?? this.#room.hold(block);
    // A first block grows with what it holds.
    if (place === data.length) {
      const larger = new Float64Array(Math.min(BLOCK, 2 * data.length));
      larger.set(data);
      data = larger;
      block.data = larger;
    }
    data[place] = value;
    block.isChanged = true;
    block.isUsed = true;
    this.#length++;
  }

  get(index: number): number {
    const block = this.#blocks[Math.floor(index / BLOCK)]!;
    return (block.data ?? this.#room.hold(block))[index % BLOCK]!;
  }

  set(index: number, value: number): void {
    const block = this.#blocks[Math.floor(index / BLOCK)]!;
    (block.data ?? this.#room.hold(block))[index % BLOCK] = value;
    block.isChanged = true;
  }

  /** The lowest of all and of `seed`. */
  min(seed: number): number {
    return this.#reduce(Math.min, seed);
  }

  max(seed: number): number {
    return this.#reduce(Math.max, seed);
  }

  #reduce(better: (a: number, b: number) => number, seed: number): number {
    let best = seed;
    for (let i = 0; i < this.#length; i++) best = better(best, this.get(i));
    return best;
  }

  #begin(): void {
    const size = this.#blocks.length === 0 ? FIRST : BLOCK;
    const block = { data: new Float64Array(size), at: null, isChanged: true, isUsed: true };
    this.#blocks.push(block);
    this.#room.admit(block);
  }
}

/** The places of a column by their values; of equal ones the first comes first. */
export function sortByTime(times: NumberColumn): Uint32Array {
  const at = Float64Array.from({ length: times.length }, (_, i) => times.get(i));
  return Uint32Array.from(at, (_, i) => i).sort((a, b) => at[a]! - at[b]! || a - b);
}
