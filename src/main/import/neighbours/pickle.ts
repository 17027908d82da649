/**
 * Reads a pickle as data. Of the opcodes of pickle only those that make numbers, strings, lists, tuples and dicts are
 * known: what would look up a name or call something is refused, so nothing in a file can run. Elements of lists that
 * are asked for are handed on as they are complete and not kept, so that a file of any size is read in little memory.
 *
 * Sources: Python's `pickletools` (the opcodes and their arguments).
 */
import { closeSync, openSync, readSync } from 'node:fs';
import { Failure } from '../../../shared/base/failure';
import type { Bytes } from '../../../shared/base/units';
import type { OnBytes } from '../protocol';

export type PickleValue = null | boolean | number | string | PickleValue[] | PickleDict;
export interface PickleDict {
  readonly [key: string]: PickleValue;
}

/** Where a handed-on element stood: the key of the document, and for a list of lists which of them. */
export interface Place {
  readonly key: string;
  readonly list: number;
}

export interface PickleSink {
  /** Of these keys of the document, lists are handed on element by element; null for a list of lists one level deeper. */
  readonly streams: Readonly<Record<string, 'elements' | 'lists'>>;
  element(place: Place, value: PickleValue): void;
}

const MARK = Symbol('mark');
type Slot = PickleValue | typeof MARK;

const MAX_STACK = 200_000;
/** Values that may be referred to again; a Map holds some sixteen million. */
const MAX_MEMO = 10_000_000;
/** Python appends so many at a time: a list that got fewer at once is whole. */
const BATCH = 1000;
const MAX_TEXT = 1 << 20;
const BUFFER = 1 << 20;

/** Reads the document at `path`: a dict, without the lists that were handed on. Throws a Failure where it is none. */
export function readPickle(
  path: string,
  name: string,
  sink: PickleSink,
  onBytes: OnBytes = () => {},
): PickleDict {
  const file = openSync(path, 'r');
  try {
    return new PickleReader(file, name, sink, onBytes).read();
  } finally {
    closeSync(file);
  }
}

export const isPickle = (head: Uint8Array): boolean =>
  head[0] === 0x80 && (head[1] ?? 0) >= 2 && (head[1] ?? 9) <= 5;

class PickleReader {
  readonly #file: number;
  readonly #name: string;
  readonly #sink: PickleSink;
  readonly #onBytes: OnBytes;
  readonly #buffer = Buffer.alloc(BUFFER);
  #done: Bytes = 0;
  #at = 0;
  #end = 0;
  readonly #stack: Slot[] = [];
  readonly #marks: number[] = [];
  /** What may be referred to again. Elements that were handed on are counted and not kept: there are millions. */
  readonly #memo = new Map<number, PickleValue>();
  #memoized = 0;
  /** Of a list that is being filled: its place in the memo. */
  readonly #filling = new Map<PickleValue[], number>();
  readonly #stacks = new SameLists();
  readonly #streamed = new Map<PickleValue[], Place & { readonly isOuter: boolean }>();
  #lists = 0;

  constructor(file: number, name: string, sink: PickleSink, onBytes: OnBytes) {
    this.#file = file;
    this.#name = name;
    this.#sink = sink;
    this.#onBytes = onBytes;
  }

  read(): PickleDict {
    for (;;) {
      const op = this.#byte();
      if (op === 0x2e) break;
      const act = ACTIONS[op];
      if (act === undefined)
        throw this.#refuse(
          `holds more than data (opcode 0x${op.toString(16)}); nothing of it was run`,
        );
      act(this);
      if (this.#stack.length > MAX_STACK) throw this.#refuse('is nested too deep');
    }
    const document = this.#stack.pop();
    if (!isDict(document) || this.#stack.length > 0) throw this.#refuse('is no document');
    return document;
  }

  push(value: Slot): void {
    if (value === MARK) this.#marks.push(this.#stack.length);
    this.#stack.push(value);
  }

  /** A list, which is streamed where the sink asks for it at this place. */
  pushList(): void {
    const list: PickleValue[] = [];
    const place = this.#placeOfNext();
    this.#stack.push(list);
    if (place) this.#streamed.set(list, place);
  }

  pop(): PickleValue {
    const value = this.#stack.pop();
    if (value === undefined || value === MARK) throw this.#refuse('is damaged');
    return value;
  }

  /** Everything above the last mark. */
  popMarked(): PickleValue[] {
    const at = this.#marks.pop();
    if (at === undefined) throw this.#refuse('is damaged');
    const values = this.#stack.splice(at).slice(1);
    if (!values.every((value) => value !== MARK)) throw this.#refuse('is damaged');
    return values as PickleValue[];
  }

  append(items: readonly PickleValue[]): void {
    const list = this.#stack.at(-1);
    if (!Array.isArray(list)) throw this.#refuse('is damaged');
    const place = this.#streamed.get(list);
    if (place === undefined) this.#fill(list, items);
    else if (!place.isOuter) for (const item of items) this.#sink.element(place, item);
    else for (const item of items) if (Array.isArray(item)) this.#streamed.delete(item);
  }

  /** Every event has a stack of its own, and most are alike: of those one is kept. */
  #fill(list: PickleValue[], items: readonly PickleValue[]): void {
    for (const item of items) list.push(item);
    const at = this.#filling.get(list);
    this.#filling.delete(list);
    if (at === undefined || items.length >= BATCH) return;
    const same = this.#stacks.find(list);
    this.#memo.set(at, same);
    this.#stack[this.#stack.length - 1] = same;
  }

