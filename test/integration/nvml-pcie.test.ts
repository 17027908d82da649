/** PCIe traffic through the double of NVML, whose counter keeps its caller waiting as the real one does. */
import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import { PcieSampler, type PcieSamplerOptions } from '../../src/main/telemetry/nvml/pcie';
import { NvmlSampler } from '../../src/main/telemetry/nvml/sampler';
import { buildWorker, createStub, type NvmlStub, noStub } from '../doubles/nvml/stub';
import { type Collector, gpuOf, started } from '../fixtures/nvidia-smi/harness';

let workerPath = '';
const stubs: NvmlStub[] = [];
afterEach(() => {
  for (const stub of stubs.splice(0)) stub.dispose();
});

function stubOf(...lines: readonly string[]): NvmlStub {
  const stub = createStub(lines);
  stubs.push(stub);
  return stub;
}

async function traffic(
  stub: NvmlStub,
  options: Partial<PcieSamplerOptions> = {},
): Promise<Collector> {
  return started(
    new PcieSampler({
      workerPath,
      places: [stub.path],
      gpus: [gpuOf(0)],
      intervalMs: 200,
      firstPauseMs: 50,
      maxPauseMs: 100,
      ...options,
    }),
  );
}

describe.skipIf(noStub !== null)(
  `PCIe traffic of NVML${noStub === null ? '' : ` (skipped: ${noStub})`}`,
  () => {
    beforeAll(async () => {
      workerPath = await buildWorker();
    });

    test('comes in bytes a second for each GPU and direction, and says how little of the time it was counted in', async () => {
      const sink = await traffic(stubOf('gpus 2', 'traffic 0 3058000 310000', 'traffic 1 7 0'), {
        gpus: [gpuOf(0), gpuOf(1)],
      });
      await sink.until(
        'both GPUs',
        () => sink.values('gpu0.pcie.rx').length > 0 && sink.values('gpu1.pcie.rx').length > 0,
      );
      expect(
        ['gpu0.pcie.tx', 'gpu0.pcie.rx', 'gpu1.pcie.tx', 'gpu1.pcie.rx'].map(
          (id) => sink.values(id)[0],
        ),
      ).toEqual([3_058_000_000, 310_000_000, 7000, 0]);
      for (const info of sink.declared)
        expect(info).toMatchObject({
          unit: 'bytes_per_second',
          windowUs: 20_000,
          intervalUs: 200_000,
          about: expect.stringMatching(/counted for 20 ms of every 0\.2 s/),
        });
      expect(sink.warnings).toEqual([]);
    });

    test('memory never waits for it: hundreds of readings come, and none is missed, while one of traffic is under way', async () => {
      const stub = stubOf(
        'count 0 1000',
        'delay nvmlDeviceGetPcieThroughput 1500000',
        'traffic 0 5 6',
      );
      const waiting = await traffic(stub);
      const sink = await started(
        new NvmlSampler({
          workerPath,
          places: [stub.path],
          gpus: [gpuOf(0)],
          sampled: [{ index: 0, uuid: gpuOf(0).uuid, memoryVersion: 2, extras: [] }],
          scope: { pids: () => [] },
          ownPids: () => [],
          sharesPids: true,
          intervalMs: 2,
        }),
      );
      await sink.until(
        '300 readings of memory',
        () => sink.values('gpu0.memory.used').length >= 300,
      );
      expect(waiting.pushed).toEqual([]);
      const values = sink.values('gpu0.memory.used');
      // The double counts its readings.
      expect(values).toEqual(values.map((_, i) => values[0]! + i));
      await waiting.until('the traffic', () => waiting.values('gpu0.pcie.rx').length > 0);
      expect(waiting.values('gpu0.pcie.tx')[0]).toBe(5000);
    });

    test.each([
      [3, 'not_supported', 0],
      [4, 'not_permitted', 1],
    ] as const)(
      'a GPU that refuses it (code %i) is asked once, and the others on',
      async (code, reason, warnings) => {
        const stub = stubOf('gpus 2', `fail nvmlDeviceGetPcieThroughput ${code} 0`);
        const sink = await traffic(stub, { gpus: [gpuOf(0), gpuOf(1)] });
        await sink.until('the other GPU', () => sink.values('gpu1.pcie.tx').length > 0);
        expect([sink.reasons('gpu0.pcie.tx'), sink.reasons('gpu0.pcie.rx')]).toEqual([
          [reason],
          [reason],
        ]);
        stub.play('gpus 2', 'traffic 1 9 9');
        await sink.until(
          'three more rounds',
          () => sink.values('gpu1.pcie.rx').filter((value) => value === 9000).length >= 3,
        );
        expect(sink.values('gpu0.pcie.tx')).toEqual([]);
        expect(sink.reasons('gpu0.pcie.tx')).toEqual([reason]);
        // What a busy machine says of late readings aside.
        expect(sink.warnings.filter((text) => /pcie/i.test(text))).toHaveLength(warnings);
      },
    );

    test.each([
      ['a lost GPU', ['fail nvmlDeviceGetPcieThroughput 15'], 'lost'],
      [
        'a driver that is gone',
        ['fail nvmlDeviceGetPcieThroughput 9', 'fail nvmlInit_v2 9'],
        'not_read',
      ],
      [
        'a GPU that is not listed any more',
        ['gpus 0', 'fail nvmlDeviceGetPcieThroughput 28'],
        'lost',
      ],
      ['a reading that fails', ['fail nvmlDeviceGetPcieThroughput 10'], 'not_read'],
    ])('%s is a gap with its reason, and it is read on', async (_, faults, reason) => {
      const stub = stubOf('traffic 0 1 1');
      const sink = await traffic(stub);
      await sink.until('values', () => sink.values('gpu0.pcie.rx').length > 0);
      stub.play(...faults);
      await sink.until('the gap', () => sink.last('gpu0.pcie.rx')?.kind === 'absent');
      expect(sink.last('gpu0.pcie.rx')).toEqual({ kind: 'absent', reason });
      stub.play('traffic 0 2 2');
      await sink.until('the return', () => sink.values('gpu0.pcie.rx').at(-1) === 2000);
    });

    test('one GPU that is lost is no loss of the others', async () => {
      const stub = stubOf('gpus 2', 'traffic 1 1 1');
      const sink = await traffic(stub, { gpus: [gpuOf(0), gpuOf(1)] });
      await sink.until(
        'both',
        () => sink.values('gpu0.pcie.rx').length > 0 && sink.values('gpu1.pcie.rx').length > 0,
      );
      stub.play('gpus 2', 'fail nvmlDeviceGetPcieThroughput 15 0', 'traffic 1 2 2');
      await sink.until(
        'the loss, and the other one after it',
        () =>
          sink.reasons('gpu0.pcie.rx').includes('lost') &&
          sink.values('gpu1.pcie.rx').filter((value) => value === 2000).length >= 3,
      );
      expect(sink.reasons('gpu1.pcie.rx')).not.toContain('lost');
      stub.play('gpus 2', 'fail nvmlDeviceGetPcieThroughput 3 1', 'traffic 0 3 3');
      await sink.until(
        'the return, and a refusal',
        () =>
          sink.values('gpu0.pcie.rx').at(-1) === 3000 &&
          sink.last('gpu1.pcie.rx')?.kind === 'absent',
      );
      // It answered before: it is asked again.
      stub.play('gpus 2', 'traffic 1 4 4');
      await sink.until('its return', () => sink.values('gpu1.pcie.rx').at(-1) === 4000);
    });

    test('a call that hangs leaves a gap, is told once, and does not keep a recording from ending', async () => {
      const stub = stubOf('delay nvmlDeviceGetPcieThroughput 4000000');
      const sampler = new PcieSampler({
        workerPath,
        places: [stub.path],
        gpus: [gpuOf(0)],
        intervalMs: 200,
        silenceMs: 400,
      });
      const sink = await started(sampler);
      await sink.until('the gap', () => sink.reasons('gpu0.pcie.tx').length > 1);
      expect(new Set(sink.reasons('gpu0.pcie.tx'))).toEqual(new Set(['not_read']));
      expect(sink.warnings).toEqual(['PCIe traffic is not read: NVML gave no answer for 0.4 s.']);
      await sampler.stop();
      expect(sink.values('gpu0.pcie.tx')).toEqual([]);
    });
  },
);
