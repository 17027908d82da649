/**
 * The samples of a session file of the present format. Statements are prepared once; what was unpacked lately is kept,
 * within KEPT_BYTES, and of the tail only what is new is read.
 */
import type Database from 'better-sqlite3';
import type { Bytes, Micros } from '../../shared/base/units';
import type { Groups } from '../../shared/trace/levels';
import { EVER } from '../../shared/trace/series';
import { mergeSummaries, type Summary } from '../../shared/trace/summary';
import { ChunkError } from './bytes';
import {
  type Blob,
  checkBlob,
  type GroupTimes,
  type Samples,
  unpackGroups,
  unpackGroupTimes,
  unpackSummary,
  unpackTail,
  unpackTimes,
  unpackValues,
} from './chunk';
import type { Layout } from './growing-series';
import { KeptColumns } from './kept-columns';
import { KnownChunks } from './known-chunks';
import { bound } from './schema';
import { SealedSummaries } from './sealed-summaries';
import type { Totals } from './stored-totals';
import { TailSamples } from './tail-samples';
import { checkTime, IN_TIME, rising } from './time-limit';
import { type ChunkRef, summarizeSpan, type TraceSource, unlessDamaged } from './trace-source';

const KEPT_BYTES: Bytes = 32 * 2 ** 20;
/** Of runs of 2^40 samples and more; a file that claims higher levels is not believed. */
const MAX_LEVEL = 20;

const REF = 'SELECT id, series, level, t0, t1, i0, n, entries, times, summary FROM chunk';
const OF_LEVEL = `series = ${bound('series')} AND level = ${bound('level')}`;
const SQL = {
  top: 'SELECT max(level) FROM chunk WHERE series = ?',
  /** From the one that reaches into the span; chunks of a level do not overlap. */
  chunks: `${REF} WHERE ${OF_LEVEL} AND t0 <= :t1 AND t1 >= :t0 AND ${IN_TIME} AND t0 >= coalesce(
    (SELECT t0 FROM chunk WHERE ${OF_LEVEL} AND t0 <= :t0 ORDER BY t0 DESC LIMIT 1), :t0) ORDER BY t0`,
  between: `${REF} WHERE ${OF_LEVEL} AND t0 <= :t1 AND ${IN_TIME} AND t0 >= coalesce(
    (SELECT t0 FROM chunk WHERE ${OF_LEVEL} AND t0 <= :t ORDER BY t0 DESC LIMIT 1), :t) ORDER BY t0 LIMIT ${bound('limit')}`,
  newest: 'SELECT max(id) FROM chunk',
  data: 'SELECT crc, data FROM chunk WHERE id = ?',
  times: 'SELECT crc, data FROM times WHERE id = ?',
  firstOfTail: 'SELECT min(seq) FROM tail',
  tail: `SELECT seq, series, n, crc, data FROM tail WHERE seq > ? AND ${IN_TIME} ORDER BY seq`,
} as const;

interface Row extends Omit<ChunkRef, 'summary'> {
  readonly summary: Buffer;
}
interface TailRow extends Blob {
  readonly seq: number;
  readonly series: number;
  readonly n: number;
}

/** Added to three times the id of a row: its data as it is packed, or the columns of times it unpacks to. */
const KIND = { data: 0, times: 1, groupTimes: 2 } as const;

const NOTHING: Samples = { times: new Float64Array(0), values: new Float64Array(0) };

