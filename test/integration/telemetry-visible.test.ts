/** CUDA_VISIBLE_DEVICES from the environment to the series, with nvidia-smi doubled. */
import { describe, expect, it } from 'vitest';
import { telemetryChecks } from '../../src/main/telemetry/doctor/doctor';
import { openSamplers } from '../../src/main/telemetry/sources';
import { gpuOf, playing, started } from '../fixtures/nvidia-smi/harness';

const MiB = 2 ** 20;
const envOf = (visible: string) => playing('two-gpus', { CUDA_VISIBLE_DEVICES: visible }).env;
const open = (visible: string) =>
  openSamplers({
    scope: { pids: () => [] },
    intervalMs: 20,
    ownPids: () => [],
    env: envOf(visible),
  });

describe.skipIf(process.platform === 'win32')(
  process.platform === 'win32'
    ? 'visible GPUs (skipped: the double is a script, which Windows does not run)'
    : 'visible GPUs',
  () => {
    it('are the only ones sampled, under the index of the device', async () => {
      const opened = await open(gpuOf(1).uuid);
      expect(opened.gpus.map(({ index }) => index)).toEqual([1]);
      expect(opened.baselines).toEqual({
        'gpu1.memory.used': 1024 * MiB,
        'gpu1.other.memory': 640 * MiB,
      });
      expect(opened.sources[0]).toMatchObject({
        id: 'nvidia-smi',
        ok: true,
        detail: expect.stringContaining('only GPU 1'),
      });

      const stream = await started(opened.samplers.find(({ id }) => id === 'nvidia-smi')!);
      await stream.until('rows', () => stream.values('gpu1.memory.used').length > 3);
      expect(new Set(stream.values('gpu1.memory.used'))).toEqual(new Set([1024 * MiB]));
      expect(stream.declared.filter(({ id }) => !id.startsWith('gpu1.'))).toEqual([]);
      expect(stream.pushed.filter(({ id }) => !id.startsWith('gpu1.'))).toEqual([]);
      expect(stream.warnings).toEqual([]);
    });

    it('leave a process on a hidden GPU out of the account of the visible one', async () => {
      const opened = await open('0');
      const processes = await started(
        opened.samplers.find(({ id }) => id === 'nvidia-smi processes')!,
      );
      await processes.until('a reading', () => processes.values('gpu0.other.memory').length > 0);
      // The one process there is holds 640 MiB of GPU 1.
      expect(processes.last('gpu0.other.memory')).toEqual({ kind: 'ok', value: 0 });
      expect(opened.baselines).toEqual({ 'gpu0.memory.used': 512 * MiB, 'gpu0.other.memory': 0 });
    });

    it('are none when every GPU is hidden: the host remains, and the reason is told', async () => {
      const opened = await open('-1');
      expect(opened.gpus).toEqual([]);
      expect(opened.samplers.map(({ id }) => id)).toEqual(['host', 'ranks', 'cost']);
      expect(opened.sources[0]).toMatchObject({
        id: 'nvidia-smi',
        ok: false,
        detail: expect.stringContaining('CUDA_VISIBLE_DEVICES=-1'),
      });
    });

    it('are explained by the doctor, who still lists every GPU', async () => {
      const hidden = await telemetryChecks(envOf(''));
      expect(hidden.gpus).toHaveLength(2);
      expect(hidden.checks.find(({ id }) => id === 'visible-gpus')).toMatchObject({
        ok: false,
        remedy: expect.stringContaining('CUDA_VISIBLE_DEVICES'),
      });
      expect(
        (await telemetryChecks(envOf('1'))).checks.find(({ id }) => id === 'visible-gpus'),
      ).toMatchObject({ ok: true, remedy: null });
      expect((await telemetryChecks(envOf('0,1'))).checks.map(({ id }) => id)).not.toContain(
        'visible-gpus',
      );
    });
  },
);
