/** Records generated seconds: into a session file, and beside it into a table with a row a sample, equally durable. */
import { rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { createSession, type SessionWriter } from '../../../src/main/store/session-file';
import { DEVICE_METRICS } from '../../../src/shared/trace/metrics';
import { plainHeader } from '../../support/session-header';
import { GpuGenerator, METRICS, type Second } from './generator';

export interface Recorded {
  readonly path: string;
  readonly values: number;
  /** Processor time of recording alone; generating is not counted. */
  readonly seconds: number;
  /** Of the first half. */
  readonly halfSeconds: number;
  readonly bytes: number;
  readonly commits: number;
  /** The longest commit, by the clock. */
  readonly commitMs: number;
}

/** When to commit: each second of the clock while recording as fast as can be, or each second recorded, as live. */
export type Pace = 'wall' | 'live';

/** What takes the samples of a second. */
export interface Sink {
  take(gpu: number, s: number, second: Second | null): void;
  commit(): void;
  close(durationUs: number): void;
}

export const seriesId = (gpu: number, metric: number): string => `gpu${gpu}.${METRICS[metric]}`;

export function record(
  path: string,
  sink: Sink,
  gpus: number,
  seconds: number,
  pace: Pace,
  seed = 1,
): Recorded {
  const generators = Array.from({ length: gpus }, (_, gpu) => new GpuGenerator(seed * 100 + gpu));
  const counted = { values: 0, ms: 0, halfMs: 0, sinceCommit: 0, commits: 0, commitMs: 0 };
  const timed = (work: () => void): number => {
    const start = performance.now();
    const before = process.cpuUsage();
    work();
    const { user, system } = process.cpuUsage(before);
    counted.ms += (user + system) / 1000;
    return performance.now() - start;
  };
  const commit = () => {
    counted.commitMs = Math.max(
      counted.commitMs,
      timed(() => sink.commit()),
    );
    counted.commits++;
    counted.sinceCommit = 0;
  };
  for (let s = 0; s < seconds; s++) {
    const read = generators.map((generator) => generator.second(s));
    counted.sinceCommit += timed(() => {
      for (const [gpu, second] of read.entries()) sink.take(gpu, s, second);
    });
    for (const second of read) if (second) counted.values += second.times.length * METRICS.length;
    if (pace === 'live' || counted.sinceCommit >= 1000) commit();
    if (s + 1 === Math.floor(seconds / 2)) counted.halfMs = counted.ms;
  }
  commit();
  timed(() => sink.close(seconds * 1e6));
  return {
    path,
    values: counted.values,
    seconds: counted.ms / 1000,
    halfSeconds: counted.halfMs / 1000,
    bytes: statSync(path).size,
    commits: counted.commits,
    commitMs: counted.commitMs,
  };
}

/** A session of ours, recorded as the samplers do: a run of each series. */
export function openSessionSink(
  folder: string,
  id: string,
  gpus: number,
): Sink & { writer: SessionWriter } {
  rmSync(join(folder, `${id}.plumbline`), { force: true });
  const writer = createSession(folder, plainHeader(id));
  for (let gpu = 0; gpu < gpus; gpu++)
    for (const [i, metric] of METRICS.entries()) {
      const { unit, windowUs } = DEVICE_METRICS[metric];
      const source = { source: 'bench', metric, unit, windowUs, intervalUs: 10_000 };
      writer.declareSeries({ id: seriesId(gpu, i), ...source });
    }
  return {
    writer,
    take(gpu, s, second) {
      for (const i of METRICS.keys()) {
        if (second === null) writer.gap(seriesId(gpu, i), s * 1e6, (s + 1) * 1e6 - 1, 'lost');
        else writer.appendRun(seriesId(gpu, i), second.times, second.columns[i]!);
      }
    },
    commit: () => writer.flush(),
    close(durationUs) {
      writer.finish({ status: 'complete', exitCode: 0, signal: null, durationUs });
      writer.close();
    },
  };
}

/** A row a sample, in the order that answers a span of a series; WAL and synchronous=FULL as a recording has. */
export function openRowSink(path: string): Sink {
  for (const ending of ['', '-wal', '-shm']) rmSync(path + ending, { force: true });
  const db = new Database(path);
  db.pragma('journal_mode = WAL');
  db.pragma('synchronous = FULL');
  db.exec(
    'CREATE TABLE sample (series INTEGER, t INTEGER, value INTEGER, PRIMARY KEY (series, t)) WITHOUT ROWID',
  );
  const insert = db.prepare('INSERT INTO sample VALUES (?, ?, ?)');
  return {
    take(gpu, _s, second) {
      if (second === null) return;
      if (!db.inTransaction) db.exec('BEGIN');
      for (const [i, column] of second.columns.entries())
        for (let tick = 0; tick < column.length; tick++)
          insert.run(gpu * METRICS.length + i, second.times[tick]!, column[tick]!);
    },
    commit() {
      if (db.inTransaction) db.exec('COMMIT');
    },
    close() {
      db.pragma('wal_checkpoint(TRUNCATE)');
      db.close();
    },
  };
}
