/**
 * Reads one session file, of any format. Works on a file that a live recorder is writing: every call sees what was
 * committed by then, as one. Never changes measured data.
 *
 * What is asked of a span costs what the picture or the page holds, not what the session does. A chunk that does not
 * match its checksum is a gap with the reason `damaged`; the rest is shown.
 */

import { basename, resolve } from 'node:path';
import type Database from 'better-sqlite3';
import { Failure } from '../../shared/base/failure';
import type { Micros } from '../../shared/base/units';
import type { Mark } from '../../shared/session/marks';
import type { SessionHeader, SessionResult, SessionSummary } from '../../shared/session/types';
import type { Envelope } from '../../shared/trace/envelope';
import type { SampleRun } from '../../shared/trace/sample-source';
import { EVER, isAbsent } from '../../shared/trace/series';
import type { SpanStatistics } from '../../shared/trace/statistics';
import type { Summary } from '../../shared/trace/summary';
import type {
  Gap,
  LogLine,
  Marker,
  PhaseSpan,
  SampledSeries,
  SeriesInfo,
  SeriesStats,
} from '../../shared/trace/types';
import { FirstFormatSource } from './first-format';
import { FoundDamage } from './found-damage';
import { type KeptEdit, keptEdit } from './kept-edits';
import { currentResult, openDatabase, tidy } from './open-database';
import { isWhole } from './row-checks';
import { EXTENSION, SCHEMA_VERSION } from './schema';
import { type SampleColumns, SeriesQuery, type Span, type TimedValue } from './series-query';
import { MetaDocuments, marksAmong, type Note } from './session-meta';
import { type Page, type PageQuery, pageAmong, SessionRows } from './session-rows';
import { SpanStatisticsQuery } from './span-statistics';
import { reading } from './sqlite-failures';
import { parseSeriesInfo } from './stored-rows';
import { StoredSource } from './stored-source';
import { TOTALS, unpackTotals } from './stored-totals';
import { IN_TIME, rising } from './time-limit';
import { damagedIn, type TraceSource } from './trace-source';

export type { SampleColumns, Span, TimedValue } from './series-query';
export type { Note } from './session-meta';
export type { GapRow, LogRow, MarkerRow, Page, PageQuery, Seen, SessionRows } from './session-rows';

/** A series with what is known of it without opening a chunk; the peak comes with its own time. */
export interface StoredSeries extends SeriesStats {
  readonly peak: TimedValue | null;
}

export interface SummarizedSeries {
  readonly info: SeriesInfo;
  /** Of all its samples; null where it has none. */
  readonly summary: Summary | null;
}

/** Some 35 years: what is longer is meant to have no end. */
const LONGEST: Micros = 2 ** 50;

interface SeriesRow {
  readonly key: number;
  readonly info: SeriesInfo;
}

/** Throws a Failure: not_found, bad_input (no session file), newer_format, corrupt, unwritable. */
export function openSession(path: string): SessionReader {
  return new SessionReader(resolve(path));
}

export class SessionReader {
  readonly path: string;
  /** The name of the file is the id of the session, wherever the file was copied to. */
  readonly id: string;
  /** What the engine stored when the session ended; null before that. */
  readonly summary: SessionSummary | null;
  /** Markers, gaps, logs and phases by span and page. */
  readonly rows: SessionRows;
  readonly #db: Database.Database;
  readonly #source: TraceSource & { follow(): void };
  readonly #series: Database.Statement<[], { key: number; id: string; info: string; crc: number }>;
  readonly #damage: FoundDamage;
  /** By id, as they were declared at the last look; null where that is to be looked for again. */
  #known: ReadonlyMap<string, SeriesRow> | null = null;
  readonly #transact: (read: () => unknown) => unknown;
  #isRead = false;
  /** What a person said of a session of an older format. */
  readonly #kept: KeptEdit;
  #meta: MetaDocuments;
  #header: SessionHeader;
  #result: SessionResult;

