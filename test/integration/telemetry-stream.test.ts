/** The stream of device counters against a double of nvidia-smi that plants what it should see. */
import { describe, expect, test } from 'vitest';
import { GPU_FIELDS, parseAskedFields } from '../../src/main/nvidia-smi-format/gpu-fields';
import { GpuStream } from '../../src/main/telemetry/nvidia-smi/stream';
import { gpuOf, isAlive, playing, smiPath, started } from '../fixtures/nvidia-smi/harness';

const MiB = 2 ** 20;
const quick = { intervalMs: 20, firstPauseMs: 50 };
const streamOf = (env: NodeJS.ProcessEnv, gpus = 1, patience: { silenceMs?: number } = {}) =>
  new GpuStream({
    path: smiPath,
    env,
    gpus: Array.from({ length: gpus }, (_, i) => gpuOf(i)),
    ...quick,
    ...patience,
  });

describe.skipIf(process.platform === 'win32')(
  process.platform === 'win32'
    ? 'the stream (skipped: the double is a script, which Windows does not run)'
    : 'the stream',
  () => {
    test('delivers every counter in its natural unit, from one process that is asked once', async () => {
      const smi = playing('steady');
      const stream = streamOf(smi.env);
      const sink = await started(stream);
      await sink.until('ten rows', () => sink.values('gpu0.memory.used').length >= 10);
      await stream.stop();

      expect(sink.last('gpu0.memory.used')).toEqual({ kind: 'ok', value: 512 * MiB });
      expect(sink.last('gpu0.utilization')).toEqual({ kind: 'ok', value: 35_000 });
      expect(sink.last('gpu0.memory.utilization')).toEqual({ kind: 'ok', value: 12_000 });
      expect(sink.last('gpu0.power')).toEqual({ kind: 'ok', value: 123_450 });
      expect(sink.last('gpu0.temperature')).toEqual({ kind: 'ok', value: 41_000 });
      expect(sink.last('gpu0.clock.sm')).toEqual({ kind: 'ok', value: 2_520_000_000 });
      expect(sink.warnings).toEqual([]);
      const runs = smi.runs();
      expect(runs).toHaveLength(1);
      expect(runs[0]!.argv).toContain('-lms');
      expect(runs[0]!.argv).not.toContain('-x');
      expect(runs[0]!.argv).not.toContain('-f');
      expect(isAlive(runs[0]!.pid)).toBe(false);
    });

    test('asks a driver for all it lists, instant and average power apart, and for the old name where it lists no new one', async () => {
      const planted = {
        'power.draw.instant': 140.5,
        'power.draw.average': 120.25,
        'clocks_event_reasons.active': '0x0000000000000044',
        'clocks_throttle_reasons.active': '0x0000000000000008',
        'fan.speed': 61,
        'utilization.encoder': 7,
        'pcie.link.gen.current': 5,
        'memory.reserved': 400,
        'ecc.errors.corrected.volatile.total': '[N/A]',
      };
      const every = GPU_FIELDS.map(({ field }) => `"${field}"`).join('\n');
      const help = Object.keys(planted)
        .map((name) => `"${name}"`)
        .join('\n');
      const smi = playing('every-field');
      const sink = await started(
        new GpuStream({
          path: smiPath,
          env: smi.env,
          gpus: [gpuOf(0)],
          fields: parseAskedFields(`${every}\n${help}`),
          ...quick,
        }),
      );
      await sink.until('rows', () => sink.values('gpu0.throttle').length > 2);
      const seen = (metric: string) => sink.last(`gpu0.${metric}`);
      expect(seen('power.instant')).toEqual({ kind: 'ok', value: 140_500 });
      expect(seen('power.average')).toEqual({ kind: 'ok', value: 120_250 });
      expect(seen('throttle')).toEqual({ kind: 'ok', value: 0x44 });
      expect(seen('fan')).toEqual({ kind: 'ok', value: 61_000 });
      expect(seen('encoder')).toEqual({ kind: 'ok', value: 7000 });
      expect(seen('pcie.generation')).toEqual({ kind: 'ok', value: 5 });
      expect(seen('memory.reserved')).toEqual({ kind: 'ok', value: 400 * MiB });
      expect(seen('ecc.corrected')).toEqual({ kind: 'absent', reason: 'not_supported' });
      for (const { id, about } of sink.declared) expect(about, id).toMatch(/\w{4}/);
      const fields = (known: string) =>
        parseAskedFields(known)
          .map(({ field }) => field)
          .filter((field) => field.startsWith('clocks_'));
      expect(fields(help)).toEqual(['clocks_event_reasons.active']);
      expect(fields('"clocks_throttle_reasons.active"')).toEqual([
        'clocks_throttle_reasons.active',
      ]);
      expect(parseAskedFields('').map(({ field }) => field)).toEqual(
        GPU_FIELDS.map(({ field }) => field),
      );
    });

    test('a source that is slower than asked for says so once, and its series have the interval it keeps', async () => {
      const sink = await started(
        new GpuStream({ path: smiPath, env: playing('slow').env, gpus: [gpuOf(0)], ...quick }),
      );
      await sink.until('the pace', () => sink.refined.length > 0);
      expect(sink.warnings).toEqual([
        expect.stringMatching(
          /^nvidia-smi gives a row every \d+ ms, not every 20 ms as it was asked to\.$/,
        ),
      ]);
      expect(new Set(sink.refined.map(({ id }) => id))).toEqual(
        new Set(sink.declared.map(({ id }) => id)),
      );
      for (const { intervalUs } of sink.refined) expect(intervalUs).toBeGreaterThan(55_000);
    });

    test('declares its series before the first sample, with unit, interval and window', async () => {
      const sink = await started(streamOf(playing('steady').env));
      const memory = sink.declared.find(({ id }) => id === 'gpu0.memory.used');
      const utilization = sink.declared.find(({ id }) => id === 'gpu0.utilization');
      expect(memory).toMatchObject({ unit: 'bytes', windowUs: null, intervalUs: 20_000 });
      expect(utilization).toMatchObject({ unit: 'millipercent', windowUs: 167_000 });
    });

    test('follows memory that rises while it runs', async () => {
      const smi = playing('planted');
      smi.plantMemory(0);
      const sink = await started(streamOf(smi.env));
      await sink.until(
        'the level before',
        () => sink.values('gpu0.memory.used').at(-1) === 512 * MiB,
      );
      smi.plantMemory(3 * 1024 * MiB);
      await sink.until(
        'the level after',
        () => sink.values('gpu0.memory.used').at(-1) === (512 + 3072) * MiB,
      );
      const times = sink.pushed
        .filter(({ id, reading }) => id === 'gpu0.memory.used' && reading.kind === 'ok')
        .map(({ t }) => t);
      expect(times).toEqual(times.toSorted((a, b) => a - b));
    });

    test('keeps two GPUs apart', async () => {
      const sink = await started(streamOf(playing('two-gpus').env, 2));
      await sink.until(
        'both',
        () =>
          sink.values('gpu0.memory.used').length > 3 && sink.values('gpu1.memory.used').length > 3,
      );
      expect(new Set(sink.values('gpu0.memory.used'))).toEqual(new Set([512 * MiB]));
      expect(new Set(sink.values('gpu1.memory.used'))).toEqual(new Set([1024 * MiB]));
    });

    test('a process that leaves is told as a gap with its reason, warned of once, and replaced', async () => {
      const smi = playing('exit-mid-run');
      const sink = await started(streamOf(smi.env));
      await sink.until('rows after the restart', () => sink.values('gpu0.memory.used').length > 8);
      expect(sink.reasons('gpu0.memory.used')).toContain('not_read');
      expect(sink.warnings.filter((text) => text.includes('exit code 15'))).toHaveLength(1);
      expect(sink.warnings.join()).toContain('Failed to initialize NVML: Unknown Error');
      expect(smi.runs()).toHaveLength(2);
    });

    test('a process that falls silent is ended and replaced', async () => {
      const smi = playing('hang-mid-run');
      const sink = await started(streamOf(smi.env, 1, { silenceMs: 400 }));
      await sink.until('rows after the restart', () => sink.values('gpu0.memory.used').length > 8);
      expect(sink.reasons('gpu0.memory.used')).toContain('not_read');
      expect(sink.warnings).toHaveLength(1);
      expect(sink.warnings[0]).toContain('no row for 0.4 s');
      const [first] = smi.runs();
      expect(isAlive(first!.pid)).toBe(false);
    });

    test('a process that never says a word is ended and replaced', async () => {
      const smi = playing('hang');
      const stream = new GpuStream({
        path: smiPath,
        env: smi.env,
        gpus: [gpuOf(0)],
        ...quick,
        silenceMs: 100,
        startupMs: 500,
      });
      const sink = await started(stream);
      await sink.until('the second process', () => smi.runs().length > 1);
      expect(new Set(sink.reasons('gpu0.memory.used'))).toEqual(new Set(['not_read']));
      expect(sink.warnings).toEqual([expect.stringContaining('no row for 0.5 s')]);
    });

    test('a flood of garbage neither stalls nor fills memory, and passes', async () => {
      const sink = await started(streamOf(playing('flood').env));
      await sink.until('rows after the restart', () => sink.values('gpu0.memory.used').length > 3);
      expect(sink.reasons('gpu0.memory.used')).toContain('not_read');
      expect(sink.warnings.length).toBeLessThanOrEqual(5);
    });

    test('a foreign line among rows is kept as a warning and harms nothing', async () => {
      const sink = await started(streamOf(playing('foreign-line').env));
      await sink.until('rows after it', () => sink.values('gpu0.memory.used').length > 5);
      expect(sink.warnings).toEqual([
        expect.stringContaining('XID 79, event at bus 81: GPU has fallen off the bus, maybe'),
      ]);
      expect(sink.reasons('gpu0.memory.used')).toEqual([]);
    });

    test('a GPU whose cells say lost is lost; the other one goes on', async () => {
      const sink = await started(streamOf(playing('lost-cells').env, 2));
      await sink.until('the loss', () => sink.reasons('gpu1.memory.used').length > 0);
      const before = sink.values('gpu0.memory.used').length;
      await sink.until(
        'more of the other',
        () => sink.values('gpu0.memory.used').length > before + 3,
      );
      expect(new Set(sink.reasons('gpu1.memory.used'))).toEqual(new Set(['lost']));
      expect(sink.last('gpu1.memory.used')).toEqual({ kind: 'absent', reason: 'lost' });
      expect(sink.reasons('gpu0.memory.used')).toEqual([]);
      expect(sink.warnings.filter((text) => text.includes('GPU 1 is lost'))).toHaveLength(1);
    });

    test('a GPU whose rows give way to an error line is lost; the other one goes on', async () => {
      const sink = await started(streamOf(playing('lost-line').env, 2, { silenceMs: 600 }));
      await sink.until('the loss', () => sink.reasons('gpu0.memory.used').includes('lost'));
      expect(sink.last('gpu0.memory.used')).toEqual({ kind: 'absent', reason: 'lost' });
      expect(sink.reasons('gpu1.memory.used')).not.toContain('lost');
      expect(sink.last('gpu1.memory.used')).toEqual({ kind: 'ok', value: 1024 * MiB });
      expect(sink.warnings.join()).toContain('GPU is lost');
    });

    test('fields the driver does not know are absent, the others are read', async () => {
      const sink = await started(streamOf(playing('old-driver').env));
      await sink.until('rows', () => sink.values('gpu0.memory.used').length > 3);
      expect(sink.values('gpu0.temperature')[0]).toBe(41_000);
      for (const id of ['gpu0.clock.sm', 'gpu0.memory.utilization', 'gpu0.utilization']) {
        expect(new Set(sink.reasons(id)), id).toEqual(new Set(['not_supported']));
        expect(sink.values(id), id).toEqual([]);
      }
      expect(new Set(sink.reasons('gpu0.power'))).toEqual(new Set(['not_read']));
      expect(sink.warnings).toHaveLength(2);
    });

    test('a driver that never answers makes every series absent and does not hold up the start for long', async () => {
      const smi = playing('no-driver');
      const stream = streamOf(smi.env);
      const sink = await started(stream);
      await sink.until('the gap', () => sink.reasons('gpu0.memory.used').length > 0);
      expect(sink.values('gpu0.memory.used')).toEqual([]);
      expect(sink.warnings.join()).toContain("couldn't communicate with the NVIDIA driver");
      await stream.stop();
      const count = smi.runs().length;
      await stream.stop();
      expect(smi.runs()).toHaveLength(count);
    });

    test('a program that cannot be started is an absence, not a crash', async () => {
      const stream = new GpuStream({
        path: '/nonexistent/nvidia-smi',
        env: {},
        gpus: [gpuOf(0)],
        ...quick,
      });
      const sink = await started(stream);
      await sink.until('the gap', () => sink.reasons('gpu0.memory.used').length > 0);
      expect(sink.warnings[0]).toContain('could not be started');
    });
  },
);
