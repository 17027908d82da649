/** The NVML source as a recording uses it: a thread of its own, against a double of the library. */
import { afterEach, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { telemetryChecks } from '../../src/main/telemetry/doctor/doctor';
import { NvmlSampler, type NvmlSamplerOptions } from '../../src/main/telemetry/nvml/sampler';
import { openSamplers } from '../../src/main/telemetry/sources';
import {
  buildWorker,
  createStub,
  type NvmlStub,
  noStub,
  type StubVariant,
} from '../doubles/nvml/stub';
import { type Collector, gpuOf, playing, started } from '../fixtures/nvidia-smi/harness';

const MiB = 2 ** 20;
let workerPath = '';
const stubs: NvmlStub[] = [];
afterEach(() => {
  for (const stub of stubs.splice(0)) stub.dispose();
});

function stubOf(lines: readonly string[], variant?: StubVariant): NvmlStub {
  const stub = createStub(lines, variant);
  stubs.push(stub);
  return stub;
}

interface Sampled {
  readonly stub: NvmlStub;
  readonly sink: Collector;
  readonly sampler: NvmlSampler;
}

async function sampling(
  lines: readonly string[],
  options: Partial<NvmlSamplerOptions> & { readonly count?: number } = {},
): Promise<Sampled> {
  const stub = stubOf(lines);
  const gpus = Array.from({ length: options.count ?? 1 }, (_, index) => gpuOf(index));
  const sampler = new NvmlSampler({
    workerPath,
    places: [stub.path],
    gpus,
    sampled: gpus.map(({ index, uuid }) => ({
      index,
      uuid,
      memoryVersion: 2,
      extras: ['power.instant', 'power.mean'],
    })),
    scope: { pids: () => [] },
    ownPids: () => [],
    sharesPids: true,
    intervalMs: 10,
    firstPauseMs: 50,
    maxPauseMs: 200,
    ...options,
  });
  // As if somebody looked: what is waited for comes sooner.
  sampler.setWatched(true);
  return { stub, sampler, sink: await started(sampler) };
}

describe.skipIf(noStub !== null)(
  `NVML as a source${noStub === null ? '' : ` (skipped: ${noStub})`}`,
  () => {
    beforeAll(async () => {
      workerPath = await buildWorker();
    });

    test('every series of a GPU is declared once and gets its values', async () => {
      const { sink } = await sampling([`memory 0 ${3000 * MiB}`]);
      const ids = sink.declared.map(({ id }) => id);
      expect(new Set(ids).size).toBe(ids.length);
      await sink.until(
        'the slowest series',
        () => sink.values('gpu0.power.mean').length > 0 && sink.values('sampler.read').length > 0,
      );
      expect(sink.last('gpu0.memory.used')).toEqual({ kind: 'ok', value: 3000 * MiB });
      expect(sink.last('gpu0.utilization')).toEqual({ kind: 'ok', value: 35_000 });
      expect(sink.last('gpu0.memory.utilization')).toEqual({ kind: 'ok', value: 12_000 });
      expect(sink.last('gpu0.power')).toEqual({ kind: 'ok', value: 123_450 });
      expect(sink.last('gpu0.power.instant')).toEqual({ kind: 'ok', value: 130_000 });
      expect(sink.last('gpu0.temperature')).toEqual({ kind: 'ok', value: 41_000 });
      expect(sink.last('gpu0.clock.sm')).toEqual({ kind: 'ok', value: 2_520_000_000 });
      // The double's energy counter rises by 123.45 W; a read is stamped a moment after it is made.
      for (const power of sink.values('gpu0.power.mean'))
        expect(Math.abs(power / 123_450 - 1)).toBeLessThan(0.1);
      expect(sink.warnings).toEqual([]);
    });

    test('memory is read a thousand times a second, in order and none twice, and nothing else is', async () => {
      const { sink, sampler } = await sampling(['count 0 1000'], { intervalMs: 1 });
      const rows = () => sink.pushed.filter(({ id }) => id === 'gpu0.memory.used');
      // A machine busy with other things may keep the thread waiting: one undisturbed second suffices.
      await sink.until('more than 800 samples within a second', () => {
        const times = rows().map(({ t }) => t);
        return times.some(
          (t, index) => (times[index + 801] ?? Number.POSITIVE_INFINITY) - t < 1_000_000,
        );
      });
      await sampler.stop();
      // The double counts its readings: each is there once, in order.
      const values = sink.values('gpu0.memory.used');
      expect(values).toEqual(values.map((_, index) => values[0]! + index));
      const times = rows().map(({ t }) => t);
      expect(times.every((t, index) => index === 0 || t > times[index - 1]!)).toBe(true);
      // No faster than their counters change: 6 and 10 times a second.
      const span = times.at(-1)! / 1e6;
      expect(sink.values('gpu0.utilization').length).toBeLessThanOrEqual(6 * span + 2);
      expect(sink.values('gpu0.power').length).toBeLessThanOrEqual(10 * span + 2);
    });

    test('memory of processes is shared between the workload, its graphics processes included, and everyone else', async () => {
      const { sink } = await sampling(
        [
          'gpus 2',
          `process 0 compute 100 ${1000 * MiB}`,
          `process 0 graphics 101 ${200 * MiB}`,
          `process 0 compute 7 ${50 * MiB}`,
          `process 0 graphics 8 ${30 * MiB}`,
          `process 0 compute 9 ${5 * MiB}`,
          'process 1 compute 100 hidden',
        ],
        { count: 2, scope: { pids: () => [100, 101, 9] }, ownPids: () => [9] },
      );
      await sink.until(
        'both lists',
        () =>
          sink.last('gpu0.other.memory') !== undefined &&
          sink.last('gpu1.other.memory') !== undefined,
      );
      expect(sink.last('gpu0.process.memory')).toEqual({ kind: 'ok', value: 1200 * MiB });
      expect(sink.last('gpu0.other.memory')).toEqual({ kind: 'ok', value: 85 * MiB });
      expect(sink.last('gpu1.process.memory')).toEqual({ kind: 'absent', reason: 'hidden' });
      expect(sink.last('gpu1.other.memory')).toEqual({ kind: 'ok', value: 0 });
    });

    test('a lost GPU is a gap with its reason, the other is read on, and both are when it is back', async () => {
      const { sink, stub } = await sampling(['gpus 2', `memory 0 ${100 * MiB}`], { count: 2 });
      await sink.until('samples', () => sink.values('gpu0.memory.used').length > 3);
      stub.play('gpus 2', 'fail nvmlDeviceGetMemoryInfo_v2 15 0', 'fail nvmlDeviceGetUUID 15 0');
      await sink.until('the loss', () => sink.last('gpu0.memory.used')?.kind === 'absent');
      expect(sink.last('gpu0.memory.used')).toEqual({ kind: 'absent', reason: 'lost' });
      expect(sink.last('gpu0.power')).toEqual({ kind: 'absent', reason: 'lost' });
      const others = sink.values('gpu1.memory.used').length;
      await sink.until('the other GPU', () => sink.values('gpu1.memory.used').length > others + 5);
      stub.play('gpus 2', `memory 0 ${200 * MiB}`);
      await sink.until('the return', () => sink.last('gpu0.memory.used')?.kind === 'ok');
      expect(sink.values('gpu0.memory.used').at(-1)).toBe(200 * MiB);
      expect(sink.warnings).toEqual([
        expect.stringMatching(
          /^NVML says of GPU 0 that the GPU is lost\. .*Until it answers again it is not read\.$/,
        ),
      ]);
    });

    test('a driver that restarts is a gap for every GPU, after which the library is opened anew', async () => {
      const { sink, stub } = await sampling([]);
      await sink.until('samples', () => sink.values('gpu0.memory.used').length > 3);
      stub.play('fail nvmlDeviceGetMemoryInfo_v2 9', 'fail nvmlInit_v2 9');
      await sink.until('the gap', () => sink.reasons('gpu0.memory.used').includes('not_read'));
      stub.play(`memory 0 ${7 * MiB}`);
      await sink.until('the return', () => sink.values('gpu0.memory.used').at(-1) === 7 * MiB);
      expect(sink.warnings.every((text) => text.includes('the NVIDIA driver is not loaded'))).toBe(
        true,
      );
      expect(sink.warnings.length).toBeLessThanOrEqual(2);
    });

    test('a counter the GPU lacks is absent once, without a warning, and the others go on', async () => {
      const { sink } = await sampling([
        'fail nvmlDeviceGetMemoryInfo_v2 3',
        'fail nvmlDeviceGetMemoryInfo 3',
        'fail nvmlDeviceGetUtilizationRates 3',
      ]);
      await sink.until('power', () => sink.values('gpu0.power').length > 3);
      expect(sink.readings('gpu0.memory.used')).toEqual([
        { kind: 'absent', reason: 'not_supported' },
      ]);
      expect(sink.readings('gpu0.utilization')).toEqual([
        { kind: 'absent', reason: 'not_supported' },
      ]);
      expect(sink.warnings).toEqual([]);
    });

    test('one sensor in trouble does not stop the others, and is warned of once', async () => {
      const { sink } = await sampling(['fail nvmlDeviceGetPowerUsage 999']);
      await sink.until('two tellings', () => sink.reasons('gpu0.power').length > 1);
      expect(sink.values('gpu0.memory.used').length).toBeGreaterThan(10);
      expect(sink.reasons('gpu0.memory.used')).toEqual([]);
      expect(sink.warnings).toEqual([
        expect.stringContaining(
          'NVML says of power of GPU 0 that an unknown error happened in the driver',
        ),
      ]);
    });

    test('a driver that is slow to answer gets a wider interval, and one warning', async () => {
      const { sink } = await sampling(['delay nvmlDeviceGetMemoryInfo_v2 8000']);
      await sink.until('the warning', () => sink.warnings.length > 0);
      expect(sink.warnings).toEqual([
        expect.stringMatching(
          /^NVML takes \d+ µs for the memory counters; it is read every (40|80) ms/,
        ),
      ]);
    });

    test('a driver that hangs is a gap, and stopping does not wait for it', async () => {
      const { sink, stub, sampler } = await sampling([], { silenceMs: 1000 });
      await sink.until('samples', () => sink.values('gpu0.memory.used').length > 3);
      stub.play('delay nvmlDeviceGetMemoryInfo_v2 6000000');
      await sink.until('the gap', () => sink.last('gpu0.memory.used')?.kind === 'absent');
      expect(sink.last('gpu0.memory.used')).toEqual({ kind: 'absent', reason: 'not_read' });
      expect(sink.warnings).toEqual([expect.stringMatching(/^NVML gave no answer for 1 s/)]);
      await sampler.stop();
      await sampler.stop();
      const after = sink.pushed.length;
      await new Promise((done) => setTimeout(done, 2500));
      expect(sink.pushed.length).toBe(after);
      expect(sink.warnings.slice(1)).toEqual([
        'NVML did not answer when the recording ended; its last readings are missing.',
      ]);
      const told = sink.pushed.map(({ id, t }) => [id, t] as const);
      for (const { id } of sink.declared) {
        const times = told.filter(([each]) => each === id).map(([, t]) => t);
        expect(
          times.every((t, i) => i === 0 || t > times[i - 1]!),
          id,
        ).toBe(true);
      }
    });

    describe('among all sources', () => {
      const open = (env: NodeJS.ProcessEnv) =>
        openSamplers({
          scope: { pids: () => [] },
          intervalMs: 50,
          ownPids: () => [],
          env,
          samplingThread: workerPath,
        });
      const bothWays = (lines: readonly string[], variant?: StubVariant): NodeJS.ProcessEnv => ({
        ...playing('two-gpus').env,
        PLUMBLINE_NVML: stubOf(lines, variant).path,
      });

      test('NVML is preferred to nvidia-smi where it works, and its baseline is read before launch', async () => {
        const opened = await open(
          bothWays([`memory 0 ${700 * MiB}`, `process 0 graphics 5 ${40 * MiB}`]),
        );
        expect(opened.samplers.map(({ id }) => id)).toEqual([
          'nvml',
          'nvml pcie',
          'host',
          'ranks',
          'cost',
        ]);
        expect(opened.sources.map(({ id, ok }) => [id, ok])).toEqual([
          ['nvml', true],
          ['nvml processes', true],
          ['host', true],
        ]);
        expect(opened.baselines).toEqual({
          'gpu0.memory.used': 700 * MiB,
          'gpu0.other.memory': 40 * MiB,
        });
        expect(opened.simulated).toBe(true);
        expect(opened.gpus).toEqual([gpuOf(0)]);
      });

      test('nvidia-smi stands in where NVML does not work, and the session says why', async () => {
        const opened = await open(bothWays(['fail nvmlInit_v2 18']));
        expect(opened.samplers.map(({ id }) => id)).toEqual([
          'nvidia-smi',
          'nvidia-smi processes',
          'host',
          'ranks',
          'cost',
        ]);
        expect(opened.sources.find(({ id }) => id === 'nvml')).toEqual({
          id: 'nvml',
          ok: false,
          detail: 'NVML says when it is started that driver and library are of different versions',
        });
      });

      test('each of them can be forced', async () => {
        const forced = await open({ ...bothWays([]), PLUMBLINE_SOURCE: 'nvidia-smi' });
        expect(forced.samplers[0]!.id).toBe('nvidia-smi');
        expect(forced.sources[0]!.detail).toContain('chosen by PLUMBLINE_SOURCE=nvidia-smi');
        const alone = await open({ ...bothWays(['fail nvmlInit_v2 9']), PLUMBLINE_SOURCE: 'nvml' });
        expect(alone.gpus).toEqual([]);
        expect(alone.sources.map(({ id, ok }) => [id, ok])).toEqual([
          ['nvml', false],
          ['host', true],
        ]);
      });

      test('a driver that counts its own reserve as used says so in the series and the session', async () => {
        const opened = await open(bothWays([], 'without-memory-v2'));
        expect(opened.sources[0]!.detail).toContain('memory the driver reserves counts as used');
        const sink = await started(opened.samplers[0]!);
        expect(sink.declared.find(({ id }) => id === 'gpu0.memory.used')!.source).toBe(
          'nvml (v1: memory reserved by the driver counts as used)',
        );
      });

      test('CUDA_VISIBLE_DEVICES leaves only the GPUs it names', async () => {
        const opened = await open({ ...bothWays(['gpus 2']), CUDA_VISIBLE_DEVICES: '1' });
        expect(opened.gpus.map(({ index }) => index)).toEqual([1]);
        expect(Object.keys(opened.baselines)).toEqual(['gpu1.memory.used', 'gpu1.other.memory']);
      });

      test('the doctor is content with NVML, and has a remedy where it fails', async () => {
        const env = { PATH: '/nonexistent' };
        const good = await telemetryChecks(
          { ...env, PLUMBLINE_NVML: stubOf([]).path },
          { samplingThread: workerPath },
        );
        expect(good.checks.map(({ id, ok }) => [id, ok])).toEqual([
          ['nvml', true],
          ['gpu-rates', true],
          ['nvidia-smi', true],
          ['gpu-process-memory', true],
          ['host', true],
        ]);
        expect(good.checks[1]!.found).toMatch(
          /^times a second: memory [\d,]+ \(.* a read\), utilization 5 \(.*\), power 10 \(.*\), the process list 1 \(.*\)$/,
        );
        const slow = await telemetryChecks(
          { ...env, PLUMBLINE_NVML: stubOf(['delay nvmlDeviceGetMemoryInfo_v2 50000']).path },
          { samplingThread: workerPath },
        );
        // A quarter of the time in reads of 50 ms and a little more.
        expect(slow.checks.find(({ id }) => id === 'gpu-rates')!.found).toMatch(
          /memory [1-4](\.\d)? \([5-9]\d(\.\d)? ms a read\)/,
        );
        expect(good.gpus).toEqual([gpuOf(0)]);
        const bad = await telemetryChecks(
          { ...env, PLUMBLINE_NVML: '/nonexistent/libnvidia-ml.so.1' },
          { samplingThread: workerPath },
        );
        expect(bad.checks.find(({ id }) => id === 'nvml')).toMatchObject({
          ok: false,
          found: expect.stringContaining('/nonexistent/libnvidia-ml.so.1'),
          remedy: expect.stringContaining('PLUMBLINE_NVML'),
        });
        expect(bad.checks.find(({ id }) => id === 'nvml')!.remedy).toContain(
          'nvidia-smi, which would stand in for it, is missing too',
        );
        expect(
          (
            await telemetryChecks(
              { ...bothWays([]), PLUMBLINE_NVML: '/nonexistent/libnvidia-ml.so.1' },
              { samplingThread: workerPath },
            )
          ).checks.find(({ id }) => id === 'nvml')!.remedy,
        ).toContain('Without it GPUs are read through nvidia-smi.');
      });
    });

    test('a thread that hangs while it is asked for the GPUs is given up', async () => {
      const { probeInWorker } = await import('../../src/main/telemetry/nvml/probe-thread');
      const stub = stubOf(['delay nvmlInit_v2 2500000']);
      onTestFinished(() => new Promise((done) => setTimeout(done, 1500)));
      expect(await probeInWorker(workerPath, [stub.path], 200)).toMatchObject({
        ok: false,
        detail: 'NVML gave no answer within 0.2 s',
      });
    });
  },
);
