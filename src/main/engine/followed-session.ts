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
import type { GapRow, SessionReader, SummarizedSeries } from '../store/session-file';

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
  readonly #markers: Marker[] = [];
  readonly #logs: LogLine[] = [];
  readonly #notes: Marker[] = [];
  #seen = { marker: 0, log: 0, gap: 0, note: 0 };

  /** `reader` stays open until whoever opened it closes it. */
  constructor(reader: SessionReader) {
    this.reader = reader;
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
    const followMarkers = () => this.#followMarkers(upTo.marker);
    const followLogs = () => this.#followLogs(upTo.log);
    return {
      ...reader.header,
      ...result,
      baselines: readBaselines(reader),
      series: reader.summaries().map((stored) => this.#followSeries(stored)),
      get markers() {
        return followMarkers();
      },
      get logs() {
        return followLogs();
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
    return reader.atOnce(() => {
      const { marker } = reader.rows.seen();
      this.#notes.push(...readNotes(reader, this.#seen.note));
      this.#seen.note = marker;
      return this.#notes;
    });
  }

  /** Those that are new are read when they are asked for: who draws a line asks for none. What was committed since is of the next look. */
  #followMarkers(upTo: number): readonly Marker[] {
    const { rows, isOpen } = this.reader;
    if (!isOpen) return this.#markers;
    this.#seen.marker = readOn(
      { seen: this.#seen.marker, upTo },
      (query) => rows.markersIn(EVER, query),
      ({ marker }) => this.#markers.push(marker),
    );
    return this.#markers;
  }

  #followLogs(upTo: number): readonly LogLine[] {
    const { rows, isOpen } = this.reader;
    if (!isOpen) return this.#logs;
    this.#seen.log = readOn(
      { seen: this.#seen.log, upTo },
      (query) => rows.logsIn(EVER, query),
      ({ t, stream, text }) => this.#logs.push({ t, stream, text }),
    );
    return this.#logs;
  }

  #followGaps(upTo: number): void {
    const { rows } = this.reader;
    this.#seen.gap = readOn(
      { seen: this.#seen.gap, upTo },
      (query) => rows.gapsIn(EVER, query),
      (row) => this.#followGap(row),
    );
  }
}

/** Notes of the workload behind `seen`, in order of arrival. */
export function readNotes({ rows }: SessionReader, seen = 0): Marker[] {
  const notes: Marker[] = [];
  readOn(
    { seen, upTo: Number.POSITIVE_INFINITY },
    (query) => rows.notesIn(query),
    ({ marker }) => {
      if (marker.type === 'note') notes.push(marker);
    },
  );
  return notes;
}

/** Takes the rows behind `seen` up to the row `upTo`, page after page; returns the last one taken. */
function readOn<Row>(
  { seen, upTo }: { readonly seen: number; readonly upTo: number },
  ask: (query: { readonly after: number; readonly limit: number }) => RowsPage<Row>,
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
