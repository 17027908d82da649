/**
 * A session that is being recorded, by this process or another, read as it grows: each look reads what was committed
 * since the last one and nothing else. Of older samples as much is held as a picture of the whole needs, so that a
 * recording of any length takes the same memory; extremes and figures are exact.
 */
import type { Micros } from '../../shared/base/units';
import type { SessionData } from '../../shared/session/types';
import { ThinnedSeries } from '../../shared/trace/thinned';
import type { LogLine, Marker } from '../../shared/trace/types';
import { readBaselines } from '../store/session-data';
import type { SessionReader, StoredSeries } from '../store/session-file';

const EVER = { t0: Number.MIN_SAFE_INTEGER, t1: Number.MAX_SAFE_INTEGER } as const;
/** Rows read at once. */
const ROWS = 10_000;

interface Followed {
  readonly series: ThinnedSeries;
  count: number;
  until: Micros;
}

interface RowsPage<Row> {
  readonly rows: readonly (Row & { readonly seq: number })[];
  readonly next: number | null;
}

export class FollowedSession {
  readonly reader: SessionReader;
  readonly #series = new Map<string, Followed>();
  readonly #markers: Marker[] = [];
  readonly #logs: LogLine[] = [];
  #seen = { marker: 0, log: 0, gap: 0 };

  /** `reader` stays open until whoever opened it closes it. */
  constructor(reader: SessionReader) {
    this.reader = reader;
  }

  /** The session as it is committed by now. */
  read(): SessionData {
    const { reader } = this;
    const result = reader.refresh();
    for (const stored of reader.series()) this.#followSeries(stored);
    this.#followRows();
    return {
      ...reader.header,
      ...result,
      baselines: readBaselines(reader),
      series: [...this.#series.values()].map(({ series }) => series.data()),
      markers: this.#markers,
      logs: this.#logs,
      warnings: reader.warnings(),
    };
  }

  #followSeries({ count, min: _min, max: _max, mean: _mean, peak: _peak, ...info }: StoredSeries) {
    const known = this.#series.get(info.id);
    const followed = known ?? { series: new ThinnedSeries(info), count: 0, until: EVER.t0 };
    if (known === undefined) this.#series.set(info.id, followed);
    followed.series.info = info;
    if (count === followed.count) return;
    const { times, values } = this.reader.samples(info.id, { t0: followed.until + 1, t1: EVER.t1 });
    followed.series.appendRun(times, values);
    followed.count = count;
    followed.until = times.at(-1) ?? followed.until;
  }

  #followRows(): void {
    const { rows } = this.reader;
    this.#seen = {
      marker: readOn(
        this.#seen.marker,
        (query) => rows.markersIn(EVER, query),
        ({ marker }) => this.#markers.push(marker),
      ),
      log: readOn(
        this.#seen.log,
        (query) => rows.logsIn(EVER, query),
        ({ t, stream, text }) => this.#logs.push({ t, stream, text }),
      ),
      gap: readOn(
        this.#seen.gap,
        (query) => rows.gapsIn(EVER, query),
        ({ series, t0, t1, reason }) => this.#series.get(series)?.series.gap({ t0, t1, reason }),
      ),
    };
  }
}

/** Takes the rows behind `seen`, page after page; returns the last one seen. */
function readOn<Row>(
  seen: number,
  ask: (query: { readonly after: number; readonly limit: number }) => RowsPage<Row>,
  take: (row: Row) => void,
): number {
  let last = seen;
  for (;;) {
    const { rows, next } = ask({ after: last, limit: ROWS });
    for (const row of rows) take(row);
    last = rows.at(-1)?.seq ?? last;
    if (next === null) return last;
  }
}
