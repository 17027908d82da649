/** Host counters against processes whose size and load are known by other means. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { CostSampler } from '../../src/main/telemetry/cost';
import { HostSampler } from '../../src/main/telemetry/host/host';
import { MiB } from '../../src/shared/base/units';
import { buildWorker } from '../doubles/nvml/stub';
import { started } from '../fixtures/nvidia-smi/harness';

/** A child that runs a line of JavaScript, says "ready", and lives until the test is over. */
async function child(code: string): Promise<ChildProcess & { readonly pid: number }> {
  const process_ = spawn(
    process.execPath,
    ['-e', `${code}; process.stdout.write('ready ' + process.memoryUsage().rss)`],
    { stdio: ['pipe', 'pipe', 'inherit'] },
  );
  onTestFinished(async () => {
    process_.kill('SIGKILL');
    if (process_.exitCode === null && process_.signalCode === null) await once(process_, 'exit');
  });
  await once(process_.stdout, 'data');
  return process_ as ChildProcess & { readonly pid: number };
}

let workerPath = '';
beforeAll(async () => {
  workerPath = await buildWorker();
});

const BLOCK = 96 * 2 ** 20;
const WRITTEN = 8 * MiB;

describe.each(process.platform === 'linux' ? (['proc', 'table'] as const) : (['table'] as const))(
  'host counters by %s',
  (method) => {
    test('count processes and add up their resident memory', async () => {
      const small = await child('setInterval(() => {}, 1000)');
      const big = await child(
        `globalThis.block = Buffer.alloc(${BLOCK}, 1); setInterval(() => {}, 1000)`,
      );
      const pids = { list: [small.pid] };
      const sink = await started(
        new HostSampler({
          scope: { pids: () => pids.list },
          intervalMs: 20,
          workerPath: method === 'proc' ? workerPath : null,
        }),
      );
      await sink.until('the first', () => sink.values('tree.rss').length > 0);
      const alone = sink.values('tree.rss').at(-1)!;
      expect(sink.values('tree.processes').at(-1)).toBe(1);
      pids.list = [small.pid, big.pid];
      await sink.until('both', () => sink.values('tree.processes').at(-1) === 2);
      const grown = sink.values('tree.rss').at(-1)! - alone;
      expect(grown).toBeGreaterThan(BLOCK);
      expect(grown).toBeLessThan(BLOCK + 256 * 2 ** 20);
    });
  },
);

describe('host counters', () => {
  test.skipIf(process.platform !== 'linux')(
    `tell a busy process from an idle one${process.platform === 'linux' ? '' : ' (skipped: only Linux has /proc)'}`,
    async () => {
      const busy = await child(
        'setImmediate(function spin() { for (let i = 0; i < 1e6; i++); setImmediate(spin); })',
      );
      const idle = await child('setInterval(() => {}, 1000)');
      const ofBusy = await started(
        new HostSampler({ scope: { pids: () => [busy.pid] }, intervalMs: 50, workerPath }),
      );
      const ofIdle = await started(
        new HostSampler({ scope: { pids: () => [idle.pid] }, intervalMs: 50, workerPath }),
      );
      // The machine may be busy with other things: a tenth of a core it has now and then.
      await ofBusy.until('a tenth of a core', () =>
        ofBusy.values('tree.cpu').some((value) => value > 10_000),
      );
      await ofIdle.until('two readings', () => ofIdle.values('tree.cpu').length >= 2);
      expect(Math.min(...ofIdle.values('tree.cpu'))).toBeLessThan(5_000);
    },
  );

  test.skipIf(process.platform !== 'linux')(
    `see what a process and its ended child wrote to storage${process.platform === 'linux' ? '' : ' (skipped: only Linux has /proc)'}`,
    async () => {
      const folder = mkdtempSync(join(tmpdir(), 'plumbline-disk-'));
      onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
      const write = (name: string) =>
        `const fd = fs.openSync(${JSON.stringify(join(folder, name))}, 'w'); fs.writeSync(fd, Buffer.alloc(${WRITTEN}, 1)); fs.fsyncSync(fd);`;
      const writer =
        await child(`const fs = require('node:fs'); ${write('own')} process.stdin.once('data', () => {
      require('node:child_process').spawnSync(process.execPath, ['-e', ${JSON.stringify(`const fs = require('node:fs'); ${write('childs')}`)}]);
      process.stdout.write('waited');
    })`);
      const own = /^write_bytes: (\d+)$/m.exec(readFileSync(`/proc/${writer.pid}/io`, 'utf8'))?.[1];
      const isAccounted = Number(own) >= WRITTEN;
      const sink = await started(
        new HostSampler({ scope: { pids: () => [writer.pid] }, intervalMs: 50, workerPath }),
      );
      await sink.until('a reading', () => sink.readings('tree.disk.written').length > 0);
      // Where the kernel or the file system of the temporary folder keeps no such account, that is what is told.
      if (own === undefined) {
        expect(sink.last('tree.disk.written')).toEqual({ kind: 'absent', reason: 'not_supported' });
        return;
      }
      expect(sink.values('tree.disk.written')[0]).toBe(Number(own));
      writer.stdin!.write('go');
      await once(writer.stdout!, 'data');
      const looks = sink.readings('tree.disk.written').length;
      await sink.until('a later look', () => sink.readings('tree.disk.written').length > looks + 1);
      const more = sink.values('tree.disk.written').at(-1)! - Number(own);
      if (isAccounted) expect(more).toBeGreaterThanOrEqual(WRITTEN);
      expect(more).toBeLessThan(WRITTEN + MiB);
      expect(sink.values('tree.disk.read').length).toBe(sink.values('tree.disk.written').length);
    },
  );

  test('before there is a process nothing is reported, rather than 0', async () => {
    const sink = await started(
      new HostSampler({ scope: { pids: () => [] }, intervalMs: 10, workerPath }),
    );
    await sink.until("the machine's memory", () => sink.values('system.memory.used').length > 0);
    expect(sink.readings('tree.rss')).toEqual([]);
    expect(sink.values('system.memory.used')[0]).toBeGreaterThan(2 ** 20);
  });

  test("Plumbline's own cost is a share of one core", async () => {
    const sink = await started(new CostSampler(30));
    await sink.until('readings', () => sink.values('sampler.cost').length > 2);
    for (const value of sink.values('sampler.cost')) expect(value).toBeGreaterThanOrEqual(0);
    expect(sink.declared[0]).toMatchObject({
      id: 'sampler.cost',
      unit: 'millipercent',
      windowUs: 30_000,
    });
  });
});
