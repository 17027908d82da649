/** What NVML's slower counters, sample buffers, MIG devices and error codes become in a recording, on the double. */
import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import { explainCode, FAULT_CODES } from '../../src/main/telemetry/nvml/codes';
import { probeInWorker } from '../../src/main/telemetry/nvml/probe-thread';
import { NvmlSampler } from '../../src/main/telemetry/nvml/sampler';
import {
  buildWorker,
  createStub,
  type NvmlStub,
  noStub,
  type StubVariant,
} from '../doubles/nvml/stub';
import { type Collector, started } from '../fixtures/nvidia-smi/harness';

const MiB = 2 ** 20;
let workerPath = '';
const stubs: NvmlStub[] = [];
afterEach(() => {
  for (const stub of stubs.splice(0)) stub.dispose();
});

interface Sampled {
  readonly stub: NvmlStub;
  readonly sink: Collector;
  readonly sampler: NvmlSampler;
}

/** Probes first and samples what was found, as a recording does. */
async function sampling(
  lines: readonly string[],
  options: {
    readonly intervalMs?: number;
    readonly pids?: readonly number[];
    readonly variant?: StubVariant;
  } = {},
): Promise<Sampled> {
  const stub = createStub(lines, options.variant);
  stubs.push(stub);
  const probe = await probeInWorker(workerPath, [stub.path]);
  if (!probe.ok) throw new Error(probe.detail);
  const sampler = new NvmlSampler({
    workerPath,
    places: [stub.path],
    gpus: probe.gpus.map(({ info }) => info),
    sampled: probe.gpus.map(({ sampled }) => sampled),
    scope: { pids: () => options.pids ?? [] },
    ownPids: () => [],
    sharesPids: true,
    intervalMs: options.intervalMs ?? 20,
    firstPauseMs: 20,
    maxPauseMs: 40,
  });
  // As if somebody looked: what is waited for comes sooner.
  sampler.setWatched(true);
  return { stub, sampler, sink: await started(sampler) };
}

const timesOf = (sink: Collector, id: string) =>
  sink.pushed.filter((each) => each.id === id && each.reading.kind === 'ok').map(({ t }) => t);

