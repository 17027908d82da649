/** The host counters of macOS, from what its ps prints to what a session holds. */
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { KiB } from '../../../../../src/shared/base/units';
import { started } from '../../../../fixtures/nvidia-smi/harness';
import { hostFixtures, pretend } from '../../../../support/host-platform';

const here = process.platform;
if (here !== 'win32') pretend('darwin', { ps: `cat "${join(hostFixtures, 'ps-macos.txt')}"` });

describe.skipIf(here === 'win32')(
  here === 'win32'
    ? 'host counters of macOS (skipped: the double of ps is a script)'
    : 'host counters of macOS',
  () => {
    test('memory in KiB becomes bytes, CPU is of one core over up to a minute, a zombie counts for nothing', async () => {
      const { HostSampler } = await import('../../../../../src/main/telemetry/host/host');
      const sink = await started(
        new HostSampler({
          scope: { pids: () => [4242, 4243, 4300] },
          intervalMs: 1000,
          workerPath: null,
        }),
      );
      await sink.until('a reading', () => sink.values('tree.rss').length > 0);
      expect(sink.values('tree.rss')[0]).toBe((4_228_352 + 131_072) * KiB);
      expect(sink.values('tree.cpu')[0]).toBe(183_400 + 96_600);
      expect(sink.values('tree.processes')[0]).toBe(2);
      expect(sink.declared.find(({ id }) => id === 'tree.cpu')!.windowUs).toBe(60_000_000);
      for (const id of ['tree.disk.read', 'tree.disk.written', 'system.swap.used'])
        expect(new Set(sink.reasons(id)), id).toEqual(new Set(['not_supported']));
    });

    test('descendants are found by their parents', async () => {
      const { ProcessTree } = await import('../../../../../src/main/workloads/tree');
      const tree = new ProcessTree(4242, null);
      expect(tree.pids()).toEqual([4242]);
      await expect.poll(() => tree.pids().slice(0, 2)).toEqual([4242, 4243]);
    });

    test("a comma in a number is that of the system's language", async () => {
      const { processes } = await import('systeminformation');
      expect((await processes()).list.find(({ pid }) => pid === 501)).toMatchObject({
        cpu: 0.3,
        memRss: 201_344,
        parentPid: 1,
      });
    });
  },
);
