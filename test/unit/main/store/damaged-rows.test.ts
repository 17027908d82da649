/**
 * What a session holds in rows of text, damaged: detected, named, and the rest read. Whatever bit of a file turned over, a
 * session is refused, or told to be damaged, or shows what was recorded.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { checkSession } from '../../../../src/main/store/open-database';
import { rowCrc } from '../../../../src/main/store/row-checks';
import { readSession } from '../../../../src/main/store/session-data';
import { createSession, openSession } from '../../../../src/main/store/session-file';
import { Failure } from '../../../../src/shared/base/failure';
import { plainHeader, plainInfo } from '../../../support/session-header';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'plumbline-rows-'));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

const STRANGE = [
  '',
  'plain',
  'naïve — 日本語 🙂',
  'a\nb\u0000c',
  'half of a pair \ud83d',
  '\ufeff',
];

/** A session with something in every table; its path. */
function recorded(): string {
  const writer = createSession(dir, plainHeader('s'));
  writer.declareSeries(plainInfo('a'));
  for (let i = 0; i < 5000; i++) writer.append('a', i * 1000, (i * 7919) % 100_003);
  for (const [i, text] of STRANGE.entries()) {
    writer.log({ t: i, stream: 'stdout', text });
    writer.marker({ type: 'note', t: i, rank: 0, step: null, text });
    writer.note({ id: i + 1, t: i, text, createdAt: '2026-11-23T12:04:00.000Z' });
    writer.warn(`warning ${text}`);
    writer.gap('a', i * 1000 + 100, i * 1000 + 200, 'not_read');
  }
  for (const event of ['begin', 'end'] as const)
    writer.marker({
      type: 'phase',
      t: event === 'begin' ? 7 : 9,
      rank: 0,
      step: 0,
      event,
      name: 'forward',
    });
  writer.setMeta('own', { about: 'something beside' });
  writer.finish({ status: 'complete', exitCode: 0, signal: null, durationUs: 5e6 });
  writer.close();
  return writer.path;
}

/** Everything it shows, as text that can be compared; what is damaged is among the warnings and the gaps. */
function shown(path: string) {
  using reader = openSession(path);
  const { series, announced, warnings, marks, ...rest } = readSession(reader);
  return JSON.stringify([
    { ...rest, markers: rest.markers, logs: rest.logs },
    [...warnings],
    marks,
    [...reader.phasesIn({ t0: -1e9, t1: 1e9 }, { limit: 100 }).rows],
    reader.documents(),
    reader.series(),
    reader.gaps(),
    reader.gapsOf('a'),
    [...reader.readSeries('a').values],
    [...reader.readSeries('a').times],
    reader.envelope('a', { t0: 0, t1: 5e6 }, 100),
  ]);
}

function edited(sql: string): string {
  const path = recorded();
  const db = new Database(path);
  expect(db.prepare(sql).run().changes).toBe(1);
  db.close();
  return path;
}

/** What is said of the damage. */
function told(path: string): string[] {
  using reader = openSession(path);
  return readSession(reader).warnings.filter((text) => text.startsWith('The file is damaged'));
}

