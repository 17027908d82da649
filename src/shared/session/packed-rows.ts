/**
 * Rows of like shape in columns, to be sent and to be kept: what thousands of rows have in common (their words, the
 * prediction of a kind of phase, its components) is said once, and a row is the few numbers that are its own. What is
 * unpacked is what was packed, and rows of a kind share the parts that are alike in all of them.
 */

/** One number a row. */
type Column =
  /** What each differs by from the one before it; the first from 0. */
  | { readonly steps: Int32Array }
  /** Those that are not the one before again, and the rows at which they begin. */
  | { readonly runs: Float64Array; readonly at: Uint32Array }
  | { readonly all: Float64Array };

interface OwnNumber {
  /** Keys from the row down to the number. */
  readonly path: readonly string[];
  readonly column: Column;
}

/** Rows that differ in numbers alone. */
interface Kind<Row> {
  readonly first: Row;
  readonly numbers: readonly OwnNumber[];
}

export interface PackedRows<Row> {
  readonly kinds: readonly Kind<Row>[];
  /** Which of the kinds each row is of, in order. */
  readonly order: Uint32Array;
}

/** Rows are plain objects of what the contract carries; what is left out of one and what is null there are told apart. */
export function packRows<Row extends object>(rows: readonly Row[]): PackedRows<Row> {
  const order = new Uint32Array(rows.length);
  const kinds = new KindsOfRows<Row>();
  for (let i = 0; i < rows.length; i++) order[i] = kinds.take(rows[i]!);
  return {
    order,
    kinds: kinds.all.map((alike) => ({ first: alike[0], numbers: listNumbers(alike, []) })),
  };
}

/** Rows by kind. Phases come round in steps, so that what followed a kind once is what a row is compared with first. */
class KindsOfRows<Row extends object> {
  readonly all: [Row, ...Row[]][] = [];
  readonly #byShape = new Map<string, number>();
  readonly #followed: number[] = [];
  #last = 0;

  /** The place of its kind. */
  take(row: Row): number {
    const likely = this.#followed[this.#last];
    const first = likely === undefined ? undefined : this.all[likely]![0];
    const place = first !== undefined && isAlike(first, row) ? likely! : this.#find(row);
    const alike = this.all[place];
    if (alike === undefined) this.all.push([row]);
    else alike.push(row);
    this.#followed[this.#last] = place;
    this.#last = place;
    return place;
  }

  #find(row: Row): number {
    const shape = describeShape(row);
    const place = this.#byShape.get(shape) ?? this.all.length;
    this.#byShape.set(shape, place);
    return place;
  }
}

/** Whether `describeShape` says the same of both. */
function isAlike(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (typeof a === 'number') return typeof b === 'number';
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  if (Array.isArray(a) !== Array.isArray(b)) return false;
  const [keys, others] = [Object.keys(a), Object.keys(b)];
  return (
    keys.length === others.length &&
    keys.every(
      (key, i) =>
        key === others[i] &&
        isAlike((a as Record<string, unknown>)[key], (b as Record<string, unknown>)[key]),
    )
  );
}

export function unpackRows<Row extends object>({ kinds, order }: PackedRows<Row>): Row[] {
  const counts = kinds.map(() => 0);
  for (const kind of order) counts[kind]! += 1;
  const readers = kinds.map((kind, i) => rowReader(kind, counts[i]!));
  return Array.from(order, (kind) => readers[kind]!());
}

/** Everything of a value but its numbers. */
function describeShape(value: unknown): string {
  if (typeof value === 'number') return '0';
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? '';
  let shape = Array.isArray(value) ? '[' : '{';
  for (const key in value)
    shape += `${key}:${describeShape((value as Readonly<Record<string, unknown>>)[key])},`;
  return `${shape}}`;
}

/** The numbers within parts of one shape that are not the same in all of them. */
function listNumbers(parts: readonly unknown[], path: readonly string[]): OwnNumber[] {
  const [first] = parts;
  if (typeof first === 'number') {
    const numbers = Float64Array.from(parts as readonly number[]);
    return numbers.every((number) => Object.is(number, first))
      ? []
      : [{ path, column: packNumbers(numbers) }];
  }
  if (!isParted(first) || parts.every((part) => part === first)) return [];
  return Object.keys(first).flatMap((key) => {
    const own = first[key];
    // Of parts of one shape words and nulls are the same in all.
    if (typeof own !== 'number' && !isParted(own)) return [];
    return listNumbers(
      parts.map((part) => (part as Parts)[key]),
      [...path, key],
    );
  });
}

type Parts = Readonly<Record<string, unknown>>;
const isParted = (value: unknown): value is Parts => typeof value === 'object' && value !== null;

/** A run takes as much as three steps or as a number and a half. */
const RUN = 3;

function packNumbers(numbers: Float64Array): Column {
  const at: number[] = [];
  const steps = new Int32Array(numbers.length);
  let isStepped = true;
  let before = 0;
  for (let i = 0; i < numbers.length; i++) {
    const number = numbers[i]!;
    if (i === 0 || !Object.is(number, before)) at.push(i);
    const step = number - before;
    steps[i] = step;
    isStepped &&= steps[i] === step && Object.is(before + step, number);
    before = number;
  }
  if (RUN * at.length < numbers.length)
    return { runs: Float64Array.from(at, (i) => numbers[i]!), at: Uint32Array.from(at) };
  return isStepped ? { steps } : { all: numbers };
}

function unpackNumbers(column: Column, count: number): Float64Array {
  if ('all' in column) return column.all;
  const numbers = new Float64Array(count);
  if ('steps' in column) {
    let before = 0;
    for (let i = 0; i < count; i++) {
      before += column.steps[i]!;
      numbers[i] = before;
    }
    return numbers;
  }
  const { runs, at } = column;
  for (const [i, number] of runs.entries()) numbers.fill(number, at[i], at[i + 1] ?? count);
  return numbers;
}

/** What of a part is its row's own, by key: a number, or a part in which one is. */
type Own = Map<string, Float64Array | Own>;

/** Gives the rows of a kind, one after the other. */
function rowReader<Row extends object>({ first, numbers }: Kind<Row>, count: number): () => Row {
  const own: Own = new Map();
  for (const { path, column } of numbers) {
    let within = own;
    for (const key of path.slice(0, -1)) {
      const part = within.get(key);
      const next: Own = part instanceof Map ? part : new Map();
      within.set(key, next);
      within = next;
    }
    within.set(path.at(-1) ?? '', unpackNumbers(column, count));
  }
  let next = 0;
  return () => fill(first, own, next++) as Row;
}

function fill(like: object, own: Own, i: number): object {
  const part = (Array.isArray(like) ? [...like] : { ...like }) as Record<string, unknown>;
  for (const [key, value] of own)
    part[key] = value instanceof Map ? fill(part[key] as object, value, i) : value[i];
  return part;
}
