/**
 * What a session has in rows: markers, log lines, gaps and announced phases. Each is asked for by span and page, or
 * for what came after the last one seen; nothing is read that is not asked for. A row that does not match its checksum
 * is left out and counted; of a log line the place is kept.
 */
import type Database from 'better-sqlite3';
import type { Micros } from '../../shared/base/units';
import { Announcements } from '../../shared/trace/announcements';
import { EVER } from '../../shared/trace/series';
import type { Gap, LogLine, Marker, PhaseSpan } from '../../shared/trace/types';
import type { FoundDamage } from './found-damage';
import { isWhole } from './row-checks';
import { bound } from './schema';
import type { Span } from './series-query';
import type { Note } from './session-meta';
import { parsePhase, parseStoredMarker } from './stored-rows';
import { IN_TIME, rising } from './time-limit';

export interface PageQuery {
  /** Rows beyond this one: `next` of the page before. */
  readonly after?: number;
  readonly limit: number;
}
export interface Page<Row> {
  readonly rows: readonly Row[];
  /** What to ask for after this page; null where it was the last. */
  readonly next: number | null;
}
export interface MarkerRow {
  readonly seq: number;
  readonly marker: Marker;
}
export interface LogRow extends LogLine {
  readonly seq: number;
}
export interface GapRow extends Gap {
  readonly seq: number;
  readonly series: string;
}
/** The last of each that was seen. */
export interface Seen {
  readonly marker: number;
  readonly log: number;
  readonly gap: number;
}

/** Rows of a page when all are read. */
const ALL_AT_ONCE = 10_000;

const IN_SPAN = 't BETWEEN :t0 AND :t1';
/** Without it SQLite would go by the index of times even where every time is asked for, and sort the whole table a page. */
const BY_SEQ = '+t BETWEEN :t0 AND :t1';
const markers = (span: string) =>
  `SELECT seq, t, value, crc FROM marker WHERE seq > :after AND ${span} AND ${IN_TIME} ORDER BY seq LIMIT ${bound('limit')}`;
const logs = (span: string) =>
  `SELECT seq, t, stream, text, crc FROM log WHERE seq > :after AND ${span} AND ${IN_TIME} ORDER BY seq LIMIT ${bound('limit')}`;

/** They are taken at once, which costs less than one by one. */
const GAPS_AT_ONCE = 1000;
/** So many of a series are kept; a view asks for those of each of its series with every look. */
const FEW_GAPS = 256;

const SQL = {
  markers: markers(IN_SPAN),
  allMarkers: markers(BY_SEQ),
  // Most markers are none: only those that have the word are read.
  notes: markers(`instr(value, '"note"') AND ${BY_SEQ}`),
  logs: logs(IN_SPAN),
  allLogs: logs(BY_SEQ),
  gaps: `SELECT gap.seq, gap.t0, gap.t1, gap.reason, gap.series AS key, gap.crc, series.id AS series FROM gap JOIN series ON series.key = gap.series
    WHERE gap.seq > :after AND gap.t0 <= :t1 AND gap.t1 >= :t0 AND ${IN_TIME} ORDER BY gap.seq LIMIT ${bound('limit')}`,
  // Gaps of a series do not overlap, so the one before the first that begins in the span is the last that can reach in.
  touching: `SELECT seq, series AS key, t0, t1, reason, crc FROM gap WHERE series = ${bound('series')} AND t0 <= :t1 AND t1 >= :t0 AND ${IN_TIME} AND t0 >= coalesce(
    (SELECT t0 FROM gap WHERE series = ${bound('series')} AND t0 <= :t0 ORDER BY t0 DESC LIMIT 1), :t0) ORDER BY t0 LIMIT ${bound('limit')}`,
  newestGap: 'SELECT max(seq) AS seq FROM gap',
  phases: `SELECT seq, t0, t1, value, crc FROM phase WHERE seq > :after AND t0 BETWEEN :from AND :t1 AND t1 >= :t0 AND t1 - t0 >= :least AND ${IN_TIME} ORDER BY seq LIMIT ${bound('limit')}`,
  longest: `SELECT coalesce(max(t1 - t0), 0) FROM phase WHERE ${IN_TIME}`,
  totals: `SELECT (SELECT count(*) FROM marker WHERE ${IN_TIME}) AS markers, (SELECT count(*) FROM log WHERE ${IN_TIME}) AS logs,
    (SELECT count(*) FROM gap WHERE ${IN_TIME}) AS gaps, (SELECT count(*) FROM phase WHERE ${IN_TIME}) AS phases`,
  reminders: `SELECT seq, t, text, created, crc FROM note WHERE ${IN_TIME} ORDER BY seq`,
  warnings: `SELECT seq, text, crc FROM warning WHERE ${IN_TIME} ORDER BY seq`,
  seen: `SELECT coalesce((SELECT max(seq) FROM marker), 0) AS marker, coalesce((SELECT max(seq) FROM log), 0) AS log,
    coalesce((SELECT max(seq) FROM gap), 0) AS gap`,
} as const;

const isEver = ({ t0, t1 }: Span): boolean => t0 <= EVER.t0 && t1 >= EVER.t1;