describe.skipIf(noStub !== null)(
  `counters of NVML in a recording${noStub === null ? '' : ` (skipped: ${noStub})`}`,
  () => {
    beforeAll(async () => {
      workerPath = await buildWorker();
    });

    test('every counter a GPU has is a series that says what it means', async () => {
      const { sink } = await sampling([
        'video 0 7 3',
        'pcie 0 5 8',
        'fan 0 61',
        'throttle 0 68',
        'ecc 0 12 1',
        `reserved 0 ${400 * MiB}`,
      ]);
      const expected = {
        encoder: 7000,
        decoder: 3000,
        'pcie.generation': 5,
        'pcie.width': 8,
        fan: 61_000,
        throttle: 68,
        'ecc.corrected': 12,
        'ecc.uncorrected': 1,
        'memory.reserved': 400 * MiB,
        'clock.memory': 10_501_000_000,
      };
      await sink.until('all of them', () =>
        Object.keys(expected).every((metric) => sink.values(`gpu0.${metric}`).length > 0),
      );
      expect(
        Object.fromEntries(
          Object.keys(expected).map((metric) => [metric, sink.values(`gpu0.${metric}`)[0]]),
        ),
      ).toEqual(expected);
      for (const { id, about } of sink.declared) expect(about, id).toMatch(/\w{4}/);
    });

    test("what the driver sampled itself is taken over at the driver's pace, each reading once, and said to be so", async () => {
      const { sink } = await sampling([
        'sampled 0 utilization 100000 20 80',
        'sampled 0 memory 100000 10 30',
        'sampled 0 power 20000 111000 222000',
        'utilization 0 99 99',
      ]);
      await sink.until(
        'the pace',
        () =>
          sink.refined.some(({ id }) => id === 'gpu0.utilization') &&
          sink.refined.some(({ id }) => id === 'gpu0.power.samples'),
      );
      expect(sink.declared.find(({ id }) => id === 'gpu0.utilization')!.source).toBe(
        'nvml (sampled by the driver)',
      );
      // Polled it would be 99.
      expect(new Set(sink.values('gpu0.utilization'))).toEqual(new Set([20_000, 80_000]));
      expect(new Set(sink.values('gpu0.memory.utilization'))).toEqual(new Set([10_000, 30_000]));
      expect(new Set(sink.values('gpu0.power.samples'))).toEqual(new Set([111_000, 222_000]));
      const times = timesOf(sink, 'gpu0.power.samples');
      expect(times.length).toBeGreaterThan(20);
      // None is missed and none comes twice. What a busy machine adds to where the driver's time of day is thought to be is
      // no more than a reading or two.
      const due = (times.at(-1)! - times[0]!) / 20_000 + 1;
      expect(Math.abs(times.length - due)).toBeLessThan(2.5);
      const learnt = sink.refined.find(({ id }) => id === 'gpu0.utilization')!;
      expect(learnt.intervalUs! / 100_000).toBeCloseTo(1, 1);
      expect(learnt.windowUs).toBe(learnt.intervalUs);
      expect(learnt.about).toMatch(
        /a kernel ran; the driver renews it every (99|100|101) ms, by its own stamps$/,
      );
    });

    test('a counter that repeats itself is stored once for each renewal, and its pace is found', async () => {
      const { sink } = await sampling(['renewed 0 utilization 250000 20 80']);
      await sink.until('the pace', () =>
        sink.refined.some(
          ({ id, intervalUs }) => id === 'gpu0.utilization' && intervalUs !== undefined,
        ),
      );
      const learnt = sink.refined.find(({ id }) => id === 'gpu0.utilization')!;
      expect(learnt.intervalUs! / 250_000).toBeGreaterThan(0.85);
      expect(learnt.intervalUs! / 250_000).toBeLessThan(1.15);
      expect(learnt.about).toContain('as the changes of its value show');
      const seconds = timesOf(sink, 'gpu0.utilization').at(-1)! / 1e6;
      // Read twenty times a second, renewed four times: at most two of each renewal before the pace is known.
      expect(sink.values('gpu0.utilization').length).toBeLessThan(9 * seconds + 2);
    });

    test('how busy the workload kept the GPU is told apart from everyone else', async () => {
      const { sink } = await sampling(['use 0 100 42', 'use 0 101 8', 'use 0 7 50'], {
        pids: [100, 101],
      });
      await sink.until('a reading', () => sink.values('gpu0.process.utilization').length > 0);
      expect(sink.values('gpu0.process.utilization')[0]).toBe(50_000);
    });

    test('each MIG device has a line of its own memory, which follows it', async () => {
      const { sink, stub } = await sampling([
        `mig 0 0 ${1000 * MiB} ${5000 * MiB}`,
        `mig 0 3 ${300 * MiB} ${9000 * MiB}`,
      ]);
      await sink.until(
        'both',
        () =>
          sink.values('gpu0.mig0.memory.used').length > 0 &&
          sink.values('gpu0.mig3.memory.used').length > 0,
      );
      expect([
        sink.values('gpu0.mig0.memory.used')[0],
        sink.values('gpu0.mig3.memory.used')[0],
      ]).toEqual([1000 * MiB, 300 * MiB]);
      stub.play(`mig 0 0 ${1700 * MiB} ${5000 * MiB}`, `mig 0 3 ${300 * MiB} ${9000 * MiB}`);
      await sink.until(
        'the change',
        () => sink.values('gpu0.mig0.memory.used').at(-1) === 1700 * MiB,
      );
    });

    test('a function that the driver lacks is told once for all GPUs, and its series is absent', async () => {
      const { sink } = await sampling(['gpus 3', 'fail nvmlDeviceGetTemperature 13']);
      await sink.until('the absences', () =>
        [0, 1, 2].every((gpu) => sink.reasons(`gpu${gpu}.temperature`).length > 0),
      );
      expect(sink.reasons('gpu1.temperature')).toEqual(['not_supported']);
      expect(sink.warnings).toEqual([
        expect.stringContaining(
          'NVML says of temperature of every GPU that this driver does not have the function',
        ),
      ]);
    });

    test('a counter that worked and is refused for a while comes back', async () => {
      const { sink, stub } = await sampling([]);
      await sink.until('values', () => sink.values('gpu0.power').length > 0);
      stub.play('fail nvmlDeviceGetPowerUsage 3');
      await sink.until('the refusal', () => sink.last('gpu0.power')?.kind === 'absent');
      stub.play('power 0 77000');
      await sink.until('the return', () => sink.values('gpu0.power').at(-1) === 77_000);
    });

    test('each code of the library is a gap with its reason, after which memory is read on', async () => {
      const { sink, stub } = await sampling(['memory 0 1']);
      const id = 'gpu0.memory.used';
      await sink.until('the first', () => sink.values(id).length > 0);
      for (const [i, code] of FAULT_CODES.entries()) {
        // A driver in trouble refuses to be asked anew as well.
        const also = explainCode(code).scope === 'library' ? [`fail nvmlInit_v2 ${code}`] : [];
        const from = sink.pushed.length;
        stub.play(
          `fail nvmlDeviceGetMemoryInfo_v2 ${code}`,
          `fail nvmlDeviceGetMemoryInfo ${code}`,
          ...also,
        );
        await sink.until(`the gap of code ${code}`, () => sink.last(id)?.kind === 'absent');
        stub.play(`memory 0 ${10 + i}`);
        await sink.until(`the return after code ${code}`, () => sink.values(id).at(-1) === 10 + i);
        const reasons = new Set(
          sink.pushed
            .slice(from)
            .flatMap((each) =>
              each.id === id && each.reading.kind === 'absent' ? [each.reading.reason] : [],
            ),
        );
        expect([...reasons], `code ${code}`).toContain(explainCode(code).reason);
      }
    }, 60_000);
  },
);