export class StoredSource implements TraceSource {
  readonly #layout: Layout;
  readonly #totals: Totals | null;
  readonly #statements: Readonly<Record<keyof typeof SQL, Database.Statement>>;
  readonly #kept = new KeptColumns(KEPT_BYTES);
  readonly #known = new KnownChunks({
    from: (series, level, t, limit) => this.#few({ series, level, t, t1: EVER.t1, limit }),
    between: (series, level, t, t1, limit) => this.#few({ series, level, t, t1, limit }),
  });
  readonly #tops = new Map<number, number>();
  /** The id of the last chunk that was written when chunks were last looked for. */
  #newest: number | null = null;
  readonly #tail = new Map<number, TailSamples>();
  readonly #sealed = new SealedSummaries(this);
  #tailFrom: number | null = null;
  #tailTo = 0;

  /** `totals`: of a session that has ended, where its file has them. */
  constructor(db: Database.Database, layout: Layout, totals: Totals | null) {
    this.#layout = layout;
    this.#totals = totals;
    const prepare = (sql: string) => db.prepare(sql);
    this.#statements = {
      top: prepare(SQL.top).pluck(),
      chunks: prepare(SQL.chunks),
      between: prepare(SQL.between),
      newest: prepare(SQL.newest).pluck(),
      data: prepare(SQL.data),
      times: prepare(SQL.times),
      firstOfTail: prepare(SQL.firstOfTail).pluck(),
      tail: prepare(SQL.tail),
    };
  }

  groupSize(level: number): number {
    return this.#layout.group * this.#layout.fan ** (level - 1);
  }

  topLevel(series: number): number {
    const known = this.#tops.get(series);
    if (known !== undefined) return known;
    const top = Math.min(MAX_LEVEL, Number(this.#statements.top.get(series) ?? 0));
    this.#tops.set(series, top);
    return top;
  }

  chunks(series: number, level: number, t0: Micros, t1: Micros): readonly ChunkRef[] {
    const known = this.#known.touching(series, level, t0, t1);
    if (known !== null) return known;
    const rows = this.#statements.chunks.iterate({ series, level, t0, t1 }) as Iterable<Row>;
    return toRefs(rows);
  }

  chunkAt(series: number, t: Micros): ChunkRef | null {
    return this.#known.at(series, t);
  }

  chunkAfter(series: number, t: Micros): ChunkRef | null {
    return this.#known.after(series, t);
  }

  times({ n, times }: ChunkRef): Float64Array {
    const kept = this.#kept.get(3 * times + KIND.times, () => ({
      times: unpackTimes(this.#read('times', times), n),
    }));
    return ofLength(kept.times, n);
  }

  samples(chunk: ChunkRef, from: number, to: number): Samples {
    const times = this.times(chunk).subarray(from, to);
    return { times, values: unpackValues(this.#data(chunk.id), chunk.n, from, to) };
  }

  groupTimes({ entries, times }: ChunkRef): GroupTimes {
    const kept = this.#kept.get(3 * times + KIND.groupTimes, () =>
      unpackGroupTimes(this.#read('times', times), entries),
    );
    ofLength(kept.t0, entries);
    return kept;
  }

  groups(chunk: ChunkRef, from: number, to: number): Groups {
    const { id, entries } = chunk;
    return unpackGroups(this.#data(id), entries, this.groupTimes(chunk), from, to);
  }

  check({ id, times }: ChunkRef): void {
    this.#read('data', id);
    this.#read('times', times);
  }

  tail(series: number): Samples {
    return this.#tail.get(series)?.samples ?? NOTHING;
  }

  whole(series: number): Summary | null {
    if (this.#totals !== null) return this.#totals.get(series) ?? null;
    const sealed = this.#sealed.get(series);
    const waiting = this.#tail.get(series)?.summary ?? null;
    if (sealed === null || waiting === null) return sealed ?? waiting;
    // In a sound file what waits comes after what is sealed.
    return waiting.t0 > sealed.t1
      ? mergeSummaries(sealed, waiting)
      : summarizeSpan(this, series, EVER.t0, EVER.t1);
  }

  /** Reads what the tail has gained; to be called once at the beginning of each transaction. */
  follow(): void {
    this.#followChunks();
    const first = this.#statements.firstOfTail.get() as number | null;
    if (first === null || first !== this.#tailFrom) {
      this.#tail.clear();
      this.#tailTo = 0;
    }
    this.#tailFrom = first;
    if (first === null) return;
    const rows = this.#statements.tail.iterate(this.#tailTo) as Iterable<TailRow>;
    for (const row of rising(rows, ({ seq }) => seq)) {
      this.#tailTo = row.seq;
      const known = this.#tail.get(row.series) ?? new TailSamples();
      const last = known.summary?.t1 ?? Number.NEGATIVE_INFINITY;
      const samples = unlessDamaged(() => unpackTail(row, row.n, last));
      if (samples === null || samples.times.length === 0) continue;
      known.add(samples);
      this.#tail.set(row.series, known);
    }
  }

  /** Chunks are never rewritten: as long as there is no newer one, what is known of them holds. */
  #followChunks(): void {
    const newest = this.#statements.newest.get() as number | null;
    if (newest === this.#newest) return;
    this.#newest = newest;
    this.#known.lookBehind();
    this.#sealed.lookAgain();
    this.#tops.clear();
  }

  /** So few that they are taken at once, which costs less than one by one. */
  #few(bounds: Readonly<Record<'series' | 'level' | 't' | 't1' | 'limit', number>>): ChunkRef[] {
    return toRefs(this.#statements.between.all(bounds) as Row[]);
  }

  #data(id: number): Buffer {
    return this.#kept.get(3 * id + KIND.data, () => ({ data: this.#read('data', id) })).data;
  }

  /** Throws a ChunkError where it does not match its checksum. */
  #read(table: 'data' | 'times', id: number): Buffer {
    checkTime();
    const blob = this.#statements[table].get(id) as Blob | undefined;
    if (blob === undefined) throw new ChunkError('a chunk is missing');
    return checkBlob(blob);
  }
}

const toRefs = (rows: Iterable<Row>): ChunkRef[] =>
  Array.from(
    rising(rows, ({ t0 }) => t0),
    ({ summary, ...row }) => ({ ...row, summary: unpackSummary(row, summary) }),
  );

/** Chunks that share their times have as many samples each. */
function ofLength(times: Float64Array, n: number): Float64Array {
  if (times.length !== n) throw new ChunkError('a chunk has not the times it says');
  return times;
}