interface Totals {
  readonly markers: number;
  readonly logs: number;
  readonly gaps: number;
  readonly phases: number;
}

interface StoredMarker {
  readonly seq: number;
  readonly t: Micros;
  readonly value: string;
  readonly crc: number;
}
interface StoredGap extends Gap {
  readonly seq: number;
  readonly key: number;
  readonly crc: number;
}
type StoredLog = LogRow & { readonly crc: number };
type StoredPhase = Span & Pick<StoredMarker, 'seq' | 'value' | 'crc'>;

interface StoredNote extends Pick<Note, 't' | 'text'> {
  readonly seq: number;
  readonly created: string;
  readonly crc: number;
}
type StoredWarning = Pick<StoredNote, 'seq' | 'text' | 'crc'>;

const isGapWhole = ({ crc, seq, key, t0, t1, reason }: StoredGap): boolean =>
  isWhole(crc, seq, key, t0, t1, reason);

/** Stands where a line stood that does not match its checksum. */
const LOST_LINE = '‹this line is damaged in the session file›';

export class SessionRows {
  readonly #statements: Readonly<Record<keyof typeof SQL, Database.Statement>>;
  readonly #read: <T>(read: () => T) => T;
  #longestPhase: Micros | null = null;
  /** By series, and the place of the last gap that was told when they were read. */
  readonly #gaps = new Map<number, readonly Gap[] | null>();
  #gapsUntil: number | null = null;
  readonly #lost: FoundDamage['rows'];

  /** `read` makes one moment of what is read within, and tells damage; what rows are damaged is put into `lost`. */
  constructor(db: Database.Database, read: <T>(read: () => T) => T, lost: FoundDamage['rows']) {
    this.#lost = lost;
    const prepared = Object.entries(SQL).map(([name, sql]) => [name, db.prepare(sql)]);
    this.#statements = Object.fromEntries(prepared) as Record<keyof typeof SQL, Database.Statement>;
    this.#read = read;
  }

  /** How many there are; phases only once the session has ended. */
  totals(): Totals {
    return this.#read(() => this.#statements.totals.get() as Totals);
  }

  /** Whether all phases that were read so far match their checksums. */
  get arePhasesWhole(): boolean {
    return this.#lost.phase.size === 0;
  }

  seen(): Seen {
    return this.#read(() => this.#statements.seen.get() as Seen);
  }

  /** In order of arrival, as logs and gaps are; a gap that grew arrives anew. */
  markersIn(span: Span, query: PageQuery): Page<MarkerRow> {
    return this.#markers(isEver(span) ? 'allMarkers' : 'markers', span, query);
  }

  /** What is said by all markers, read page by page. */
  announced(): Announcements {
    const announced = new Announcements();
    for (const { marker } of this.all((query) => this.markersIn(EVER, query)))
      announced.take(marker);
    return announced;
  }

  /** Those that may be notes of the workload: few, however many markers there are. */
  notesIn(query: PageQuery): Page<MarkerRow> {
    return this.#markers('notes', EVER, query);
  }

  logsIn(span: Span, query: PageQuery): Page<LogRow> {
    const page = this.#page<StoredLog>(isEver(span) ? 'allLogs' : 'logs', span, query);
    const rows = page.rows.map(({ crc, ...row }) =>
      isWhole(crc, row.seq, row.t, row.stream, row.text) ? row : { ...row, text: LOST_LINE },
    );
    return { ...page, rows };
  }

  gapsIn(span: Span, query: PageQuery): Page<GapRow> {
    const page = this.#page<StoredGap & { readonly series: string }>('gaps', span, query);
    const rows = this.#whole('gap', page.rows, isGapWhole);
    return { ...page, rows: rows.map(({ key, crc, ...row }) => row) };
  }

