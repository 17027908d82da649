/** What an engine tells its listeners of recordings that another process makes into the same library. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { createEngine } from '../../src/main/engine/engine';
import { createSession } from '../../src/main/store/session-file';
import type { EngineEvent } from '../../src/shared/contract/api';
import { plainHeader, plainInfo } from '../support/session-header';

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
