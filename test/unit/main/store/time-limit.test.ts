/** Reading a session file ends, whatever is in it: by what is wrong with it, or by the time it may take. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterAll, describe, expect, it } from 'vitest';
import { readSession } from '../../../../src/main/store/session-data';
import { openSession } from '../../../../src/main/store/session-file';
import { createSession } from '../../../../src/main/store/session-writer';
import { checkTime, OutOfTime, withinTime } from '../../../../src/main/store/time-limit';
import { Failure } from '../../../../src/shared/base/failure';
import { makeEndless } from '../../../support/endless-file';
import { plainHeader, plainInfo } from '../../../support/session-header';

const folder = mkdtempSync(join(tmpdir(), 'plumbline-endless-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function sessionWithRows(id: string): string {
  const writer = createSession(folder, plainHeader(id));
  writer.declareSeries(plainInfo('a'));
  for (let i = 0; i < 40; i++) {
    writer.append('a', i * 1000, i);
    writer.log({ t: i, stream: 'stdout', text: `line ${i}` });
    writer.marker({ type: 'note', t: i, rank: 0, step: null, text: `note ${i}` });
    writer.warn(`warning ${i}`);
    writer.gap('a', i * 1000 + 100, i * 1000 + 200, 'not_read');
  }
  writer.note({ id: 1, t: 0, text: 'a note', createdAt: '2026-11-23T12:04:00.000Z' });
  writer.finish({ status: 'complete', exitCode: 0, signal: null, durationUs: 40_000 });
  writer.close();
  return join(folder, `${id}.plumbline`);
}

/** What it throws; undefined where it throws nothing. */
function thrown(work: () => unknown): unknown {
  try {
    work();
  } catch (error) {
    return error;
  }
  return undefined;
}

describe('a file in which rows never end', () => {
  it.each(['log', 'marker', 'warning', 'note', 'gap', 'chunk', 'series', 'times', 'meta'])(
    'is read or given up in the time it has, where the rows are those of %s, and not changed',
    (table) => {
      const path = sessionWithRows(table);
      makeEndless(path, table);
      const before = readFileSync(path);
      const began = performance.now();
      const error = thrown(() =>
        withinTime(3000, () => {
          using reader = openSession(path);
          void readSession(reader).warnings;
          reader.notes();
          reader.rows.totals();
        }),
      );
      // Rows that an index leads to are found one by one, and those are as many as there should be.
      const isLedTo = ['log', 'marker', 'gap', 'chunk', 'times'].includes(table);
      if (error !== undefined || !isLedTo) {
        expect(error).toBeInstanceOf(Failure);
        expect((error as Failure).message).toMatch(/^The session file \w+\.plumbline /);
        expect((error as Failure).remedy).not.toMatch(/delete/i);
      }
      expect(performance.now() - began).toBeLessThan(20_000);
      expect(readFileSync(path).equals(before)).toBe(true);
    },
  );

  it('is given up while its end is looked for, where its recorder left none', () => {
    const path = sessionWithRows('unended');
    const db = new Database(path);
    db.exec("DELETE FROM meta WHERE key = 'result'");
    db.exec("INSERT INTO tail VALUES (1, 1, 1, 1, 0, x'00')");
    db.close();
    makeEndless(path, 'tail');
    expect(thrown(() => withinTime(300, () => openSession(path).close()))).toMatchObject({
      code: 'unavailable',
    });
  });
});

it('asks for nothing where no limit was set, and ends the limit with what it was set for', () => {
  const path = sessionWithRows('healthy');
  const read = () => {
    using reader = openSession(path);
    return readSession(reader).logs.length;
  };
  // A statement asks of one row in a thousand, and this session has fewer.
  expect(thrown(() => withinTime(-1, checkTime))).toBeInstanceOf(OutOfTime);
  expect(withinTime(60_000, read)).toBe(40);
  expect(read()).toBe(40);
});
