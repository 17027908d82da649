/**
 * Rows of chunks as they were read lately, so that questions close to each other in time cost one look into the index.
 * Of each level of each series one stretch is held. It is short where a single span is asked for, and longer each time it
 * is read on from where it ended: who goes through a whole session asks the index seldom.
 */
import { upperBound } from '../../shared/base/search';
import type { Micros } from '../../shared/base/units';
import type { ChunkRef } from './trace-source';

/** The chunk that holds a moment, and the one after it. */
const FIRST_ROWS = 2;
const MOST_ROWS = 512;

export interface ChunkIndex {
  /** Of a level, from the last chunk that begins at or before t, in order of time, at most `limit`. */
  from(series: number, level: number, t: Micros, limit: number): ChunkRef[];
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
  readonly #stretches = new Map<string, Stretch>();

  constructor(index: ChunkIndex) {
    this.#index = index;
  }

  /** Those of a level that touch [t0, t1]; null where they are more than are held at once. */
  touching(series: number, level: number, t0: Micros, t1: Micros): readonly ChunkRef[] | null {
    const { begins, chunks, until } = this.#around(series, level, t0);
    if (t1 > until) return null;
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

  /** To be called when there are more chunks than before. */
  forget(): void {
    this.#stretches.clear();
  }

  #around(series: number, level: number, t: Micros): Stretch {
    const key = `${series}:${level}`;
    const known = this.#stretches.get(key);
    if (known !== undefined && known.from <= t && t <= known.until) return known;
    const isNext = known !== undefined && t > known.until && t <= 2 * known.until - known.from;
    const asked = isNext ? Math.min(MOST_ROWS, 2 * known.asked) : FIRST_ROWS;
    const chunks = this.#index.from(series, level, t, asked);
    const [first] = chunks;
    const last = chunks.at(-1);
    const stretch = {
      begins: chunks.map(({ t0 }) => t0),
      chunks,
      from: first !== undefined && first.t0 <= t ? first.t0 : Number.NEGATIVE_INFINITY,
      until: last === undefined || chunks.length < asked ? Number.POSITIVE_INFINITY : last.t1,
      asked,
    };
    this.#stretches.set(key, stretch);
    return stretch;
  }
}

const pickAfter = ({ begins, chunks }: Stretch, t: Micros): ChunkRef | null =>
  chunks[upperBound(begins, t)] ?? null;
