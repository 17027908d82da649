/**
 * A session as plain SQLite tables, for people who query: a row a sample, and every name spelled out. It is no session
 * file; `plumbline import` reads its samples and gaps again.
 *
 *     session(key, value)                          id, name, started_at (ISO 8601), duration_us, status
 *     series(series, source, metric, unit, about)  one row each
 *     samples(series, time_us, value)              microseconds from the start; value in the unit of its series
 *     gaps(series, time_us, until_us, absent)      spans without a reading, and why
 *     phases(phase, step, time_us, until_us, measured_bytes, predicted_bytes)
 *     notes(time_us, text)
 */
import Database from 'better-sqlite3';
import { buildDocument } from '../../shared/session/document';
import type { SessionData } from '../../shared/session/types';
import { samplesIn } from '../../shared/trace/series';
import { readSession } from '../store/session-data';
import type { ExportFormat } from './protocol';

const TABLES = `
CREATE TABLE session (key TEXT PRIMARY KEY, value);
CREATE TABLE series (series TEXT PRIMARY KEY, source TEXT, metric TEXT, unit TEXT, about TEXT);
CREATE TABLE samples (series TEXT, time_us INTEGER, value INTEGER);
CREATE TABLE gaps (series TEXT, time_us INTEGER, until_us INTEGER, absent TEXT);
CREATE TABLE phases (phase TEXT, step INTEGER, time_us INTEGER, until_us INTEGER, measured_bytes INTEGER, predicted_bytes INTEGER);
CREATE TABLE notes (time_us INTEGER, text TEXT);
`;

export const sqliteTables: ExportFormat<'session'> = {
  id: 'sqlite',
  label: 'SQLite tables',
  source: 'session',
  endings: ['sqlite', 'db'],
  mimeType: 'application/vnd.sqlite3',
  isText: false,
  isForPeople: false,
  render: (reader) => ({
    fileName: `${reader.id}.sqlite`,
    contents: buildTables(readSession(reader)),
  }),
};

function buildTables(session: SessionData): Uint8Array {
  const db = new Database(':memory:');
  try {
    db.exec(TABLES);
    db.transaction(() => fill(db, session))();
    db.exec('CREATE INDEX samples_by_time ON samples (series, time_us)');
    return db.serialize();
  } finally {
    db.close();
  }
}

function fill(db: Database.Database, session: SessionData): void {
  const insert = (table: string, values: readonly unknown[]) =>
    db.prepare(`INSERT INTO ${table} VALUES (${values.map(() => '?').join(', ')})`).run(...values);
  const { id, name, startedAt, durationUs, status, series, markers } = session;
  for (const [key, value] of Object.entries({ id, name, duration_us: durationUs, status }))
    insert('session', [key, value]);
  insert('session', ['started_at', startedAt]);
  const sample = db.prepare('INSERT INTO samples VALUES (?, ?, ?)');
  for (const one of series) {
    const { info, gaps } = one;
    insert('series', [info.id, info.source, info.metric, info.unit, info.about ?? null]);
    for (const [t, value] of samplesIn(one)) sample.run(info.id, t, value);
    for (const { t0, t1, reason } of gaps) insert('gaps', [info.id, t0, t1, reason]);
  }
  for (const { phase, step, span, measured, predicted } of buildDocument(session).overlay.phases)
    insert('phases', [phase, step, span[0], span[1], measured, predicted.refined]);
  for (const marker of markers)
    if (marker.type === 'note') insert('notes', [marker.t, marker.text]);
}
