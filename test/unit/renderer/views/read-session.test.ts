/** A window that replays a session holds what there was at each moment, and is told each row of it once. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { Sessions } from '../../../../src/main/engine/sessions';
import { openLibrary } from '../../../../src/main/store/library';
import { createSession } from '../../../../src/main/store/session-file';
import { askAsKnown } from '../../../../src/renderer/views/session/as-known';
import { SessionFollower } from '../../../../src/renderer/views/session/read-session';
import type { EngineClient } from '../../../../src/shared/contract/api';
import { phase } from '../../../support/overlay-scenario';
import { plainHeader, plainInfo } from '../../../support/session-header';

const SECONDS = 3000;

/** A phase and a line of log a second. */
function stored(): Sessions {
  const folder = mkdtempSync(join(tmpdir(), 'plumbline-moments-'));
  const file = createSession(folder, plainHeader('long'));
  file.declareSeries(plainInfo('tree.rss'));
  for (let second = 0; second < SECONDS; second++) {
    const ms = second * 1000;
    file.append('tree.rss', ms * 1000, 2 ** 30 + second);
    file.log({ t: ms * 1000, stream: 'stdout', text: `at ${second}` });
    for (const marker of phase('forward', second, ms, ms + 900)) file.marker(marker);
  }
  file.finish({ status: 'complete', exitCode: 0, signal: null, durationUs: SECONDS * 1e6 });
  file.close();
  const sessions = new Sessions(openLibrary(folder));
  onTestFinished(() => {
    sessions.letGo();
    rmSync(folder, { recursive: true, force: true });
  });
  return sessions;
}

test('moments forwards, backwards and again', async () => {
  const sessions = stored();
  const told = { logs: 0, phases: 0 };
  const counting = new Proxy(sessions, {
    get: (target, name) => async (question: unknown) => {
      const ask = Reflect.get(target, name) as (question: unknown) => unknown;
      const answer = ask.call(target, question);
      if (name === 'logs') told.logs += (answer as { rows: readonly unknown[] }).rows.length;
      if (name === 'phaseChanges') told.phases += (answer as { at: Uint32Array }).at.length;
      return answer;
    },
  }) as unknown as EngineClient;
  let until = 0;
  const engine = askAsKnown(counting, 'long', () => until);
  const follower = new SessionFollower('long', null, false);
  for (const [second, logs, phases] of [
    [1000, 1001, 1001],
    [1010, 10, 13],
    [400, 0, 3],
    [420, 0, 6],
    [400, 0, 3],
    [2999, 1989, 2000],
    [2999, 0, 0],
  ] as const) {
    until = second * 1e6;
    [told.logs, told.phases] = [0, 0];
    const shown = await follower.read(engine, () => {});
    expect(shown.durationUs).toBe(until);
    expect(shown.logs.map(({ text }) => text)).toEqual(
      Array.from({ length: second + 1 }, (_, i) => `at ${i}`),
    );
    expect(shown.overlay.phases).toEqual(sessions.show({ id: 'long', until }).overlay.phases);
    expect(told.logs).toBe(logs);
    expect(told.phases).toBeLessThanOrEqual(phases);
  }
});
