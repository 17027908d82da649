/** What an engine tells its listeners of recordings that another process makes into the same library. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { createEngine } from '../../src/main/engine/engine';
import { createSession } from '../../src/main/store/session-file';
import type { EngineEvent } from '../../src/shared/contract/api';
import { plainHeader, plainInfo } from '../support/session-header';

test('the list shows the peak of a recording as it grows', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'plumbline-follow-'));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  const engine = createEngine({ host: 'cli', library: dir });
  onTestFinished(() => engine.close());
  const listed = async () => (await engine.list()).map((one) => [one.status, one.measuredPeak]);
  const writer = createSession(dir, plainHeader('theirs'));
  expect(await listed()).toEqual([['recording', null]]);
  writer.declareSeries({
    id: 'tree.rss',
    source: 'host',
    metric: 'rss',
    unit: 'bytes',
    windowUs: null,
    intervalUs: 100_000,
  });
  for (const [t, bytes] of [
    [1_000_000, 5_000_000],
    [2_000_000, 9_000_000],
    [3_000_000, 7_000_000],
  ] as const) {
    writer.append('tree.rss', t, bytes);
    writer.flush();
    expect(await listed()).toEqual([['recording', Math.max(bytes, t > 2e6 ? 9_000_000 : 0)]]);
  }
  writer.finish({ status: 'complete', exitCode: 0, signal: null, durationUs: 3_000_000 });
  writer.close();
  expect((await listed())[0]?.[0]).toBe('complete');
});

test('a recording that somebody else makes is told as it grows and when it ends, whatever else lies in the library', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'plumbline-follow-'));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  writeFileSync(join(dir, 'broken.plumbline'), 'not a session');
  const engine = createEngine({ host: 'cli', library: dir });
  onTestFinished(() => engine.close());
  const events: EngineEvent[] = [];
  engine.on((event) => events.push(event));
  const until = (status: string, durationUs: number) =>
    expect
      .poll(
        () =>
          events.some(
            (event) =>
              event.type === 'session' &&
              event.id === 'theirs' &&
              event.status === status &&
              event.durationUs === durationUs,
          ),
        { timeout: 10_000 },
      )
      .toBe(true);

  const writer = createSession(dir, plainHeader('theirs'));
  writer.declareSeries(plainInfo('a'));
  writer.append('a', 1_000_000, 1);
  writer.flush();
  await until('recording', 1_000_000);
  writer.append('a', 2_000_000, 2);
  writer.flush();
  await until('recording', 2_000_000);
  writer.finish({ status: 'complete', exitCode: 0, signal: null, durationUs: 3_000_000 });
  writer.close();
  await until('complete', 3_000_000);
  writeFileSync(join(dir, 'broken.plumbline'), 'still none');
  expect(events.every((event) => event.type !== 'session' || event.id === 'theirs')).toBe(true);
});
