/** The host counters of Windows, from what PowerShell answers of Win32_Process to what a session holds. */
import { cpus } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { tableReadings } from '../../../../../src/main/telemetry/host/host-table';
import { KiB, MiB } from '../../../../../src/shared/base/units';
import { started } from '../../../../fixtures/nvidia-smi/harness';
import { hostFixtures, pretend } from '../../../../support/host-platform';

const here = process.platform;
// The first answer, then the second for ever. What is asked is read to its end (a shell gives work in the background no
// input of its own accord), or the question would meet a closed pipe.
if (here !== 'win32')
  pretend('win32', {
    'powershell.exe': `exec 3<&0\ncat <&3 > /dev/null 2>&1 &\nseen="$(dirname "$0")/seen"\nif [ -e "$seen" ]; then cat "${join(hostFixtures, 'win32-process-2.json')}"; else : > "$seen"; cat "${join(hostFixtures, 'win32-process-1.json')}"; fi`,
  });

describe.skipIf(here === 'win32')(
  here === 'win32'
    ? 'host counters of Windows (skipped: the double of PowerShell is a script)'
    : 'host counters of Windows',
  () => {
    test('memory is right at once; CPU from the second look on, as a share of one core', async () => {
      const { HostSampler } = await import('../../../../../src/main/telemetry/host/host');
      const sink = await started(
        new HostSampler({
          scope: { pids: () => [4242, 4243] },
          intervalMs: 1000,
          workerPath: null,
        }),
      );
      await sink.until('two readings', () => sink.values('tree.rss').length > 1);
      expect(sink.values('tree.rss')[0]).toBe(4096 * MiB + 128 * MiB);
      // One second of processor time in the four that all cores had together.
      expect(sink.values('tree.cpu')[0]).toBe(25_000 * cpus().length);
      expect(sink.values('tree.cpu')).toHaveLength(sink.values('tree.rss').length - 1);
      for (const id of ['tree.disk.read', 'tree.disk.written', 'system.swap.used'])
        expect(new Set(sink.reasons(id)), id).toEqual(new Set(['not_supported']));
    });
  },
);

describe('a process table', () => {
  const system = { platform: 'win32' as const, cores: 8, isFirst: false };
  const row = (pid: number, memRss: number, cpu: number) => ({
    pid,
    memRss,
    cpu,
    state: 'unknown',
  });
  test('without rows could not be read', () => {
    expect(tableReadings([], new Set([1]), system)).toEqual({
      rss: { kind: 'absent', reason: 'not_read' },
      cpu: { kind: 'absent', reason: 'not_read' },
      processes: 0,
    });
  });
  test('without the workload says nothing', () => {
    expect(tableReadings([row(7, 1, 1)], new Set([1]), system)).toBeNull();
  });
  test('with a figure that is none is not read, never 0', () => {
    expect(
      tableReadings([row(1, Number.NaN, 1), row(2, 5, 1)], new Set([1, 2]), system),
    ).toMatchObject({
      rss: { kind: 'absent', reason: 'not_read' },
      cpu: { kind: 'ok', value: 16_000 },
    });
    expect(tableReadings([row(1, 5, 1)], new Set([1]), system)!.rss).toEqual({
      kind: 'ok',
      value: 5 * KiB,
    });
  });
});
