/** A chunk that does not match its checksum is a gap with its reason, wherever a front end looks; the rest is shown. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createEngine, type Engine } from '../../../../src/main/engine/engine';
import { createSession } from '../../../../src/main/store/session-file';
import { plainHeader, plainInfo } from '../../../support/session-header';

let dir: string;
let engine: Engine;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'plumbline-damaged-'));
  engine = createEngine({ host: 'cli', library: dir });
});
afterEach(async () => {
  await engine.close();
  rmSync(dir, { recursive: true, force: true });
});

/** Two series of 10,000 samples read at the same ticks, 100 µs apart; the second chunk of `table` is overwritten. */
function damage(sql: string): void {
  const writer = createSession(dir, plainHeader('s'));
  for (const id of ['tree.rss', 'tree.cpu']) writer.declareSeries(plainInfo(id));
  for (let i = 0; i < 10_000; i++)
    for (const id of ['tree.rss', 'tree.cpu']) writer.append(id, i * 100, i % 977);
  writer.finish({ status: 'complete', exitCode: 0, signal: null, durationUs: 1e6 });
  writer.close();
  const db = new Database(writer.path);
  expect(db.prepare(sql).run().changes).toBe(1);
  db.close();
}

const LOST = { t0: 409_600, t1: 819_100, reason: 'damaged' };
const VALUES =
  'UPDATE chunk SET data = zeroblob(length(data)) WHERE level = 0 AND i0 = 4096 AND series = (SELECT min(series) FROM chunk)';
const TIMES =
  'UPDATE times SET data = zeroblob(length(data)) WHERE id = (SELECT times FROM chunk WHERE level = 0 AND i0 = 4096 LIMIT 1)';

describe('a damaged chunk', () => {
  it('is a gap of the document, of the page of gaps and of the trace', async () => {
    damage(VALUES);
    const expected = [{ series: 'tree.rss', ...LOST }];
    const { gaps, warnings } = await engine.show({ id: 's' });
    expect(gaps).toEqual(expected);
    expect(warnings.filter((text) => text.includes('damaged'))).toEqual([
      'The file is damaged: some samples of tree.rss do not match their checksum and are shown as gaps; the rest is shown.',
    ]);
    expect((await engine.gaps({ id: 's', limit: 10 })).rows).toEqual(expected);
    const span = { id: 's', t0: 0, t1: 1e6, columns: 100_000 };
    const [damaged, whole] = await engine.trace({ ...span, series: ['tree.rss', 'tree.cpu'] });
    expect(damaged?.gaps).toEqual([LOST]);
    expect(damaged?.envelope.values.some(Number.isNaN)).toBe(true);
    expect(whole?.gaps).toEqual([]);
    expect(whole?.envelope.times).toHaveLength(10_000);
  });

  it('is one of every series that shares its times', async () => {
    damage(TIMES);
    const { gaps } = await engine.show({ id: 's' });
    expect(gaps.map(({ series }) => series).sort()).toEqual(['tree.cpu', 'tree.rss']);
    for (const gap of gaps) expect(gap).toMatchObject(LOST);
  });

  it('is found by the doctor, who reads files whole', async () => {
    const sessions = async () => (await engine.doctor()).checks.find(({ id }) => id === 'sessions');
    expect(await sessions()).toMatchObject({ ok: true, found: 'no sessions yet' });
    damage(VALUES);
    expect(await sessions()).toMatchObject({
      ok: false,
      found: 'The session file s.plumbline is damaged: a chunk does not match its checksum.',
    });
    rmSync(join(dir, 's.plumbline'));
    const writer = createSession(dir, plainHeader('whole'));
    writer.finish({ status: 'complete', exitCode: 0, signal: null, durationUs: 1e6 });
    writer.close();
    expect(await sessions()).toMatchObject({
      ok: true,
      found: 'read the one session file whole: nothing is damaged',
    });
  });
});
