/**
 * What becomes of recordings whose disk or files fail: each ends alone, says why, and takes neither the server nor
 * another recording with it. A full disk is a small file system of its own, where this account may mount one.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import type { EngineEvent } from '../../src/shared/contract/api';
import { launcher, runCli, startCli, temporaryHome, until } from '../support/cli';
import { serveEngine } from '../support/served-engine';
import { fillUp, freeSpace, mountSmall } from './small-disk';

const MiB = 2 ** 20;

const troubles = (events: readonly EngineEvent[], id: string) =>
  events.flatMap((event) => (event.type === 'trouble' && event.id === id ? [event.failure] : []));
const command = (seconds: number) => [process.execPath, '-e', `setTimeout(() => {}, ${seconds}e3)`];

describe('a recording whose file cannot be written', () => {
  const undo: (() => unknown)[] = [];
  afterEach(async () => {
    for (const step of undo.splice(0).reverse()) await step();
  });

  it('ends alone where its file was removed, is told at once, and leaves another recording whole', async () => {
    const home = temporaryHome();
    undo.push(home.dispose);
    const { server, engine, events, ended } = await serveEngine(home.dir);
    undo.push(async () => {
      server.child.kill('SIGTERM');
      await server.done;
    });
    const doomed = await engine.record({ command: command(4), name: 'doomed' });
    const other = await engine.record({ command: command(6), name: 'other' });
    for (const ending of ['', '-wal', '-shm'])
      rmSync(join(home.dir, 'library', `${doomed.id}.plumbline${ending}`), { force: true });
    await until(() => troubles(events, doomed.id).length > 0, 'the trouble to be told');
    expect(troubles(events, doomed.id)[0]).toMatchObject({
      code: 'unwritable',
      message: expect.stringContaining('removed'),
    });
    await until(
      () => events.some((e) => e.type === 'session' && e.id === doomed.id && e.status === 'failed'),
      'the doomed recording to end',
    );
    await until(
      async () => (await engine.show({ id: other.id })).status === 'complete',
      'the other',
    );
    expect(troubles(events, other.id)).toEqual([]);
    expect(ended()).toBe(false);
    await expect(engine.show({ id: doomed.id })).rejects.toMatchObject({ code: 'not_found' });
  });

  it('waits in memory on a full disk, says so while it happens, and is whole once there is space', async () => {
    const home = temporaryHome();
    undo.push(home.dispose);
    const library = join(home.dir, 'library');
    const unmount = mountSmall(library, 4 * MiB);
    if (unmount === null) return;
    undo.push(unmount);
    const { server, engine, events, ended } = await serveEngine(home.dir);
    undo.push(async () => {
      server.child.kill('SIGTERM');
      await server.done;
    });
    const full = await engine.record({ command: command(5), name: 'full' });
    await until(() => {
      fillUp(library);
      return troubles(events, full.id).length > 0;
    }, 'the trouble to be told');
    expect(troubles(events, full.id)[0]).toMatchObject({ code: 'unwritable' });
    // The workload ends while the disk is full: its session cannot be finished, and nothing else happens.
    await new Promise((resolve) => setTimeout(resolve, 6000));
    expect(ended()).toBe(false);
    freeSpace(library);
    await until(async () => {
      const doc = await engine.show({ id: full.id }).catch(() => null);
      return doc?.status === 'complete';
    }, 'the session to be finished');
    expect(troubles(events, full.id).at(-1)).toBeNull();
    const doc = await engine.show({ id: full.id });
    expect(doc.durationUs).toBeGreaterThan(4.5e6);
    expect(doc.series.find(({ id }) => id === 'tree.rss')?.count).toBeGreaterThan(30);
  });

  it.skipIf(process.platform === 'win32')(
    'leaves nothing of an import behind that its disk has no room for',
    async () => {
      const home = temporaryHome();
      undo.push(home.dispose);
      const rows = Array.from(
        { length: 40_000 },
        (_, i) => `${new Date(1.76e12 + 100 * i).toISOString()}, 0, ${(i * 7919) % 20_011} MiB`,
      );
      const file = join(home.dir, 'loop.csv');
      writeFileSync(file, `timestamp, index, memory.used [MiB]\n${rows.join('\n')}\n`);
      // What a process may write into one file stands in for a disk: 50 KiB.
      const { status, stdout } = spawnSync(
        'bash',
        [
          '-c',
          'ulimit -f 50 && exec "$0" "$@"',
          process.execPath,
          launcher,
          'import',
          file,
          '--json',
        ],
        { env: { ...process.env, PLUMBLINE_HOME: join(home.dir, 'library') }, encoding: 'utf8' },
      );
      expect(JSON.parse(stdout)).toMatchObject({ error: { code: 'unwritable' } });
      expect(status).toBe(3);
      expect(readdirSync(join(home.dir, 'library')).filter((name) => !/^index/.test(name))).toEqual(
        [],
      );
    },
  );

  it('exits 3 in the terminal and says why, and the file opens with what reached the disk', async () => {
    const home = temporaryHome();
    undo.push(home.dispose);
    const library = join(home.dir, 'library');
    const unmount = mountSmall(library, 4 * MiB);
    if (unmount === null) return;
    undo.push(unmount);
    const running = startCli(['record', '--json', '--', ...command(6)], home.dir);
    await until(
      () => existsSync(library) && readdirSync(library).some((name) => name.endsWith('-wal')),
      'the recording to begin',
    );
    await new Promise((resolve) => setTimeout(resolve, 2000));
    fillUp(library);
    await running.waitFor('cannot be written');
    const { code, stdout } = await running.done;
    expect(code).toBe(3);
    expect(JSON.parse(stdout)).toMatchObject({ error: { code: 'unwritable' } });
    const listed = await runCli(['list', '--json'], home.dir);
    expect(listed.code).toBe(0);
    expect(JSON.parse(listed.stdout)).toMatchObject({
      sessions: [{ status: 'recovered' }],
      damaged: [],
    });
  });
});
