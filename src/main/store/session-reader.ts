/**
 * Reads one session file. Works on a file that a live recorder is writing: every call sees what was committed by
 * then. Never changes measured data.
 */

import { basename, resolve } from 'node:path';
import type Database from 'better-sqlite3';
import { Failure } from '../../shared/base/failure';
import type { Micros } from '../../shared/base/units';
import type { SessionHeader, SessionResult, SessionSummary } from '../../shared/session/types';
import type {
  Gap,
  LogLine,
  Marker,
  SeriesData,
  SeriesInfo,
  SeriesStats,
} from '../../shared/trace/types';
import { ChunkError, decodeChunk } from './chunks';
import { openDatabase, tidy } from './open-database';
import { EXTENSION } from './schema';
import type { MetaDocuments } from './session-meta';
import { reading } from './sqlite-failures';

/** A series with what is known of it without opening a chunk; the peak comes with its own time. */
export interface StoredSeries extends SeriesStats {
  readonly peak: { readonly value: number; readonly t: Micros } | null;
}

/** A person's words on a session, at a moment of it or on the whole. The format holds them; no front end writes any yet. */
export interface Note {
  readonly id: number;
  readonly t: Micros | null;
  readonly text: string;
  /** ISO 8601. */
  readonly createdAt: string;
}

interface ChunkRow {
  readonly n: number;
  readonly codec: number;
  readonly crc: number;
  readonly data: Buffer;
}

const NO_SAMPLES = { count: 0, min: null, max: null, mean: null } as const;

interface Span {
  readonly t0: Micros;
  readonly t1: Micros;
}
const EVER: Span = { t0: Number.MIN_SAFE_INTEGER, t1: Number.MAX_SAFE_INTEGER };

/** Throws a Failure: not_found, bad_input (no session file), newer_format, corrupt, unwritable. */
export function openSession(path: string): SessionReader {
  return new SessionReader(resolve(path));
}

export class SessionReader {
  readonly path: string;
  /** The name of the file is the id of the session, wherever the file was copied to. */
  readonly id: string;
  readonly header: SessionHeader;
  /** As it was on opening; `recording` and its duration grow old. */
  readonly result: SessionResult;
  /** What the engine stored when the session ended; null before that. */
  readonly summary: SessionSummary | null;
  readonly #db: Database.Database;
  readonly #meta: MetaDocuments;

  /** Use `openSession`. */
  constructor(path: string) {
    const { db, meta, result } = openDatabase(path);
    this.path = path;
    this.id = basename(path, EXTENSION);
    this.#db = db;
    this.#meta = meta;
    this.result = result;
    try {
      this.header = reading(path, () => ({ ...meta.header(), id: this.id }));
      this.summary = reading(path, () => meta.summary());
    } catch (error) {
      db.close();
      throw error;
    }
  }

