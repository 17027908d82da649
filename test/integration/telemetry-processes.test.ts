/** Memory per process against a double of nvidia-smi that lists planted processes. */
import { describe, expect, test } from 'vitest';
import { GpuProcesses } from '../../src/main/telemetry/nvidia-smi/processes';
import { allGone, gpuOf, playing, smiPath, started } from '../fixtures/nvidia-smi/harness';

const MiB = 2 ** 20;
const windows = process.platform === 'win32';

describe.skipIf(windows)(
  windows
    ? 'memory per process (skipped: the double is a script, which Windows does not run)'
    : 'memory per process',
  () => {
    const sampler = (
      env: NodeJS.ProcessEnv,
      pids: () => readonly number[],
      sharesPids = true,
      gpus = 1,
    ) =>
      new GpuProcesses({
        path: smiPath,
        env,
        gpus: Array.from({ length: gpus }, (_, i) => gpuOf(i)),
        scope: { pids },
        ownPids: () => [process.pid],
        sharesPids,
        intervalMs: 100,
      });

    test('is split between the workload and all others', async () => {
      const smi = playing('planted');
      smi.plantMemory(700 * MiB);
      smi.plantPid(4180001);
      const sink = await started(sampler(smi.env, () => [4180000, 4180001]));
      await sink.until('a reading', () => sink.values('gpu0.process.memory').length > 1);
      expect(sink.last('gpu0.process.memory')).toEqual({ kind: 'ok', value: 700 * MiB });
      expect(sink.last('gpu0.other.memory')).toEqual({ kind: 'ok', value: 300 * MiB });
      expect(sink.declared.map(({ id, about }) => [id, about])).toEqual([
        ['gpu0.process.memory', expect.stringContaining('the workload')],
        ['gpu0.other.memory', expect.stringContaining('other processes')],
      ]);
    });

    test('counts a graphics process of the workload too', async () => {
      const smi = playing('graphics');
      smi.plantMemory(256 * MiB);
      smi.plantPid(4180001);
      const sink = await started(sampler(smi.env, () => [4180001]));
      await sink.until('a reading', () => sink.values('gpu0.process.memory').length > 1);
      expect(sink.last('gpu0.process.memory')).toEqual({ kind: 'ok', value: 256 * MiB });
      expect(sink.last('gpu0.other.memory')).toEqual({ kind: 'ok', value: 130 * MiB });
    });

    test('is hidden under WDDM', async () => {
      const smi = playing('wddm');
      smi.plantPid(4180001);
      const sink = await started(sampler(smi.env, () => [4180001]));
      await sink.until('a reading', () => sink.readings('gpu0.process.memory').length > 1);
      expect(new Set(sink.reasons('gpu0.process.memory'))).toEqual(new Set(['hidden']));
      expect(new Set(sink.reasons('gpu0.other.memory'))).toEqual(new Set(['hidden']));
      expect(sink.values('gpu0.process.memory')).toEqual([]);
    });

    test('is summed over MIG instances', async () => {
      const smi = playing('mig');
      smi.plantPid(4180001);
      const sink = await started(sampler(smi.env, () => [4180001]));
      await sink.until('a reading', () => sink.values('gpu0.process.memory').length > 0);
      expect(sink.last('gpu0.process.memory')).toEqual({ kind: 'ok', value: (2296 + 1272) * MiB });
      expect(sink.last('gpu0.other.memory')).toEqual({ kind: 'ok', value: 7484 * MiB });
    });

    test('a query that fails is an absence with one warning, never an idle GPU', async () => {
      const sink = await started(sampler(playing('apps-fail').env, () => []));
      await sink.until('readings', () => sink.readings('gpu0.process.memory').length > 2);
      expect(new Set(sink.reasons('gpu0.process.memory'))).toEqual(new Set(['not_permitted']));
      expect(sink.values('gpu0.other.memory')).toEqual([]);
      expect(sink.warnings).toHaveLength(1);
    });

    test('a query that hangs ends with the sampler', async () => {
      const smi = playing('hang');
      const hanging = sampler(smi.env, () => []);
      const sink = await started(hanging);
      await sink.until('the runs', () => smi.runs().length === 2);
      await hanging.stop();
      expect(sink.pushed).toEqual([]);
      const pids = smi.runs().map(({ pid }) => pid);
      await allGone(pids);
    });
  },
);
