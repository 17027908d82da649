/**
 * A series while it is recorded: samples wait here until enough are there for a chunk, and the levels above grow with
 * each chunk that is sealed.
 *
 *     level 2   | chunk of 1024 runs of 128             each chunk of a level is made of the 4 chunks below it (of 8
 *     level 1   | chunk of 1024 runs of 32 | …          at level 1), so that it never spans half of one
 *     level 0   | 4096 samples | 4096 | …  |  samples that wait, also in the tail of the file
 *
 * What is sealed is never changed again, and what lies behind the last chunk of a level is told by the levels below; at
 * the end of a recording a shorter chunk of each level is made of it.
 */
import type { Micros } from '../../shared/base/units';
import { type Groups, groupSamples, joinGroups, raiseGroups } from '../../shared/trace/levels';
import { risingTime } from '../../shared/trace/series';
import { mergeSummaries, type Summary, summarize } from '../../shared/trace/summary';
import type { SeriesInfo } from '../../shared/trace/types';

/** How a session is cut up. It is stored with it: a reader goes by what it finds. */
export interface Layout {
  /** Samples of a chunk. */
  readonly chunk: number;
  /** Samples of a run at level 1. */
  readonly group: number;
  /** Chunks that make one at level 1. */
  readonly gather: number;
  /** Runs that make one of the level above, and chunks that make a chunk of it. */
  readonly fan: number;
}

/** By measurement (npm run bench:trace): see docs/format.md. */
export const LAYOUT: Layout = { chunk: 4096, group: 32, gather: 8, fan: 4 };

/** The lowest level that is made complete at the end: an hour of 100 Hz would take 2% more room by level 2. */
const FIRST_COMPLETED = 3;

/** Sealed, and to be stored: samples where `groups` is null. */
export interface SealedChunk {
  readonly level: number;
  /** Place of its first sample in the series. */
  readonly i0: number;
  readonly summary: Summary;
  readonly times: Float64Array;
  readonly values: Float64Array;
  readonly groups: Groups | null;
}

interface Level {
  readonly parts: Groups[];
  summary: Summary | null;
  i0: number;
  hasChunks: boolean;
}

const NONE = new Float64Array(0);

export class GrowingSeries {
  readonly key: number;
  readonly info: SeriesInfo;
  /** Samples that wait which are in the tail of the file. */
  stored = 0;
  readonly #layout: Layout;
  #times = new Float64Array(256);
  #values = new Float64Array(256);
  #from = 0;
  #to = 0;
  #last: Micros | null = null;
  #sealed = 0;
  #whole: Summary | null = null;
  readonly #levels: Level[] = [];

  constructor(key: number, info: SeriesInfo, layout: Layout) {
    this.key = key;
    this.info = info;
    this.#layout = layout;
  }

  /** Of all that is sealed; null where nothing is. */
  get whole(): Summary | null {
    return this.#whole;
  }

  /** Samples that wait. */
  get waiting(): number {
    return this.#to - this.#from;
  }

  /** The columns of what waits, from sample `from` of it on; they change with the next append. */
  samples(from: number): { readonly times: Float64Array; readonly values: Float64Array } {
    return {
      times: this.#times.subarray(this.#from + from, this.#to),
      values: this.#values.subarray(this.#from + from, this.#to),
    };
  }

  /** Finite values only. Returns the time the sample is kept at. */
  append(t: Micros, value: number): Micros {
    if (this.#to === this.#times.length) this.#makeRoom();
    const at = risingTime(t, this.#last);
    this.#times[this.#to] = at;
    this.#values[this.#to++] = value;
    this.#last = at;
    return at;
  }

  /** Time of the last sample of the first whole chunk that waits; null where there is none with a sample behind it. */
  get ripeAt(): Micros | null {
    const { chunk } = this.#layout;
    return this.waiting > chunk ? this.#times[this.#from + chunk - 1]! : null;
  }

  /** The `n` samples that wait longest become a chunk, and with that perhaps chunks of the levels above. */
  seal(n: number): SealedChunk[] {
    const [from, to] = [this.#from, this.#from + n];
    const summary = summarize(this.#times, this.#values, from, to);
    this.#whole = this.#whole === null ? summary : mergeSummaries(this.#whole, summary);
    const times = this.#times.slice(from, to);
    const values = this.#values.slice(from, to);
    const sealed: SealedChunk[] = [
      { level: 0, i0: this.#sealed, summary, times, values, groups: null },
    ];
    const groups = groupSamples(times, values, 0, n, this.#layout.group);
    this.#raise(1, groups, summary, this.#sealed, sealed);
    this.#sealed += n;
    this.#from = to;
    return sealed;
  }

  /**
   * What waits in each level that has chunks becomes one as well: no sample comes any more, and a look at the end needs
   * not go down to the samples. Those of the lowest levels are left out: they take the most room, and a look from so near
   * reads few chunks anyway.
   */
  sealLevels(): SealedChunk[] {
    const sealed: SealedChunk[] = [];
    // With each level that is sealed more waits in the next.
    for (let level = 1; this.#levels[level]?.hasChunks; level++) {
      const growing = this.#levels[level]!;
      if (growing.parts.length > 0) this.#sealLevel(level, growing, sealed);
    }
    return sealed.filter(({ level }) => level >= FIRST_COMPLETED);
  }

  #raise(level: number, part: Groups, summary: Summary, i0: number, sealed: SealedChunk[]): void {
    const { gather, fan } = this.#layout;
    this.#levels[level] ??= { parts: [], summary: null, i0, hasChunks: false };
    const growing = this.#levels[level];
    if (growing.summary === null) growing.i0 = i0;
    growing.parts.push(part);
    growing.summary = growing.summary === null ? summary : mergeSummaries(growing.summary, summary);
    if (growing.parts.length >= (level === 1 ? gather : fan))
      this.#sealLevel(level, growing, sealed);
  }

  #sealLevel(level: number, growing: Level, sealed: SealedChunk[]): void {
    const { parts, summary, i0 } = growing;
    if (summary === null) return;
    const groups = joinGroups(parts);
    growing.parts.length = 0;
    growing.summary = null;
    growing.hasChunks = true;
    sealed.push({ level, i0, summary, times: NONE, values: NONE, groups });
    this.#raise(level + 1, raiseGroups(groups, this.#layout.fan), summary, i0, sealed);
  }

  #makeRoom(): void {
    const { waiting } = this;
    const enough = waiting * 2 <= this.#times.length;
    const [times, values] = [this.#times, this.#values];
    if (!enough) {
      this.#times = new Float64Array(times.length * 2);
      this.#values = new Float64Array(times.length * 2);
    }
    this.#times.set(times.subarray(this.#from, this.#to));
    this.#values.set(values.subarray(this.#from, this.#to));
    this.#from = 0;
    this.#to = waiting;
  }
}
