/**
 * Rows of several GPUs that do not say which GPU they are of. nvidia-smi prints the GPUs of one round in one order, so a
 * row's place in its round tells its GPU. Rounds are told apart by a header or a time printed before each of them, or by
 * their times: rows of one round lie closer together than rounds do.
 *
 * Guarantees: no row is dropped. One round that was written with a delay in it is still one round; of an incomplete one
 * at the beginning the end is known, anywhere else its rows keep the places of the first GPUs, and it is counted.
 */
import type { GpuIdentity } from './imported-trace';
import type { Stamp } from './stamps';

export interface PlacedRow {
  readonly identity: GpuIdentity;
  readonly stamp: Stamp | null;
  readonly payload: readonly string[];
}

/** A row of the head as far as it tells rounds apart. */
export interface SeenRow {
  readonly stamp: Stamp | null;
  /** A header or a time stood by itself before the row. */
  readonly isFirst: boolean;
  /** What the row tells of its GPU and other rows may tell otherwise: name and memory; empty where nothing. */
  readonly mark: string;
}

/** Rounds closer than this cannot be told from the rows of one. */
const MIN_PERIOD_US = 50_000;
/** Rows of one round that lie further apart than this are of one only where rounds come and go regularly. */
const MAX_QUICK_US = 20_000;
/** Within a round rows lie closer than this share of what is between rounds. */
const WITHIN_SHARE = 1 / 3;
/** Of the rounds seen, so many must have the usual number of rows. */
const REGULAR_SHARE = 0.9;
const MIN_ROUNDS = 3;
/** No machine has more GPUs; a single block of more rows is one GPU's samples. */
const MAX_GPUS = 16;

interface RoundShape {
  readonly size: number;
  /** Rows further apart are of different rounds; null where times do not tell. */
  readonly withinUs: number | null;
}

export class Rounds {
  /** Rows in a complete round. */
  readonly size: number;
  /** Rows of incomplete rounds, whose GPU is a guess. */
  guessed = 0;
  readonly #withinUs: number | null;
  #round: PlacedRow[] = [];
  #late: PlacedRow[] = [];
  #isFirst = true;

  private constructor({ size, withinUs }: RoundShape) {
    this.size = size;
    this.#withinUs = withinUs;
  }

  /** Null where each row is a round by itself. */
  static detect(rows: readonly SeenRow[]): Rounds | null {
    const shape = findBlocks(rows) ?? findInTime(rows) ?? findMarks(rows);
    return shape && new Rounds(shape);
  }

