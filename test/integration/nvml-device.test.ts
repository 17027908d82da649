/** The structures and calls of NVML against a C library compiled from its documented declarations. */
import koffi from 'koffi';
import { afterEach, describe, expect, test } from 'vitest';
import { explainCode, FAULT_CODES } from '../../src/main/telemetry/nvml/codes';
import { COUNTERS, type Counter } from '../../src/main/telemetry/nvml/counters';
import { libraryPlaces, loadLibrary } from '../../src/main/telemetry/nvml/library';
import { type OpenedNvml, openNvml } from '../../src/main/telemetry/nvml/opened';
import { probeNvml } from '../../src/main/telemetry/nvml/probe';
import { SAMPLES } from '../../src/main/telemetry/nvml/samples';
import { createStub, type NvmlStub, noStub, type StubVariant } from '../doubles/nvml/stub';

const GiB = 2 ** 30;
const owned: { dispose(): void }[] = [];
afterEach(() => {
  for (const each of owned.splice(0).reverse()) each.dispose();
});

function stubOf(lines: readonly string[], variant?: StubVariant): NvmlStub {
  const stub = createStub(lines, variant);
  owned.push(stub);
  return stub;
}

function opened(
  lines: readonly string[],
  variant?: StubVariant,
): OpenedNvml & { readonly stub: NvmlStub } {
  const stub = stubOf(lines, variant);
  const answer = openNvml(koffi, [stub.path]);
  if (!answer.ok) throw new Error(answer.detail);
  owned.push({ dispose: answer.nvml.close });
  return { ...answer.nvml, stub };
}

const counterOf = (metric: string): Counter =>
  COUNTERS.find(({ metrics }) => metrics.some((each) => each === metric))!;

