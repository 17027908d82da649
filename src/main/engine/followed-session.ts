/**
 * A session that is being recorded, by this process or another, read as it grows: each look reads what was committed
 * since the last one and nothing else. Samples stay in the file and are asked for by span, as those of a finished session
 * are, so that every extreme is exact.
 */
import { isDeepStrictEqual } from 'node:util';
import type { SessionData } from '../../shared/session/types';
import { EVER } from '../../shared/trace/series';
import type { Gap, LogLine, Marker, SeriesData } from '../../shared/trace/types';
import { readBaselines, readLimits, readMarks, storedSeries } from '../store/session-data';
import type {
  GapRow,
  LogRow,
  MarkerRow,
  PageQuery,
  SessionReader,
  SummarizedSeries,
} from '../store/session-file';

const NO_GAPS: readonly Gap[] = [];
/** Rows read at once. */
const ROWS = 10_000;

interface RowsPage<Row> {
  readonly rows: readonly (Row & { readonly seq: number })[];
  readonly next: number | null;
}

export class FollowedSession {
  readonly reader: SessionReader;
  readonly #series = new Map<string, SeriesData>();
  readonly #gaps = new Map<string, readonly Gap[]>();
  /** Who draws a line asks for none. */
  readonly #markers: FollowedRows<MarkerRow, Marker>;
  readonly #logs: FollowedRows<LogRow, LogLine>;
  readonly #notes: FollowedRows<MarkerRow, Marker>;
  #seenGap = 0;

  /** `reader` stays open until whoever opened it closes it. */
  constructor(reader: SessionReader) {
    this.reader = reader;
    this.#markers = new FollowedRows(
      reader,
      ({ rows }, query) => rows.markersIn(EVER, query),
      ({ marker }) => marker,
    );
    this.#logs = new FollowedRows(
      reader,
      ({ rows }, query) => rows.logsIn(EVER, query),
      ({ t, stream, text }) => ({ t, stream, text }),
    );
    this.#notes = followNotes(reader);
  }

  /** The session as it is committed by now. */
  read(): SessionData {
    return this.reader.atOnce(() => this.#readAtOnce());
  }

  #readAtOnce(): SessionData {
    const { reader } = this;
    const result = reader.refresh();
    const upTo = reader.rows.seen();
    this.#followGaps(upTo.gap);
    const markers = () => this.#markers.upTo(upTo.marker);
    const logs = () => this.#logs.upTo(upTo.log);
    return {
      ...reader.header,
      ...result,
      baselines: readBaselines(reader),
      series: reader.summaries().map((stored) => this.#followSeries(stored)),
      get markers() {
        return markers();
      },
      get logs() {
        return logs();
      },
      warnings: reader.warnings(),
      ...readMarks(reader),
      ...readLimits(reader),
    };
  }

  /** One of which nothing is new stays the same object, so that what was worked out of it is not worked out again. */
  #followSeries(stored: SummarizedSeries): SeriesData {
    const known = this.#series.get(stored.info.id);
    const gaps = this.#gaps.get(stored.info.id) ?? NO_GAPS;
    const fresh = storedSeries(this.reader, stored, gaps);
    const isSame =
      known !== undefined &&
      known.figures?.count === fresh.figures?.count &&
      known.gaps === gaps &&
      isDeepStrictEqual(known.info, stored.info);
    const current = isSame ? known : fresh;
    this.#series.set(stored.info.id, current);
    return current;
  }

  /** A gap that lasts is told again as it grows. */
  #followGap({ series, t0, t1, reason }: GapRow): void {
    const known = this.#gaps.get(series) ?? [];
    let at = known.length;
    while (at > 0 && known[at - 1]!.t0 > t0) at--;
    const isGrown = known[at - 1]?.t0 === t0;
    this.#gaps.set(
      series,
      known.toSpliced(isGrown ? at - 1 : at, Number(isGrown), { t0, t1, reason }),
    );
  }

  /** What the workload noted, without a look at its other markers. In order of arrival. */
  notes(): readonly Marker[] {
    const { reader } = this;
    return reader.atOnce(() => this.#notes.upTo(reader.rows.seen().marker));
  }

  #followGaps(upTo: number): void {
    const { rows } = this.reader;
    this.#seenGap = readOn(
      { seen: this.#seenGap, upTo },
      (query) => rows.gapsIn(EVER, query),
      (row) => this.#followGap(row),
    );
  }
}

/**
 * Rows of one kind, of which those that are new are read when they are asked for. The list is the same each time, with
 * more in it.
 */
class FollowedRows<Row, Kept> {
  readonly #reader: SessionReader;
  readonly #ask: (reader: SessionReader, query: PageQuery) => RowsPage<Row>;
  readonly #keep: (row: Row) => Kept | null;
  readonly #kept: Kept[] = [];
  #seen = 0;

  /** `keep`: what is kept of a row; null leaves it out. */
  constructor(
    reader: SessionReader,
    ask: (reader: SessionReader, query: PageQuery) => RowsPage<Row>,
    keep: (row: Row) => Kept | null,
  ) {
    this.#reader = reader;
    this.#ask = ask;
    this.#keep = keep;
  }

  /** In order of arrival, those up to the row `last`; of a reader that was closed meanwhile those read by then. */
  upTo(last: number): readonly Kept[] {
    if (last <= this.#seen || !this.#reader.isOpen) return this.#kept;
    readOn(
      { seen: this.#seen, upTo: last },
      (query) => this.#ask(this.#reader, query),
      (row) => {
        const kept = this.#keep(row);
        if (kept !== null) this.#kept.push(kept);
      },
    );
    this.#seen = last;
    return this.#kept;
  }
}

/** Notes of the workload. */
export const followNotes = (reader: SessionReader): FollowedRows<MarkerRow, Marker> =>
  new FollowedRows(
    reader,
    ({ rows }, query) => rows.notesIn(query),
    ({ marker }) => (marker.type === 'note' ? marker : null),
  );

/** Takes the rows behind `seen` up to the row `upTo`, page after page; returns the last one taken. */
function readOn<Row>(
  { seen, upTo }: { readonly seen: number; readonly upTo: number },
  ask: (query: PageQuery) => RowsPage<Row>,
  take: (row: Row) => void,
): number {
  let last = seen;
  for (;;) {
    const { rows, next } = ask({ after: last, limit: ROWS });
    for (const row of rows) {
      if (row.seq > upTo) return last;
      take(row);
      last = row.seq;
    }
    if (next === null) return last;
  }
}