  /** A document stored with `setMeta`, as it was on opening; null when there is none. */
  meta(key: string): unknown {
    return reading(this.path, () => this.#meta.get(key));
  }

  /** In order of declaration. */
  series(): StoredSeries[] {
    return this.#read(() => {
      const peak = this.#db.prepare<[number], { value: number; t: number }>(
        'SELECT max AS value, max_t AS t FROM chunk WHERE series = ? ORDER BY max DESC, seq LIMIT 1',
      );
      const totals = this.#db.prepare<
        [number],
        { count: number; min: number | null; max: number | null; mean: number | null }
      >(
        'SELECT coalesce(sum(n), 0) AS count, min(min) AS min, max(max) AS max, sum(sum) / sum(n) AS mean FROM chunk WHERE series = ?',
      );
      return this.#seriesRows().map(({ key, info }) => ({
        ...info,
        ...(totals.get(key) ?? NO_SAMPLES),
        peak: peak.get(key) ?? null,
      }));
    });
  }

  /**
   * All samples of a series, or those of the chunks that a span touches. Throws a Failure for a series the session
   * does not have.
   */
  readSeries(seriesId: string, { t0, t1 }: Span = EVER): SeriesData {
    return this.#read(() => {
      const row = this.#row(seriesId);
      const count = this.countIn(seriesId, t0, t1);
      const [times, values] = [new Float64Array(count), new Float64Array(count)];
      const chunks = this.#db.prepare<[number, Micros, Micros], ChunkRow>(
        'SELECT n, codec, crc, data FROM chunk WHERE series = ? AND t1 >= ? AND t0 <= ? ORDER BY seq',
      );
      let at = 0;
      for (const { n, codec, crc, data } of chunks.iterate(row.key, t0, t1)) {
        const chunk = decodeChunk(n, codec, crc, data);
        if (at > 0 && chunk.times[0]! <= times[at - 1]!)
          throw new ChunkError(`chunks of ${seriesId} overlap in time`);
        times.set(chunk.times, at);
        values.set(chunk.values, at);
        at += n;
      }
      return { info: row.info, times, values, gaps: this.gapsOf(seriesId) };
    });
  }

  /** How many samples the chunks hold that a span touches. */
  countIn(seriesId: string, t0: Micros, t1: Micros): number {
    return this.#read(
      () =>
        this.#db
          .prepare<[number, Micros, Micros], number>(
            'SELECT coalesce(sum(n), 0) FROM chunk WHERE series = ? AND t1 >= ? AND t0 <= ?',
          )
          .pluck()
          .get(this.#row(seriesId).key, t0, t1) ?? 0,
    );
  }

  /** When the lowest value was first seen, without opening a chunk; null where there is no sample. */
  lowestAt(seriesId: string): Micros | null {
    return this.#read(
      () =>
        this.#db
          .prepare<[number], Micros>(
            'SELECT min_t FROM chunk WHERE series = ? ORDER BY min, seq LIMIT 1',
          )
          .pluck()
          .get(this.#row(seriesId).key) ?? null,
    );
  }

  gapsOf(seriesId: string): Gap[] {
    return this.#read(() =>
      this.#db
        .prepare<[number], Gap>('SELECT t0, t1, reason FROM gap WHERE series = ? ORDER BY t0')
        .all(this.#row(seriesId).key),
    );
  }

  /** Every gap with its series, in time order. */
  gaps(): (Gap & { readonly series: string })[] {
    return this.#read(() =>
      this.#db
        .prepare<[], Gap & { series: string }>(
          'SELECT gap.t0, gap.t1, gap.reason, series.id AS series FROM gap JOIN series ON series.key = gap.series ORDER BY gap.t0, series.key',
        )
        .all(),
    );
  }

  /** In order of arrival. */
  markers(): Marker[] {
    return this.#read(() =>
      this.#db
        .prepare<[], string>('SELECT value FROM marker ORDER BY seq')
        .pluck()
        .all()
        .map((text) => JSON.parse(text) as Marker),
    );
  }

  /** In order of arrival. */
  logs(): LogLine[] {
    return this.#read(() =>
      this.#db.prepare<[], LogLine>('SELECT t, stream, text FROM log ORDER BY seq').all(),
    );
  }

  warnings(): string[] {
    return this.#read(() =>
      this.#db.prepare<[], string>('SELECT text FROM warning ORDER BY seq').pluck().all(),
    );
  }

  notes(): Note[] {
    return this.#read(() =>
      this.#db
        .prepare<[], Note>('SELECT seq AS id, t, text, created AS createdAt FROM note ORDER BY seq')
        .all(),
    );
  }

  close(): void {
    if (!this.#db.open) return;
    this.#db.close();
    if (this.result.status !== 'recording') tidy(this.path);
  }

  [Symbol.dispose](): void {
    this.close();
  }

  #row(seriesId: string): { key: number; info: SeriesInfo } {
    const row = this.#db
      .prepare<[string], { key: number; info: string }>('SELECT key, info FROM series WHERE id = ?')
      .get(seriesId);
    if (row !== undefined) return { key: row.key, info: JSON.parse(row.info) as SeriesInfo };
    const known =
      this.#seriesRows()
        .map(({ info }) => info.id)
        .join(', ') || 'none';
    throw new Failure(
      'not_found',
      `Session ${this.id} has no series "${seriesId}".`,
      `Its series are: ${known}.`,
    );
  }

  #seriesRows(): { key: number; info: SeriesInfo }[] {
    return this.#db
      .prepare<[], { key: number; info: string }>('SELECT key, info FROM series ORDER BY key')
      .all()
      .map(({ key, info }) => ({ key, info: JSON.parse(info) as SeriesInfo }));
  }

  #read<T>(read: () => T): T {
    return reading(this.path, read);
  }
}