  setItems(pairs: readonly PickleValue[]): void {
    const dict = this.#stack.at(-1);
    if (!isDict(dict) || pairs.length % 2 !== 0) throw this.#refuse('is damaged');
    for (let i = 0; i < pairs.length; i += 2) {
      const key = pairs[i];
      if (typeof key !== 'string' && typeof key !== 'number') throw this.#refuse('is damaged');
      (dict as Record<string, PickleValue>)[key] = pairs[i + 1] ?? null;
    }
  }

  memoize(at = this.#memoized): void {
    const top = this.#stack.at(-1);
    if (top === undefined || top === MARK || this.#memo.size > MAX_MEMO)
      throw this.#refuse('is damaged');
    this.#memoized = Math.max(this.#memoized, at + 1);
    if (isDict(top) && this.#isElement()) return;
    this.#memo.set(at, top);
    if (Array.isArray(top) && top.length === 0 && !this.#streamed.has(top))
      this.#filling.set(top, at);
  }

  recall(at: number): void {
    const value = this.#memo.get(at);
    if (value === undefined) throw this.#refuse('refers to what it does not hold');
    this.#stack.push(value);
  }

  number(bytes: 1 | 2 | 4): number {
    const at = this.#take(bytes);
    if (bytes === 1) return this.#buffer[at]!;
    return bytes === 2 ? this.#buffer.readUInt16LE(at) : this.#buffer.readUInt32LE(at);
  }

  int32(): number {
    return this.#buffer.readInt32LE(this.#take(4));
  }

  float(): number {
    return this.#buffer.readDoubleBE(this.#take(8));
  }

  /** A whole number of any length up to 16 bytes; past 2^53 the nearest double. */
  long(): number {
    const bytes = this.number(1);
    if (bytes > 16) throw this.#refuse('holds a number without sense');
    const at = this.#take(bytes);
    let value = 0n;
    for (let i = bytes - 1; i >= 0; i--) value = (value << 8n) | BigInt(this.#buffer[at + i]!);
    return Number(BigInt.asIntN(bytes * 8, value));
  }

  text(bytes: number): string {
    if (bytes > MAX_TEXT) throw this.#refuse('holds a name of more than a million characters');
    const at = this.#take(bytes);
    return this.#buffer.toString('utf8', at, at + bytes);
  }

  skip(bytes: number): void {
    this.#take(bytes);
  }

  #byte(): number {
    return this.#buffer[this.#take(1)]!;
  }

  /** Place in the buffer of the next `bytes`. */
  #take(bytes: number): number {
    if (this.#end - this.#at < bytes) {
      this.#buffer.copyWithin(0, this.#at, this.#end);
      this.#end -= this.#at;
      this.#at = 0;
      while (this.#end < bytes) {
        const read = readSync(this.#file, this.#buffer, this.#end, BUFFER - this.#end, null);
        if (read === 0) throw this.#refuse('is cut off');
        this.#end += read;
        this.#done += read;
        this.#onBytes(this.#done);
      }
    }
    this.#at += bytes;
    return this.#at - bytes;
  }

  /** The container that the next value will go into: below the last mark, or on top where one value is added alone. */
  #containerOfNext(): Slot | undefined {
    const mark = this.#marks.at(-1);
    const below = mark === undefined ? undefined : this.#stack[mark - 1];
    const top = this.#stack.at(-1);
    return Array.isArray(top) && this.#streamed.has(top) ? top : below;
  }

  #placeOfNext(): (Place & { readonly isOuter: boolean }) | null {
    const outer = this.#containerOfNext();
    const place = Array.isArray(outer) ? this.#streamed.get(outer) : undefined;
    if (place) return place.isOuter ? { ...place, list: this.#lists++, isOuter: false } : null;
    const key = this.#stack.at(-1);
    const isOfDocument = this.#marks.length <= 1 && (this.#marks[0] ?? 1) === 1;
    const depth = this.#stack.length - this.#marks.length;
    if (typeof key !== 'string' || !isOfDocument || depth % 2 !== 0) return null;
    if (!Object.hasOwn(this.#sink.streams, key)) return null;
    return { key, list: 0, isOuter: this.#sink.streams[key] === 'lists' };
  }

  /** Whether what is on top was made as an element of a list that is handed on. */
  #isElement(): boolean {
    const mark = this.#marks.at(-1);
    const alone = this.#stack.at(-2);
    const isIn = (slot: Slot | undefined) => {
      const place = Array.isArray(slot) ? this.#streamed.get(slot) : undefined;
      return place !== undefined && !place.isOuter;
    };
    return isIn(alone) || (mark !== undefined && isIn(this.#stack[mark - 1]));
  }

  #refuse(why: string): Failure {
    return new Failure(
      'bad_input',
      `${this.#name} is a pickle that ${why}.`,
      'Give the file that torch.cuda.memory._dump_snapshot(FILE) writes.',
    );
  }
}

/** Lists of the same objects, told apart by what they hold. */
class SameLists {
  readonly #known = new Map<string, PickleValue[]>();
  readonly #numbers = new WeakMap<object, number>();
  #next = 0;

  /** The first list that held the same objects; the given one where there is none, or it holds anything else. */
  find(list: PickleValue[]): PickleValue[] {
    let key = '';
    for (const item of list) {
      if (typeof item !== 'object' || item === null) return list;
      let number = this.#numbers.get(item);
      if (number === undefined) {
        number = this.#next++;
        this.#numbers.set(item, number);
      }
      key += `${number.toString(36)} `;
    }
    const known = this.#known.get(key);
    if (known === undefined) this.#known.set(key, list);
    return known ?? list;
  }
}

const isDict = (value: unknown): value is PickleDict =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** By opcode. */
const ACTIONS: Readonly<Record<number, (r: PickleReader) => void>> = {
  // PROTO, FRAME: nothing that matters to data.
  128: (r) => r.skip(1),
  149: (r) => r.skip(8),
  // MARK
  40: (r) => r.push(MARK),
  // EMPTY_DICT, EMPTY_LIST, EMPTY_TUPLE
  125: (r) => r.push(Object.create(null) as PickleDict),
  93: (r) => r.pushList(),
  41: (r) => r.push([]),
  // SETITEM, SETITEMS
  115: (r) => {
    const value = r.pop();
    r.setItems([r.pop(), value]);
  },
  117: (r) => r.setItems(r.popMarked()),
  // APPEND, APPENDS
  97: (r) => r.append([r.pop()]),
  101: (r) => r.append(r.popMarked()),
  // TUPLE, TUPLE1, TUPLE2, TUPLE3
  116: (r) => r.push(r.popMarked()),
  133: (r) => r.push([r.pop()]),
  134: (r) => r.push([r.pop(), r.pop()].reverse()),
  135: (r) => r.push([r.pop(), r.pop(), r.pop()].reverse()),
  // MEMOIZE, BINPUT, LONG_BINPUT, BINGET, LONG_BINGET
  148: (r) => r.memoize(),
  113: (r) => r.memoize(r.number(1)),
  114: (r) => r.memoize(r.number(4)),
  104: (r) => r.recall(r.number(1)),
  106: (r) => r.recall(r.number(4)),
  // BININT, BININT1, BININT2, LONG1, BINFLOAT
  74: (r) => r.push(r.int32()),
  75: (r) => r.push(r.number(1)),
  77: (r) => r.push(r.number(2)),
  138: (r) => r.push(r.long()),
  71: (r) => r.push(r.float()),
  // SHORT_BINUNICODE, BINUNICODE
  140: (r) => r.push(r.text(r.number(1))),
  88: (r) => r.push(r.text(r.number(4))),
  // NONE, NEWTRUE, NEWFALSE
  78: (r) => r.push(null),
  136: (r) => r.push(true),
  137: (r) => r.push(false),
};
