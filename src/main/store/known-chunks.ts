/**
 * Rows of chunks as they were read lately, so that questions close to each other in time cost one look into the index.
 * Of each level of each series a few stretches are held, since a picture asks at both its ends. One is short where a single span is asked for, and longer each time it
 * is read on from where it ended: who goes through a whole session asks the index seldom.
 */
import { upperBound } from '../../shared/base/search';
import type { Micros } from '../../shared/base/units';
import { EVER } from '../../shared/trace/series';
import type { ChunkRef } from './trace-source';

/** The chunk that holds a moment, and the one after it. */
const FIRST_ROWS = 2;
/** As many as a picture takes of the level it is drawn from. */
const PICTURE_ROWS = 32;
const MOST_ROWS = 512;
const MOST_STRETCHES = 4;

export interface ChunkIndex {
  /** Of a level, from the last chunk that begins at or before t, in order of time, at most `limit`. */
  from(series: number, level: number, t: Micros, limit: number): ChunkRef[];
  /** The same of those that begin by t1. */
  between(series: number, level: number, t0: Micros, t1: Micros, limit: number): ChunkRef[];
}

interface Stretch {
  readonly begins: readonly Micros[];
  readonly chunks: readonly ChunkRef[];
  /** No chunk but these begins in [from, until]. */
  readonly from: Micros;
  readonly until: Micros;
  readonly asked: number;
}

export class KnownChunks {
  readonly #index: ChunkIndex;
  /** By series and level, the one asked last first. */
  readonly #stretches = new Map<string, readonly Stretch[]>();

  constructor(index: ChunkIndex) {
    this.#index = index;
  }

  /** Those of a level that touch [t0, t1]; null where they are more than are held at once. */
  touching(series: number, level: number, t0: Micros, t1: Micros): readonly ChunkRef[] | null {
    const held = this.#stretches.get(`${series}:${level}`) ?? [];
    const stretch =
      held.find(({ from, until }) => from <= t0 && t1 <= until) ??
      this.#readOn(series, level, t0, t1) ??
      this.#askBetween(series, level, t0, t1);
    if (stretch === null) return null;
    const { begins, chunks } = stretch;
    const last = upperBound(begins, t0) - 1;
    const from = last >= 0 && chunks[last]!.t1 >= t0 ? last : last + 1;
    return chunks.slice(from, upperBound(begins, t1));
  }

  /** The last chunk of samples that begins at or before t. */
  at(series: number, t: Micros): ChunkRef | null {
    const { begins, chunks } = this.#around(series, 0, t);
    return chunks[upperBound(begins, t) - 1] ?? null;
  }

  /** The first chunk of samples that begins after t. */
  after(series: number, t: Micros): ChunkRef | null {
    const stretch = this.#around(series, 0, t);
    const next = pickAfter(stretch, t);
    if (next !== null || stretch.until === Number.POSITIVE_INFINITY) return next;
    return pickAfter(this.#around(series, 0, stretch.until + 1), t);
  }

  /** To be called when there are more chunks than before: they begin behind those that were there. */
  lookBehind(): void {
    for (const [key, stretches] of this.#stretches)
      this.#stretches.set(
        key,
        stretches.flatMap((stretch) => {
          const last = stretch.chunks.at(-1);
          if (last === undefined) return [];
          return { ...stretch, until: Math.min(stretch.until, last.t1) };
        }),
      );
  }

  #around(series: number, level: number, t: Micros): Stretch {
    const held = this.#stretches.get(`${series}:${level}`) ?? [];
    const known = held.find(({ from, until }) => from <= t && t <= until);
    if (known !== undefined) return known;
    const before = held.find((stretch) => isReadOn(stretch, t));
    const asked = before === undefined ? FIRST_ROWS : Math.min(MOST_ROWS, 2 * before.asked);
    return this.#ask(series, level, t, asked, before);
  }

  /** Where the span begins a little behind what is known, as of who goes through a session; null elsewhere. */
  #readOn(series: number, level: number, t0: Micros, t1: Micros): Stretch | null {
    const held = this.#stretches.get(`${series}:${level}`) ?? [];
    if (!held.some((stretch) => isReadOn(stretch, t0))) return null;
    const next = this.#around(series, level, t0);
    return t1 <= next.until ? next : null;
  }

  /** `instead`: one that is not needed any more. */
  #ask(series: number, level: number, t: Micros, asked: number, instead?: Stretch): Stretch {
    const chunks = this.#index.from(series, level, t, asked);
    const last = chunks.at(-1);
    const stretch = {
      begins: chunks.map(({ t0 }) => t0),
      chunks,
      from: beginning(chunks, t),
      until: last === undefined || chunks.length < asked ? Number.POSITIVE_INFINITY : last.t1,
      asked,
    };
    return this.#hold(series, level, stretch, instead);
  }

  /** Null where they are more than a picture takes. */
  #askBetween(series: number, level: number, t0: Micros, t1: Micros): Stretch | null {
    const chunks = this.#index.between(series, level, t0, t1, PICTURE_ROWS + 1);
    if (chunks.length > PICTURE_ROWS) return null;
    return this.#hold(series, level, {
      begins: chunks.map((chunk) => chunk.t0),
      chunks,
      from: beginning(chunks, t0),
      until: t1 >= EVER.t1 ? Number.POSITIVE_INFINITY : t1,
      asked: FIRST_ROWS,
    });
  }

  #hold(series: number, level: number, stretch: Stretch, instead?: Stretch): Stretch {
    const key = `${series}:${level}`;
    const held = (this.#stretches.get(key) ?? []).filter(
      (other) => other !== instead && !(stretch.from <= other.from && other.until <= stretch.until),
    );
    this.#stretches.set(key, [stretch, ...held].slice(0, MOST_STRETCHES));
    return stretch;
  }
}

/** Whether t lies behind a stretch, by no more than its own length. */
const isReadOn = ({ from, until }: Stretch, t: Micros): boolean =>
  t > until && t <= 2 * until - from;

/** Where nothing begins by t, nothing begins before it. */
function beginning([first]: readonly ChunkRef[], t: Micros): Micros {
  return first !== undefined && first.t0 <= t ? first.t0 : Number.NEGATIVE_INFINITY;
}

const pickAfter = ({ begins, chunks }: Stretch, t: Micros): ChunkRef | null =>
  chunks[upperBound(begins, t)] ?? null;