describe.skipIf(noStub !== null)(
  `NVML through its C interface${noStub === null ? '' : ` (skipped: ${noStub})`}`,
  () => {
    test('every counter arrives as the library wrote it, in its natural unit', () => {
      const big = 143_771 * 2 ** 20 - 12_345;
      const { devices } = opened([
        'gpus 2',
        `total 1 ${150_000 * 2 ** 20}`,
        `memory 1 ${big}`,
        'utilization 1 97 61',
        'power 1 701234',
        'instant 1 698765',
        'temperature 1 83',
        'clock 1 1980',
      ]);
      expect(devices.map(({ index, uuid }) => [index, uuid])).toEqual([
        [0, 'GPU-00000000-1111-2222-3333-444444444444'],
        [1, 'GPU-00000001-1111-2222-3333-444444444444'],
      ]);
      const { device } = devices[1]!;
      const read = (call: (out: Float64Array) => number) => {
        const out = new Float64Array(3);
        return [call(out), ...out.subarray(0, 2)];
      };
      expect(read((out) => device.memory(out))).toEqual([0, big, 150_000 * 2 ** 20]);
      expect(read((out) => device.utilization(out))).toEqual([0, 97_000, 61_000]);
      const counted = (metric: string) => read((out) => counterOf(metric).read(device, out))[1];
      expect(
        Object.fromEntries(
          ['power', 'power.instant', 'temperature', 'clock.sm'].map((metric) => [
            metric,
            counted(metric),
          ]),
        ),
      ).toEqual({
        power: 701_234,
        'power.instant': 698_765,
        temperature: 83_000,
        'clock.sm': 1_980_000_000,
      });
      expect(device.name()).toEqual({ code: 0, text: 'Simulated RTX 4090' });
    });

    test('the energy counter is read beyond 32 bits', () => {
      const { devices } = opened(['energy 0 900000000000', 'power 0 1000']);
      const out = new Float64Array(3);
      expect(counterOf('power.mean').read(devices[0]!.device, out)).toBe(0);
      expect(out[0]).toBeGreaterThan(900_000_000_000);
      expect(out[0]).toBeLessThan(901_000_000_000);
    });

    test('memory that the driver reserves is not counted as used, but by the old call, which says so', () => {
      const lines = [`memory 0 ${5 * GiB}`, `reserved 0 ${GiB}`];
      const out = new Float64Array(3);
      const today = opened(lines).devices[0]!.device;
      expect([today.memory(out), out[0], today.memoryVersion]).toEqual([0, 5 * GiB, 2]);
      const before = opened(lines, 'without-memory-v2').devices[0]!.device;
      expect([before.memory(out), out[0], before.memoryVersion]).toEqual([0, 6 * GiB, 1]);
      for (const code of [3, 25]) {
        const answer = `fail nvmlDeviceGetMemoryInfo_v2 ${code}`;
        const refused = opened([...lines, answer]).devices[0]!.device;
        expect([refused.memory(out), out[0], refused.memoryVersion]).toEqual([0, 6 * GiB, 1]);
      }
    });

    test('processes of both kinds are listed, however many, and hidden memory is not 0', () => {
      const many = Array.from(
        { length: 150 },
        (_, i) => `process 0 compute ${1000 + i} ${(i + 1) * GiB}`,
      );
      const { devices } = opened([
        ...many,
        'process 0 graphics 77 hidden',
        `process 1 graphics 78 ${GiB}`,
      ]);
      const compute = devices[0]!.device.computeProcesses();
      expect(compute.code).toBe(0);
      expect(compute.processes).toEqual(
        Array.from({ length: 150 }, (_, i) => ({ pid: 1000 + i, bytes: (i + 1) * GiB })),
      );
      expect(devices[0]!.device.graphicsProcesses()).toEqual({
        code: 0,
        processes: [{ pid: 77, bytes: null }],
      });
    });

    test.each(['current', 'processes-v2', 'processes-v1'] as const)(
      'processes are listed by a driver whose calls are those of %s',
      (variant) => {
        const { devices } = opened(
          [
            ...Array.from({ length: 90 }, (_, i) => `process 0 compute ${1000 + i} ${i * GiB}`),
            'process 0 graphics 77 hidden',
            `process 0 graphics 78 ${3 * GiB}`,
          ],
          variant,
        );
        expect(devices[0]!.device.computeProcesses()).toEqual({
          code: 0,
          processes: Array.from({ length: 90 }, (_, i) => ({ pid: 1000 + i, bytes: i * GiB })),
        });
        expect(devices[0]!.device.graphicsProcesses()).toEqual({
          code: 0,
          processes: [
            { pid: 77, bytes: null },
            { pid: 78, bytes: 3 * GiB },
          ],
        });
      },
    );

    test('a call for processes that the driver has but refuses gives way to its older one', () => {
      const { devices } = opened([
        'process 0 compute 5 50',
        'fail nvmlDeviceGetComputeRunningProcesses_v3 13',
        'fail nvmlDeviceGetComputeRunningProcesses_v2 13',
      ]);
      expect(devices[0]!.device.computeProcesses()).toEqual({
        code: 0,
        processes: [{ pid: 5, bytes: 50 }],
      });
    });

    test('what the driver has sampled is given once each, with its age', async () => {
      const { devices } = opened(['sampled 0 power 20000 111000 222000']);
      const read = () => {
        const got: [number, number][] = [];
        expect(
          devices[0]!.device.samples(SAMPLES.power, (agoUs, value) => got.push([agoUs, value])),
        ).toBe(0);
        return got;
      };
      const first = read();
      expect(first).toHaveLength(100);
      const ages = first.map(([agoUs]) => agoUs);
      expect(ages.every((age, i) => i === 0 || Math.abs(ages[i - 1]! - age - 20_000) < 1)).toBe(
        true,
      );
      expect(ages.at(-1)!).toBeGreaterThanOrEqual(0);
      expect(ages.at(-1)!).toBeLessThan(5_000_000);
      expect(new Set(first.map(([, value]) => value))).toEqual(new Set([111_000, 222_000]));
      await new Promise((done) => setTimeout(done, 70));
      const next = read().length;
      expect(next).toBeGreaterThanOrEqual(3);
      expect(next).toBeLessThan(100);
      expect(devices[0]!.device.samples(SAMPLES.utilization, () => {})).toBe(3);
    });

    test('how busy processes kept the GPU is the mean since the last look, and a claim above 100 % is passed over', () => {
      const { devices } = opened(['use 0 100 42', 'use 0 7 250']);
      expect(devices[0]!.device.processUse()).toMatchObject({
        code: 0,
        use: [{ pid: 100, millipercent: 42_000 }],
      });
      expect(devices[0]!.device.processUse()).toMatchObject({ code: 0, use: [] });
    });

    test('MIG devices have memory of their own and no counters of the whole GPU', () => {
      const { devices } = opened(['mig 0 0 1000 5000', 'mig 0 4 3000 9000']);
      const mig = devices[0]!.device.migDevices();
      expect(mig.map(({ slot, uuid }) => [slot, uuid])).toEqual([
        [0, 'MIG-00000000-1111-2222-3333-444444444440'],
        [4, 'MIG-00000000-1111-2222-3333-444444444444'],
      ]);
      expect(mig.map(({ gpuInstance, computeInstance }) => [gpuInstance, computeInstance])).toEqual(
        [
          [7, 0],
          [11, 0],
        ],
      );
      const out = new Float64Array(3);
      expect(mig.map(({ device }) => [device.memory(out), out[0], out[1]])).toEqual([
        [0, 1000, 5000],
        [0, 3000, 9000],
      ]);
      expect(mig[0]!.device.utilization(out)).toBe(3);
      expect(opened([]).devices[0]!.device.migDevices()).toEqual([]);
    });

    test.each([
      ['ADA', ['architecture 0 8'], 1_000_000],
      ['a GA100 chip', ['architecture 0 7', 'name 0 A100-SXM4-40GB'], 25_000],
      ['another Ampere', ['architecture 0 7', 'name 0 RTX A6000'], 1_000_000],
      ['Turing', ['architecture 0 6'], 100_000],
      ['Volta', ['architecture 0 5'], 10_000],
      ['a driver that does not tell', ['fail nvmlDeviceGetArchitecture 13'], 1_000_000],
    ])('over how long power is averaged is known of %s', (_, lines, windowUs) => {
      expect(probeNvml(koffi, [stubOf(lines).path])).toMatchObject({
        ok: true,
        gpus: [{ sampled: { power: { windowUs } } }],
      });
    });

    test.each(FAULT_CODES)('code %i of the library comes through from a counter', (code) => {
      const { devices } = opened([`fail nvmlDeviceGetPowerUsage ${code}`]);
      expect(counterOf('power').read(devices[0]!.device, new Float64Array(3))).toBe(code);
    });

    test.each(FAULT_CODES)(
      'code %i when the library starts is a clean refusal with a remedy',
      (code) => {
        const probe = probeNvml(koffi, [stubOf([`fail nvmlInit_v2 ${code}`]).path]);
        expect(probe).toEqual({
          ok: false,
          detail: `NVML says when it is started that ${explainCode(code).text}`,
          remedy: explainCode(code).remedy,
          cause: explainCode(code).cause,
        });
      },
    );

    test('a probe tells what each GPU is, what is in use, and which counters it lacks', () => {
      const { path } = stubOf([
        'gpus 2',
        'driver 570.1',
        `memory 0 ${GiB}`,
        'fail nvmlDeviceGetTotalEnergyConsumption 3 1',
        'fail nvmlDeviceGetMemoryInfo_v2 3 1',
        'fail nvmlDeviceGetMemoryInfo 3 1',
        `process 0 graphics 5 ${GiB}`,
      ]);
      expect(probeNvml(koffi, [path])).toMatchObject({
        ok: true,
        path,
        driver: '570.1',
        notes: [],
        gpus: [
          {
            info: {
              index: 0,
              name: 'Simulated RTX 4090',
              memoryBytes: 24564 * 2 ** 20,
              driver: '570.1',
              cuda: '13.0',
            },
            used: { kind: 'ok', value: GiB },
            sampled: {
              extras: expect.arrayContaining([
                'power.instant',
                'power.mean',
                'throttle',
                'encoder',
                'fan',
                'pcie.width',
              ]),
            },
            processes: { compute: [], graphics: [{ pid: 5, bytes: GiB }] },
          },
          {
            info: { index: 1, memoryBytes: null },
            used: { kind: 'absent', reason: 'not_supported' },
            sampled: {
              extras: expect.not.arrayContaining(['power.mean', 'ecc.corrected']),
              buffers: [],
              mig: [],
            },
          },
        ],
      });
    });

    test('a GPU that is lost before the recording is named, and the others remain', () => {
      const probe = probeNvml(koffi, [
        stubOf(['gpus 2', 'fail nvmlDeviceGetHandleByIndex_v2 15 0']).path,
      ]);
      expect(probe).toMatchObject({
        ok: true,
        gpus: [{ info: { index: 1 } }],
        notes: ['NVML says of GPU 0 that the GPU is lost'],
      });
    });

    test('a driver without any GPU is a refusal', () => {
      expect(probeNvml(koffi, [stubOf(['gpus 0']).path])).toMatchObject({
        ok: false,
        detail: 'NVML lists no GPU',
      });
    });
  },
);

describe('finding the library', () => {
  test("a named library wins over the system's own", () => {
    expect(libraryPlaces({ PLUMBLINE_NVML: '/opt/driver/libnvidia-ml.so.1' })).toEqual([
      '/opt/driver/libnvidia-ml.so.1',
    ]);
  });

  test("one that cannot be loaded is named with the loader's reason", () => {
    const answer = loadLibrary(koffi, ['/nonexistent/libnvidia-ml.so.1']);
    expect(answer).toMatchObject({
      ok: false,
      detail: expect.stringMatching(
        /^\/nonexistent\/libnvidia-ml\.so\.1 could not be loaded \(.*\)$/,
      ),
    });
  });
});
