/**
 * What is asked of one series of a session: pictures, extremes, samples, from levels and edge chunks. Nothing here
 * takes time or memory in proportion to the session's length.
 */
import { lowerBound, upperBound } from '../../shared/base/search';
import type { Micros } from '../../shared/base/units';
import { breakAtGaps, type Envelope } from '../../shared/trace/envelope';
import { PictureBuilder } from '../../shared/trace/picture-builder';
import { RunBuilder } from '../../shared/trace/run-builder';
import type { SampleRun } from '../../shared/trace/sample-source';
import { EVER } from '../../shared/trace/series';
import type { Summary } from '../../shared/trace/summary';
import type { Gap } from '../../shared/trace/types';
import { ChunkError } from './bytes';
import type { ChunkRef, TraceSource } from './trace-source';
import { summarizeSpan, unlessDamaged, walk } from './trace-source';

export interface Span {
  readonly t0: Micros;
  readonly t1: Micros;
}
/** A reading with its time. */
export interface TimedValue {
  readonly t: Micros;
  readonly value: number;
}
export interface SampleColumns {
  readonly times: Float64Array;
  readonly values: Float64Array;
  /** Stretches whose samples are there but cannot be read. */
  readonly lost: readonly Gap[];
}

/** A week at the highest rate there is: what claims more is packed to burst. */
const MAX_AT_ONCE = 1 << 26;

export class SeriesQuery {
  readonly #source: TraceSource;
  readonly #series: number;

  constructor(source: TraceSource, series: number) {
    this.#source = source;
    this.#series = series;
  }

  /** Of the samples of a span; null where it holds none. */
  summarize({ t0, t1 }: Span): Summary | null {
    return t0 <= EVER.t0 && t1 >= EVER.t1
      ? this.#source.whole(this.#series)
      : summarizeSpan(this.#source, this.#series, t0, t1);
  }

  /** As `envelope` of shared/trace gives it, for `columns` pixels; a stretch that cannot be read is a break like a gap. */
  envelope({ t0, t1 }: Span, columns: number, gaps: readonly Gap[]): Envelope {
    const width = Math.max(1, Math.floor(columns));
    const picture = new PictureBuilder(t0, t1, width);
    const lost: Gap[] = [];
    walk(this.#source, this.#series, this.#levelFor({ t0, t1 }, width), t0, t1, {
      chunk: (summary) => picture.run(summary),
      groups: (groups, from, to) => picture.groups(groups, from, to),
      samples: ({ times, values }, from, to) => picture.samples(times, values, from, to),
      lost: (from, to) => lost.push({ t0: from, t1: to, reason: 'damaged' }),
    });
    const points = picture.finish(this.before(t0), this.after(t1));
    return breakAtGaps(points, lost.length === 0 ? gaps : [...gaps, ...lost]);
  }