describe('a row that does not match its checksum', () => {
  it.each([
    [
      'a marker',
      "UPDATE marker SET value = replace(value, 'plain', 'plaim') WHERE value LIKE '%plain%'",
      '1 marker;',
    ],
    [
      'the time of a marker',
      "UPDATE marker SET t = t + 64 WHERE value LIKE '%plain%'",
      '1 marker;',
    ],
    [
      'text that became a blob',
      "UPDATE marker SET value = CAST(value AS BLOB) WHERE value LIKE '%plain%'",
      '1 marker;',
    ],
    ['a gap', 'UPDATE gap SET t1 = t1 + 1 WHERE seq = 2', '1 gap;'],
    ['a note', "UPDATE note SET text = 'plaim' WHERE text = 'plain'", '1 note;'],
    [
      'a warning',
      "UPDATE warning SET text = 'warning plaim' WHERE text = 'warning plain'",
      '1 warning;',
    ],
    [
      'a document of somebody',
      "UPDATE meta SET value = replace(value, 'beside', 'besidf') WHERE key = 'own'",
      'the document "own";',
    ],
    [
      'the document of the run',
      "UPDATE meta SET value = '{}' WHERE key = 'run'",
      'the document "run";',
    ],
  ])('is left out and named, where it is %s', (_what, sql, name) => {
    const path = edited(sql);
    expect(told(path)).toEqual([expect.stringContaining(`checksum: ${name}`)]);
    expect(() => checkSession(path)).toThrow('does not match its checksum');
  });

  it.each([
    [
      'environment',
      "UPDATE meta SET value = replace(value, '\"cores\":8', '\"cores\":9') WHERE key = 'environment'",
    ],
    ['name', "UPDATE meta SET value = '\"t\"' WHERE key = 'name'"],
  ])('is taken and called doubtful, where no session is without it: %s', (key, sql) => {
    expect(told(edited(sql))).toEqual([
      expect.stringContaining(`its document "${key}" may be wrong`),
    ]);
  });

  it('is called doubtful, where it describes a series', () => {
    const path = edited("UPDATE series SET info = replace(info, 'bytes', 'bytez')");
    expect(told(path)).toEqual([expect.stringContaining('the description of a may be wrong')]);
  });

  it('is named by whoever asks only once the reader was closed, and counts once', () => {
    const path = edited('UPDATE gap SET t1 = t1 + 1 WHERE seq = 2');
    const db = new Database(path);
    db.exec(`UPDATE series SET info = replace(info, 'bytes', 'bytez');
      UPDATE marker SET value = replace(value, 'plain', 'plaim')`);
    db.close();
    const reader = openSession(path);
    const early = readSession(reader);
    const late = readSession(reader);
    expect(early.announced?.spansBy(5e6).spans).toHaveLength(1);
    reader.close();
    const damage = [
      'The file is damaged: the description of a may be wrong, for what is stored does not match its checksum.',
      'The file is damaged: left out, for what is stored does not match its checksum: 1 marker and 1 gap; the rest is shown.',
    ];
    expect(early.warnings.slice(-2)).toEqual(damage);
    expect(late.warnings.slice(-2)).toEqual(damage);
  });

  it('keeps its place in the log', () => {
    const path = edited("UPDATE log SET text = 'plaim' WHERE text = 'plain'");
    using reader = openSession(path);
    expect(reader.logs()[1]?.text).toMatch(/damaged/);
    expect(reader.logs()).toHaveLength(STRANGE.length);
    expect(() => checkSession(path)).toThrow('a line of the log does not match');
  });

  it('is made again from the markers, where it is a phase', () => {
    const path = edited("UPDATE phase SET value = replace(value, 'forward', 'forwarc')");
    using reader = openSession(path);
    const { rows } = reader.phasesIn({ t0: 0, t1: 1e9 }, { limit: 10 });
    expect(rows).toMatchObject([{ phase: 'forward', t0: 7, t1: 9 }]);
  });

  it('is none, whatever text it holds', () => {
    const path = recorded();
    expect(told(path)).toEqual([]);
    expect(() => checkSession(path)).not.toThrow();
  });

  it('has the checksum that docs/format.md tells', () => {
    // CRC-32 of "123456789" is the check value that every catalogue of CRCs gives.
    expect(rowCrc('123456789')).toBe(0xcbf43926);
    expect(rowCrc(1, null, 'a')).toBe(rowCrc('1\n\na'));
  });
});

it('no bit that turns over in a file changes unseen what is shown', () => {
  const path = recorded();
  const whole = readFileSync(path);
  const before = shown(path);
  const unseen: number[] = [];
  let [seen, hidden] = [0, 0];
  // A step that no size of the file divides, so that every kind of place comes up.
  for (let place = 101; place < whole.length * 8; place += 1511) {
    const bytes = Buffer.from(whole);
    bytes[place >> 3]! ^= 1 << (place & 7);
    writeFileSync(path, bytes);
    const after = outcome(() => shown(path));
    if (after === before) continue;
    if (after === null || after.includes('damaged')) seen++;
    // What an index does not lead to any more is found by whoever reads the whole file, as the doctor does.
    else if (outcome(() => checkSession(path)) === null) hidden++;
    else unseen.push(place);
  }
  expect(unseen).toEqual([]);
  expect(seen).toBeGreaterThan(20);
  expect(hidden).toBeLessThan(seen / 20);
});

/** Null where it is refused as damaged. */
function outcome<T>(read: () => T): T | null {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    return null;
  }
}
