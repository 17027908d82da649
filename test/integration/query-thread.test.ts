/** Questions answered on a thread of their own, against the answers of an engine that has none. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { createEngine } from '../../src/main/engine/engine';
import { recordRun } from '../support/recorded-run';

test('the thread answers as the engine itself does, hands on failures, and what is taken back is not waited for', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'plumbline-thread-'));
  recordRun(folder, 'run', 2000);
  const [apart, here] = (['server', 'cli'] as const).map((host) =>
    createEngine({ host, library: folder }),
  );
  onTestFinished(async () => {
    await Promise.all([apart!.close(), here!.close()]);
    rmSync(folder, { recursive: true, force: true });
  });
  const id = 'run';
  expect(await apart!.list()).toEqual(await here!.list());
  expect(await apart!.show({ id })).toEqual(await here!.show({ id }));
  const view = { id, series: ['framework.allocated'], t0: 0, t1: 5e6, columns: 300 };
  expect(await apart!.trace(view)).toEqual(await here!.trace(view));
  await expect(apart!.brief({ id: 'nothing' })).rejects.toMatchObject({ code: 'not_found' });

  // While the thread is at work this process turns on, and a question taken back leaves it at once.
  let turns = 0;
  const ticking = setInterval(() => turns++, 1);
  const control = new AbortController();
  const [long, left] = [apart!.report({ ids: [id], format: 'html' }), apart!.show({ id }, control)];
  setTimeout(() => control.abort(), 5);
  await expect(left).rejects.toMatchObject({ code: 'cancelled' });
  await long;
  clearInterval(ticking);
  expect(turns).toBeGreaterThan(2);

  const { checks } = await apart!.doctor();
  expect(checks.find((check) => check.id === 'sessions')).toMatchObject({
    ok: true,
    found: 'read the one session file whole: nothing is damaged',
  });

  await apart!.rename({ id, name: 'another' });
  expect((await apart!.brief({ id })).name).toBe('another');
  await apart!.delete({ id });
  await expect(apart!.brief({ id })).rejects.toMatchObject({ code: 'not_found' });
});

test('lists of a library without an index share a thread, however many ask', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'plumbline-thread-'));
  const engine = createEngine({ host: 'server', library: folder });
  onTestFinished(async () => {
    await engine.close();
    rmSync(folder, { recursive: true, force: true });
  });
  // An empty library, like one whose first session is being recorded, has no index yet.
  const countThreads = () =>
    (process.report.getReport() as { workers?: readonly unknown[] }).workers?.length ?? 0;
  const before = countThreads();
  const lists = Array.from({ length: 12 }, () => engine.list());
  await lists[0];
  expect(countThreads() - before).toBe(1);
  await Promise.all(lists);
  expect(await engine.list()).toEqual([]);
  expect(countThreads() - before).toBe(1);
});