  /** Use `openSession`. */
  constructor(path: string, damage = new FoundDamage()) {
    const { db, meta, result, version } = openDatabase(path);
    this.path = path;
    this.#damage = damage;
    this.id = basename(path, EXTENSION);
    this.#db = db;
    this.#meta = meta;
    this.#result = result;
    try {
      this.#kept = version < SCHEMA_VERSION ? keptEdit(path) : {};
      this.#header = reading(path, () => this.#readHeader());
      this.summary = reading(path, () => meta.summary());
      this.#source = reading(path, () =>
        version === 1
          ? new FirstFormatSource(db)
          : new StoredSource(db, meta.layout(), unpackTotals(meta.get(TOTALS))),
      );
      this.#series = db.prepare(
        `SELECT key, id, info, crc FROM series WHERE ${IN_TIME} ORDER BY key`,
      );
      this.#transact = db.transaction((read: () => unknown) => {
        // To a session that has ended nothing is added.
        if (!this.#isRead) this.#source.follow();
        this.#isRead = this.#result.status !== 'recording';
        return read();
      });
      this.rows = new SessionRows(db, (read) => this.#read(read), damage.rows);
    } catch (error) {
      db.close();
      throw error;
    }
  }

  /** As it was on opening, or at the last `refresh`. */
  get header(): SessionHeader {
    return this.#header;
  }

  /** As it was on opening, or at the last `refresh`; `recording` and its duration grow old. */
  get result(): SessionResult {
    return this.#result;
  }

  /** Looks again how far the recording is, and what it announced of itself. */
  refresh(): SessionResult {
    this.#known = null;
    this.#meta = this.#read(() => new MetaDocuments(this.#db));
    this.#header = this.#read(() => this.#readHeader());
    this.#result = this.#read(() => currentResult(this.#db, this.#meta));
    return this.#result;
  }

  /** A document stored with `setMeta`, as it was on opening; null when there is none. */
  meta(key: string): unknown {
    return reading(this.path, () => this.#meta.get(key));
  }

  /** Every document stored with `setMeta`, the session's own among them. */
  documents(): readonly (readonly [key: string, value: unknown])[] {
    return reading(this.path, () => this.#meta.entries());
  }

  /** In order of declaration. */
  series(): StoredSeries[] {
    return this.summaries().map(({ info, summary }) => ({
      ...info,
      count: summary?.count ?? 0,
      min: summary?.min ?? null,
      max: summary?.max ?? null,
      mean: summary && summary.sum / summary.count,
      peak: summary && { value: summary.max, t: summary.maxT },
    }));
  }

  /** Each series with what is known of it as a whole, in order of declaration. */
  summaries(): SummarizedSeries[] {
    return this.#read(() =>
      [...this.#declared().values()].map(({ key, info }) => ({
        info,
        summary: new SeriesQuery(this.#source, key).summarize(EVER),
      })),
    );
  }

  /** What is drawn of a span, for a picture of `columns` pixels: see shared/trace/envelope. */
  envelope(seriesId: string, span: Span, columns: number): Envelope {
    return this.#query(seriesId, (query, row) => {
      const within = this.#within(query, span);
      return query.envelope(within, columns, this.rows.gapsTouching(row.key, within));
    });
  }

  /** Of the samples of a span; null where it holds none. */
  summarize(seriesId: string, span: Span = EVER): Summary | null {
    return this.#query(seriesId, (query) => query.summarize(span));
  }

  /** The first highest sample of a span; null where it holds none. */
  highestIn(seriesId: string, span?: Span): TimedValue | null {
    const all = this.summarize(seriesId, span);
    return all && { t: all.maxT, value: all.max };
  }

  /** The first lowest sample of a span; null where it holds none. */
  lowestIn(seriesId: string, span?: Span): TimedValue | null {
    const all = this.summarize(seriesId, span);
    return all && { t: all.minT, value: all.min };
  }

  /** The samples of a span in runs of about as many each, at most `most` runs. */
  runs(seriesId: string, span: Span, most: number): SampleRun[] {
    return this.#query(seriesId, (query) => query.runs(span, most));
  }

  /** Of the readings of a span, each held until the next; `above`: a level, for how long it was passed. */
  statistics(seriesId: string, span: Span, above: number | null = null): SpanStatistics {
    return this.#query(seriesId, (query, { key }) => {
      const since = query.before(span.t0)?.t ?? span.t0;
      const gaps = this.rows.gapsTouching(key, { t0: since, t1: span.t1 });
      return new SpanStatisticsQuery(this.#source, key, query, span, gaps).compute(above);
    });
  }

  /** The samples of a span, or the first `limit` of them. */
  samples(seriesId: string, span: Span, limit?: number): SampleColumns {
    return this.#query(seriesId, (query) => query.samples(span, limit));
  }

  /** The last sample at or before t, whatever gap follows it. */
  before(seriesId: string, t: Micros): TimedValue | null {
    return this.#query(seriesId, (query) => query.before(t + 1));
  }

  /** The first sample after t. */
  after(seriesId: string, t: Micros): TimedValue | null {
    return this.#query(seriesId, (query) => query.after(t));
  }

  /** The last sample at or before t; null before the first sample and inside a gap. */
  sampleAt(seriesId: string, t: Micros): TimedValue | null {
    return this.#query(seriesId, (query, { key }) => {
      const found = query.before(t + 1);
      if (found === null) return null;
      const gaps = this.rows.gapsTouching(key, { t0: found.t, t1: t });
      return isAbsent(gaps, found.t, t) ? null : found;
    });
  }

  /**
   * Every sample of a series, in memory; stretches that cannot be read are among its gaps. Throws a Failure for a
   * series the session does not have.
   */
  readSeries(seriesId: string): SampledSeries {
    return this.#query(seriesId, (query, { key, info }) => {
      const { times, values, lost } = query.samples(EVER);
      return {
        info,
        times,
        values,
        gaps: inOrder([...this.rows.gapsTouching(key, EVER), ...lost]),
      };
    });
  }

  /** Stretches that cannot be read among them, as far as `damagedIn` looks. */
  gapsOf(seriesId: string): Gap[] {
    return this.#query(seriesId, (_query, { key }) =>
      inOrder([...this.rows.gapsTouching(key, EVER), ...damagedIn(this.#source, key)]),
    );
  }

  /** Every gap with its series, in time order. */
  gaps(): (Gap & { readonly series: string })[] {
    return [...this.rows.all((query) => this.rows.gapsIn(EVER, query))]
      .map(({ seq, ...gap }) => gap)
      .sort((a, b) => a.t0 - b.t0);
  }

  /** In order of arrival. */
  markers(): Marker[] {
    return [...this.rows.all((query) => this.rows.markersIn(EVER, query))].map(
      ({ marker }) => marker,
    );
  }

  /** In order of arrival. */
  logs(): LogLine[] {
    return [...this.rows.all((query) => this.rows.logsIn(EVER, query))].map(
      ({ seq, ...line }) => line,
    );
  }

  /** Announced phases that touch a span, in order of their beginning. */
  phasesIn(span: Span, query: PageQuery): Page<PhaseSpan & { readonly seq: number }> {
    if (this.#result.status !== 'recording' && this.rows.totals().phases > 0) {
      const page = this.rows.phasesIn(span, query);
      if (this.rows.arePhasesWhole) return page;
    }
    return pageAmong(this.#announced(), span, query);
  }

  /** What went wrong in the recording, and what of the file as far as it was read does not match its checksums. */
  warnings(): string[] {
    return [...this.rows.warnings(), ...this.#damage.describe(this.#meta.damaged)];
  }

  notes(): readonly Note[] {
    return this.rows.notes();
  }

  /** The moments a person marked, in order of time. */
  marks(): readonly Mark[] {
    return [...(this.#kept.marks ?? marksAmong(this.notes()))].sort((a, b) => a.t - b.t);
  }

  /** What is asked within is of one moment, and costs one look at what is new. */
  atOnce<T>(ask: () => T): T {
    return this.#read(ask);
  }

  get isOpen(): boolean {
    return this.#db.open;
  }

  /** The file opened once more, by a reader that knows what this one found damaged, and tells it what it finds. */
  reopen(): SessionReader {
    return new SessionReader(this.path, this.#damage);
  }

  close(): void {
    if (!this.#db.open) return;
    this.#db.close();
    if (this.result.status !== 'recording') tidy(this.path);
  }

  [Symbol.dispose](): void {
    this.close();
  }

  #readHeader(): SessionHeader {
    return {
      ...this.#meta.header(),
      id: this.id,
      ...(this.#kept.name !== undefined && { name: this.#kept.name }),
    };
  }

  /** While phases are not stored, they are paired from the markers. */
  #announced(): PhaseSpan[] {
    return this.rows.announced().spansBy(this.refresh().durationUs).spans;
  }

  /** A span without an end, as far as there are samples. */
  #within(query: SeriesQuery, span: Span): Span {
    if (span.t1 - span.t0 <= LONGEST) return span;
    const first = query.after(EVER.t0)?.t ?? 0;
    const last = query.before(EVER.t1)?.t ?? 0;
    return { t0: Math.max(span.t0, first), t1: Math.min(span.t1, last) };
  }

  #query<T>(seriesId: string, ask: (query: SeriesQuery, row: SeriesRow) => T): T {
    return this.#read(() => {
      const row = this.#row(seriesId);
      return ask(new SeriesQuery(this.#source, row.key), row);
    });
  }

  #row(seriesId: string): SeriesRow {
    const row = this.#known?.get(seriesId) ?? this.#declared().get(seriesId);
    if (row !== undefined) return row;
    throw new Failure(
      'not_found',
      `Session ${this.id} has no series "${seriesId}".`,
      `Its series are: ${[...this.#declared().keys()].join(', ') || 'none'}.`,
    );
  }

  #declared(): ReadonlyMap<string, SeriesRow> {
    const rows = Array.from(
      rising(this.#series.iterate(), ({ key }) => key),
      ({ key, id, info: text, crc }) => {
        const info = parseSeriesInfo(text);
        if (!isWhole(crc, key, id, text)) this.#damage.series.add(info.id);
        return [info.id, { key, info }] as const;
      },
    );
    this.#known = new Map(rows);
    return this.#known;
  }

  /** Everything read in one call is of one moment. */
  #read<T>(read: () => T): T {
    return reading(this.path, () => (this.#db.inTransaction ? read() : this.#transact(read))) as T;
  }
}

const inOrder = (gaps: Gap[]): Gap[] => gaps.sort((a, b) => a.t0 - b.t0);