  /** Of one series, in order of time. */
  gapsTouching(series: number, { t0, t1 }: Span): Gap[] {
    return this.#read(() => {
      const known = this.#knownGaps(series);
      if (known === null) return this.#wholeGaps(this.#touching(series, t0, t1));
      return known.filter((gap) => gap.t0 <= t1 && gap.t1 >= t0);
    });
  }

  /** All of a series, where they are few; null where they are many. */
  #knownGaps(series: number): readonly Gap[] | null {
    // A gap that is told anew has a new place.
    const newest = this.#statements.newestGap.get() as { readonly seq: number | null };
    if (newest.seq !== this.#gapsUntil) {
      this.#gapsUntil = newest.seq;
      for (const [key, gaps] of this.#gaps) if (gaps !== null) this.#gaps.delete(key);
    }
    const known = this.#gaps.get(series);
    if (known !== undefined) return known;
    const { t0, t1 } = EVER;
    const limit = FEW_GAPS + 1;
    const found = this.#statements.touching.all({ series, t0, t1, limit }) as StoredGap[];
    const gaps = found.length > FEW_GAPS ? null : this.#wholeGaps(found);
    this.#gaps.set(series, gaps);
    return gaps;
  }

  /** In order of time, as they were found. */
  #wholeGaps(found: Iterable<StoredGap>): Gap[] {
    const gaps = [...rising(found, (gap) => gap.t0)];
    return this.#whole('gap', gaps, isGapWhole).map(({ t0, t1, reason }) => ({ t0, t1, reason }));
  }

  *#touching(series: number, t0: Micros, t1: Micros): Iterable<StoredGap> {
    for (let from = t0; ; ) {
      const found = this.#statements.touching.all({
        series,
        t0: from,
        t1,
        limit: GAPS_AT_ONCE,
      }) as StoredGap[];
      yield* found;
      const last = found.at(-1);
      if (last === undefined || found.length < GAPS_AT_ONCE) return;
      from = Math.max(last.t0, last.t1) + 1;
    }
  }

  /** The longest phase of a session that has ended; 0 where none is stored. */
  longestPhase(): Micros {
    this.#longestPhase ??= this.#read(() => Number(this.#statements.longest.pluck().get()));
    return this.#longestPhase;
  }

  /** Of a session that has ended, those that take at least so long; in order of their beginning. */
  phasesIn(
    span: Span,
    query: PageQuery,
    least: Micros = 0,
  ): Page<PhaseSpan & { readonly seq: number }> {
    return this.#read(() => {
      const from = Math.max(Number.MIN_SAFE_INTEGER, span.t0 - this.longestPhase());
      const more = { from, least };
      const page = this.#page<StoredPhase>('phases', span, query, more);
      const rows = this.#whole('phase', page.rows, ({ crc, seq, t0, t1, value }) =>
        isWhole(crc, seq, t0, t1, value),
      );
      return { ...page, rows: rows.map(({ seq, value }) => ({ ...parsePhase(value), seq })) };
    });
  }

  /** What a person noted. */
  notes(): readonly Note[] {
    return this.#read(() => {
      const found = this.#statements.reminders.iterate() as Iterable<StoredNote>;
      const rows = this.#whole('note', [...rising(found, ({ seq }) => seq)], (row) =>
        isWhole(row.crc, row.seq, row.t, row.text, row.created),
      );
      return rows.map(({ seq, t, text, created }) => ({ id: seq, t, text, createdAt: created }));
    });
  }

  /** What went wrong in the recording itself. */
  warnings(): readonly string[] {
    return this.#read(() => {
      const found = this.#statements.warnings.iterate() as Iterable<StoredWarning>;
      const rows = [...rising(found, ({ seq }) => seq)];
      return this.#whole('warning', rows, ({ crc, seq, text }) => isWhole(crc, seq, text)).map(
        ({ text }) => text,
      );
    });
  }

  /** Page after page. */
  *all<Row>(ask: (query: PageQuery) => Page<Row>): Iterable<Row> {
    for (let after: number | null = 0; after !== null; ) {
      const page: Page<Row> = ask({ after, limit: ALL_AT_ONCE });
      yield* page.rows;
      after = page.next;
    }
  }

  #markers(
    name: 'markers' | 'allMarkers' | 'notes',
    span: Span,
    query: PageQuery,
  ): Page<MarkerRow> {
    const page = this.#page<StoredMarker>(name, span, query);
    const rows = this.#whole('marker', page.rows, ({ crc, seq, t, value }) =>
      isWhole(crc, seq, t, value),
    );
    return {
      ...page,
      rows: this.#read(() =>
        rows.map(({ seq, value }) => ({ seq, marker: parseStoredMarker(value) })),
      ),
    };
  }

  /** Those that match their checksums; the others are counted. */
  #whole<Row extends { readonly seq: number }>(
    part: keyof FoundDamage['rows'],
    rows: readonly Row[],
    matches: (row: Row) => boolean,
  ): readonly Row[] {
    return rows.filter((row) => {
      const whole = matches(row);
      if (!whole) this.#lost[part].add(row.seq);
      return whole;
    });
  }

  #page<Row extends { readonly seq: number }>(
    name: 'markers' | 'allMarkers' | 'notes' | 'logs' | 'allLogs' | 'gaps' | 'phases',
    { t0, t1 }: Span,
    { after = 0, limit }: PageQuery,
    more: Readonly<Record<string, number>> = {},
  ): Page<Row> {
    return this.#read(() => {
      const asked = { t0, t1, after, limit: limit + 1, ...more };
      const found = this.#statements[name].all(asked) as Row[];
      const rows = [...rising(found, ({ seq }) => seq)];
      const page = rows.slice(0, limit);
      return { rows: page, next: rows.length > limit ? (page.at(-1)?.seq ?? null) : null };
    });
  }
}

/** The page that was asked for, of phases in order of their beginning that lie nowhere in rows. */
export function pageAmong(
  spans: readonly PhaseSpan[],
  { t0, t1 }: Span,
  { after = 0, limit }: PageQuery,
): Page<PhaseSpan & { readonly seq: number }> {
  const rows = spans
    .map((span, i) => ({ ...span, seq: i + 1 }))
    .filter((span) => span.seq > after && span.t0 <= t1 && span.t1 >= t0);
  const page = rows.slice(0, limit);
  return { rows: page, next: rows.length > limit ? (page.at(-1)?.seq ?? null) : null };
}