  /** Every sample of a span, or the first `limit` of them. */
  samples({ t0, t1 }: Span, limit = Number.POSITIVE_INFINITY): SampleColumns {
    const parts: SampleColumns[] = [];
    const lost: Gap[] = [];
    let n = 0;
    for (let from = t0; from <= t1 && n < limit; ) {
      // Chunk by chunk, so that a limit ends the walk as well.
      const chunk = limit === Number.POSITIVE_INFINITY ? null : this.#chunkFrom(from);
      const until = chunk === null ? t1 : Math.min(t1, chunk.t1);
      walk(this.#source, this.#series, 0, from, until, {
        samples({ times, values }, a, b) {
          const end = Math.min(b, a + limit - n);
          if (n > MAX_AT_ONCE) throw new ChunkError('a series has more samples than can be');
          parts.push({ times: times.subarray(a, end), values: values.slice(a, end), lost });
          n += end - a;
        },
        lost: (a, b) => lost.push({ t0: a, t1: b, reason: 'damaged' }),
      });
      from = until + 1;
    }
    const columns = { times: new Float64Array(n), values: new Float64Array(n), lost };
    let at = 0;
    for (const { times, values } of parts) {
      columns.times.set(times, at);
      columns.values.set(values, at);
      at += times.length;
    }
    return columns;
  }

  /** The samples of a span in runs of about as many each, at most `most` runs. */
  runs({ t0, t1 }: Span, most: number): SampleRun[] {
    const count = this.summarize({ t0, t1 })?.count ?? 0;
    const size = Math.max(1, Math.ceil(count / most));
    // Runs of the file are put together where four of them or more make one, so that all come out alike.
    let level = 0;
    const top = this.#source.topLevel(this.#series);
    while (level < top && 4 * this.#source.groupSize(level + 1) <= size) level++;
    const runs = new RunBuilder(size);
    walk(this.#source, this.#series, level, t0, t1, {
      groups: (groups, from, to) => runs.groups(groups, from, to),
      samples: ({ times, values }, from, to) => runs.samples(times, values, from, to),
      lost() {},
    });
    return runs.finish();
  }

  /** The last sample before t. */
  before(t: Micros): TimedValue | null {
    const all = this.#source.whole(this.#series);
    if (all === null || t <= all.t0) return null;
    if (t > all.t1) return { t: all.t1, value: all.last };
    const { times, values } = this.#source.tail(this.#series);
    const at = lowerBound(times, t) - 1;
    if (at >= 0) return { t: times[at]!, value: values[at]! };
    const chunk = this.#source.chunkAt(this.#series, t - 1);
    if (chunk === null) return null;
    if (chunk.t1 < t && chunk.summary !== null) return { t: chunk.t1, value: chunk.summary.last };
    return this.#pick(chunk, (times) => lowerBound(times, t) - 1);
  }

  /** The first sample after t. */
  after(t: Micros): TimedValue | null {
    const all = this.#source.whole(this.#series);
    if (all === null || t >= all.t1) return null;
    if (t < all.t0) return { t: all.t0, value: all.first };
    const around = this.#source.chunkAt(this.#series, t);
    if (around !== null && around.t1 > t)
      return this.#pick(around, (times) => upperBound(times, t));
    const next = this.#source.chunkAfter(this.#series, t);
    if (next !== null) return next.summary && { t: next.t0, value: next.summary.first };
    const { times, values } = this.#source.tail(this.#series);
    const at = upperBound(times, t);
    return at < times.length ? { t: times[at]!, value: values[at]! } : null;
  }

  /** The sample of a chunk at the place that `find` gives; null where it has none there, or is damaged. */
  #pick(chunk: ChunkRef, find: (times: Float64Array) => number): TimedValue | null {
    return unlessDamaged(() => {
      const times = this.#source.times(chunk);
      const at = find(times);
      if (at < 0 || at >= times.length) return null;
      const { values } = this.#source.samples(chunk, at, at + 1);
      return { t: times[at]!, value: values[0]! };
    });
  }

  #chunkFrom(t: Micros): ChunkRef | null {
    const around = this.#source.chunkAt(this.#series, t);
    return around !== null && around.t1 >= t ? around : this.#source.chunkAfter(this.#series, t);
  }

  /** The highest level that still has a run for each column. */
  #levelFor({ t0, t1 }: Span, columns: number): number {
    const runs = this.#place(t1) - this.#place(t0);
    const top = this.#source.topLevel(this.#series);
    let level = 0;
    while (level < top && runs / this.#source.groupSize(level + 1) >= columns) level++;
    return level;
  }

  /** About how many samples come before t. */
  #place(t: Micros): number {
    const all = this.#source.whole(this.#series);
    if (all === null || t < all.t0) return 0;
    if (t >= all.t1) return all.count;
    const chunk = this.#source.chunkAt(this.#series, t);
    if (chunk === null) return 0;
    const { t0, t1, i0, n } = chunk;
    return t >= t1 ? i0 + n : i0 + (n * (t - t0)) / (t1 - t0);
  }
}