  /** Rows that are placed now that this one has come. */
  push(row: PlacedRow, isFirst: boolean): readonly PlacedRow[] {
    const last = this.#round.at(-1);
    const ends = last !== undefined && (isFirst || this.#isOver(last.stamp, row.stamp));
    const done = ends ? this.#finishRound() : [];
    this.#round.push(row);
    return done;
  }

  end(): readonly PlacedRow[] {
    return [...this.#finishRound(), ...this.#settleLate()];
  }

  #isOver(last: Stamp | null, next: Stamp | null): boolean {
    if (this.#round.length === this.size) return true;
    if (this.#withinUs === null || last === null || next === null) return false;
    const step = next.us - last.us;
    return step < 0 || step > this.#withinUs;
  }

  #finishRound(): readonly PlacedRow[] {
    const round = this.#round;
    this.#round = [];
    if (round.length === 0) return [];
    const isFirst = this.#isFirst;
    this.#isFirst = false;
    if (round.length === this.size) return [...this.#settleLate(), ...place(round, 0)];
    // The beginning of the file may be missing; the end of its first round is there.
    if (isFirst) return place(round, this.size - round.length);
    const joined = [...this.#late, ...round];
    if (joined.length < this.size) {
      this.#late = joined;
      return [];
    }
    if (joined.length === this.size) {
      this.#late = [];
      return place(joined, 0);
    }
    const settled = this.#settleLate();
    this.#late = round;
    return settled;
  }

  #settleLate(): readonly PlacedRow[] {
    const late = this.#late;
    this.#late = [];
    this.guessed += late.length;
    return place(late, 0);
  }
}

const place = (rows: readonly PlacedRow[], from: number): readonly PlacedRow[] =>
  rows.map((row, i) => ({ ...row, identity: { ...row.identity, index: from + i } }));

/** By what stands before each round: blocks of one size, of rows that have no times that would tell otherwise. */
function findBlocks(rows: readonly SeenRow[]): RoundShape | null {
  const sizes: number[] = [];
  for (const { isFirst } of rows) {
    if (isFirst || sizes.length === 0) sizes.push(0);
    sizes.push((sizes.pop() ?? 0) + 1);
  }
  const blocks = rows.filter(({ isFirst }) => isFirst).length;
  const size = sizes[0] ?? 1;
  if (blocks === 0 || size < 2 || size > MAX_GPUS) return null;
  // The last block of the head may be cut.
  const whole = sizes.length > 1 ? sizes.slice(0, -1) : sizes;
  const areTimed = rows.some(({ stamp }, i) => i > 0 && stamp?.us !== rows[0]?.stamp?.us);
  if (sizes.length === 1 && areTimed) return null;
  return isRegular(whole, size) ? { size, withinUs: null } : null;
}

/** By their times: short steps within rounds, long ones between. */
function findInTime(rows: readonly SeenRow[]): RoundShape | null {
  const times = rows.flatMap(({ stamp }) => (stamp ? [stamp.us] : []));
  if (times.length < rows.length) return null;
  const steps = times.slice(1).map((t, i) => t - times[i]!);
  const rising = steps.filter((step) => step >= 0).sort((a, b) => a - b);
  const period = rising[Math.floor(rising.length * 0.95)] ?? 0;
  const scale = Math.max(period, rising.length < 20 ? (rising.at(-1) ?? 0) : 0);
  if (scale < MIN_PERIOD_US) return null;
  const quick = Math.min(scale / 4, MAX_QUICK_US);
  const slow = scale * WITHIN_SHARE;
  for (const withinUs of slow > quick ? [quick, slow] : [quick]) {
    const sizes = roundSizes(steps, withinUs);
    const size = commonest(sizes);
    if (size < 2) continue;
    if (withinUs === quick) return { size, withinUs };
    // A slow round is believed where all are alike.
    if (sizes.length >= MIN_ROUNDS && isRegular(sizes.slice(1, -1), size))
      return { size, withinUs };
  }
  return null;
}

/** By what rows tell of their GPUs, where that comes round: A B A B. */
function findMarks(rows: readonly SeenRow[]): RoundShape | null {
  const marks = [...new Set(rows.map(({ mark }) => mark))];
  const comesRound =
    marks.length > 1 &&
    rows.length >= 2 * marks.length &&
    rows.every(({ mark }, i) => mark === marks[i % marks.length]);
  return comesRound ? { size: marks.length, withinUs: null } : null;
}

function roundSizes(steps: readonly number[], withinUs: number): readonly number[] {
  const sizes: number[] = [];
  let size = 1;
  for (const step of [...steps, Number.POSITIVE_INFINITY]) {
    if (step >= 0 && step <= withinUs) size++;
    else {
      sizes.push(size);
      size = 1;
    }
  }
  return sizes;
}

function commonest(sizes: readonly number[]): number {
  const counts = new Map<number, number>();
  for (const size of sizes) counts.set(size, (counts.get(size) ?? 0) + 1);
  return [...counts].sort((a, b) => b[1] - a[1] || b[0] - a[0])[0]?.[0] ?? 1;
}

const isRegular = (sizes: readonly number[], size: number): boolean =>
  sizes.length > 0 && sizes.filter((each) => each === size).length >= REGULAR_SHARE * sizes.length;
