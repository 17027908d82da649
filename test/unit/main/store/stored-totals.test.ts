/** What a finished file says of its series as a whole is what its chunks say, and where it cannot be believed they are asked. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createSession, openSession } from '../../../../src/main/store/session-file';
import { packTotals, unpackTotals } from '../../../../src/main/store/stored-totals';
import { randomFrom } from '../../../support/random-runs';
import { plainHeader, plainInfo } from '../../../support/session-header';

let dir: string;
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'plumbline-totals-'));
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

const LAYOUT = { chunk: 16, group: 2, gather: 2, fan: 2 };

function record(id: string): string {
  const next = randomFrom(11);
  const writer = createSession(dir, plainHeader(id), LAYOUT);
  for (const name of ['whole', 'fraction', 'none']) writer.declareSeries(plainInfo(name));
  for (let i = 0; i < 500; i++) {
    writer.append('whole', i * 10, Math.floor(next() * 2 ** 40));
    if (i % 3 === 0) writer.append('fraction', i * 10, next() - 0.5);
    if (i % 70 === 0) writer.flush();
  }
  writer.finish({ status: 'complete', exitCode: 0, signal: null, durationUs: 5000 });
  writer.close();
  return writer.path;
}

function read(path: string) {
  using reader = openSession(path);
  return reader.summaries().map(({ info, summary }) => ({ id: info.id, summary }));
}

function edit(path: string, sql: string): void {
  const db = new Database(path);
  db.exec(sql);
  db.close();
}

it('is told without a look into the chunks, and alike with one', () => {
  const path = record('told');
  const told = read(path);
  expect(told.map(({ summary }) => summary?.count ?? null)).toEqual([500, 167, null]);
  edit(path, "DELETE FROM meta WHERE key = 'totals'");
  for (const [i, { id, summary }] of read(path).entries()) {
    const { sum = 0, integral = 0, ...exact } = summary ?? {};
    expect({ id, ...exact }).toEqual({
      id,
      ...told[i]!.summary,
      sum: undefined,
      integral: undefined,
    });
    expect(told[i]!.summary?.sum ?? 0).toBeCloseTo(sum, 9);
    expect(told[i]!.summary?.integral ?? 0).toBeCloseTo(integral, 6);
  }
  const without = record('without');
  edit(without, 'DELETE FROM chunk');
  expect(read(without)).toEqual(told);
});

it('is not believed where it does not match its checksum or is none', () => {
  const path = record('damaged');
  const told = read(path);
  edit(path, `UPDATE meta SET value = replace(value, '500', '501') WHERE key = 'totals'`);
  expect(read(path).map(({ summary }) => summary?.count)).toEqual(
    told.map(({ summary }) => summary?.count),
  );
  const one = packTotals(new Map([[1, told[0]!.summary!]])) as { crc: number; rows: number[][] };
  expect(unpackTotals(one)?.get(1)).toEqual(told[0]!.summary);
  for (const wrong of [
    null,
    7,
    'x',
    {},
    { ...one, crc: 1 },
    { ...one, rows: [['a']] },
    { rows: [] },
  ])
    expect(unpackTotals(wrong), JSON.stringify(wrong)).toBeNull();
});
