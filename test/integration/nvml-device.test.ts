/** The structures and calls of NVML against a C library compiled from its documented declarations. */
import koffi from 'koffi';
import { afterEach, describe, expect, test } from 'vitest';
import { FAULT_CODES, faultOf } from '../../src/main/telemetry/nvml/codes';
import { libraryPlaces, loadLibrary } from '../../src/main/telemetry/nvml/library';
import { type OpenedNvml, openNvml } from '../../src/main/telemetry/nvml/opened';
import { probeNvml } from '../../src/main/telemetry/nvml/probe';
import { createStub, noStub, type NvmlStub, type StubVariant } from '../doubles/nvml/stub';

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

function opened(lines: readonly string[], variant?: StubVariant): OpenedNvml & { readonly stub: NvmlStub } {
  const stub = stubOf(lines, variant);
  const answer = openNvml(koffi, [stub.path]);
  if (!answer.ok) throw new Error(answer.detail);
  owned.push({ dispose: answer.nvml.close });
  return { ...answer.nvml, stub };
}

describe.skipIf(noStub !== null)(`NVML through its C interface${noStub === null ? '' : ` (skipped: ${noStub})`}`, () => {
  test('every counter arrives as the library wrote it, in its natural unit', () => {
    const big = 143_771 * 2 ** 20 - 12_345;
    const { devices } = opened(['gpus 2', `total 1 ${150_000 * 2 ** 20}`, `memory 1 ${big}`, 'utilization 1 97 61', 'power 1 701234', 'instant 1 698765', 'temperature 1 83', 'clock 1 1980']);
    expect(devices.map(({ index, uuid }) => [index, uuid])).toEqual([[0, 'GPU-00000000-1111-2222-3333-444444444444'], [1, 'GPU-00000001-1111-2222-3333-444444444444']]);
    const { device } = devices[1]!;
    const read = (call: (out: Float64Array) => number) => {
      const out = new Float64Array(2);
      return [call(out), ...out];
    };
    expect(read((out) => device.memory(out))).toEqual([0, big, 150_000 * 2 ** 20]);
    expect(read((out) => device.utilization(out))).toEqual([0, 97_000, 61_000]);
    expect(read((out) => device.power(out))).toEqual([0, 701_234, 0]);
    expect(read((out) => device.powerInstant(out))).toEqual([0, 698_765, 0]);
    expect(read((out) => device.temperature(out))).toEqual([0, 83_000, 0]);
    expect(read((out) => device.clockSm(out))).toEqual([0, 1_980_000_000, 0]);
    expect(device.name()).toEqual({ code: 0, text: 'Simulated RTX 4090' });
  });

  test('the energy counter is read beyond 32 bits', () => {
    const { devices } = opened(['energy 0 900000000000', 'power 0 1000']);
    const out = new Float64Array(2);
    expect(devices[0]!.device.energy(out)).toBe(0);
    expect(out[0]).toBeGreaterThan(900_000_000_000);
    expect(out[0]).toBeLessThan(901_000_000_000);
  });

  test('memory that the driver reserves is not counted as used, but by the old call, which says so', () => {
    const lines = [`memory 0 ${5 * GiB}`, `reserved 0 ${GiB}`];
    const out = new Float64Array(2);
    const today = opened(lines).devices[0]!.device;
    expect([today.memory(out), out[0], today.memoryVersion]).toEqual([0, 5 * GiB, 2]);
    const before = opened(lines, 'without-memory-v2').devices[0]!.device;
    expect([before.memory(out), out[0], before.memoryVersion]).toEqual([0, 6 * GiB, 1]);
    const refused = opened([...lines, 'fail nvmlDeviceGetMemoryInfo_v2 25']).devices[0]!.device;
    expect([refused.memory(out), out[0], refused.memoryVersion]).toEqual([0, 6 * GiB, 1]);
  });

  test('processes of both kinds are listed, however many, and hidden memory is not 0', () => {
    const many = Array.from({ length: 150 }, (_, i) => `process 0 compute ${1000 + i} ${(i + 1) * GiB}`);
    const { devices } = opened([...many, 'process 0 graphics 77 hidden', `process 1 graphics 78 ${GiB}`]);
    const compute = devices[0]!.device.computeProcesses();
    expect(compute.code).toBe(0);
    expect(compute.processes).toEqual(Array.from({ length: 150 }, (_, i) => ({ pid: 1000 + i, bytes: (i + 1) * GiB })));
    expect(devices[0]!.device.graphicsProcesses()).toEqual({ code: 0, processes: [{ pid: 77, bytes: null }] });
  });

  test.each(FAULT_CODES)('code %i of the library comes through from a counter', (code) => {
    const { devices } = opened([`fail nvmlDeviceGetPowerUsage ${code}`]);
    expect(devices[0]!.device.power(new Float64Array(2))).toBe(code);
  });

  test.each(FAULT_CODES)('code %i when the library starts is a clean refusal with a remedy', (code) => {
    const probe = probeNvml(koffi, [stubOf([`fail nvmlInit_v2 ${code}`]).path]);
    expect(probe).toEqual({ ok: false, detail: `NVML says when it is started that ${faultOf(code).text}`, remedy: faultOf(code).remedy });
  });

  test('a probe tells what each GPU is, what is in use, and which counters it lacks', () => {
    const { path } = stubOf(['gpus 2', 'driver 570.1', `memory 0 ${GiB}`, 'fail nvmlDeviceGetTotalEnergyConsumption 3 1', 'fail nvmlDeviceGetMemoryInfo_v2 3 1', `process 0 graphics 5 ${GiB}`]);
    expect(probeNvml(koffi, [path])).toMatchObject({
      ok: true, path, driver: '570.1', notes: [],
      gpus: [
        { info: { index: 0, name: 'Simulated RTX 4090', memoryBytes: 24564 * 2 ** 20, driver: '570.1', cuda: '13.0' }, used: { kind: 'ok', value: GiB }, sampled: { extras: ['power.instant', 'power.mean'] }, processes: { compute: [], graphics: [{ pid: 5, bytes: GiB }] } },
        { info: { index: 1, memoryBytes: null }, used: { kind: 'absent', reason: 'not_supported' }, sampled: { extras: ['power.instant'] } },
      ],
    });
  });

  test('a GPU that is lost before the recording is named, and the others remain', () => {
    const probe = probeNvml(koffi, [stubOf(['gpus 2', 'fail nvmlDeviceGetHandleByIndex_v2 15 0']).path]);
    expect(probe).toMatchObject({ ok: true, gpus: [{ info: { index: 1 } }], notes: ['NVML says of GPU 0 that the GPU is lost'] });
  });

  test('a driver without any GPU is a refusal', () => {
    expect(probeNvml(koffi, [stubOf(['gpus 0']).path])).toMatchObject({ ok: false, detail: 'NVML lists no GPU' });
  });
});

describe('finding the library', () => {
  test('a named library wins over the system\'s own', () => {
    expect(libraryPlaces({ PLUMBLINE_NVML: '/opt/driver/libnvidia-ml.so.1' })).toEqual(['/opt/driver/libnvidia-ml.so.1']);
  });

  test('one that cannot be loaded is named with the loader\'s reason', () => {
    const answer = loadLibrary(koffi, ['/nonexistent/libnvidia-ml.so.1']);
    expect(answer).toMatchObject({ ok: false, detail: expect.stringMatching(/^\/nonexistent\/libnvidia-ml\.so\.1 could not be loaded \(.*\)$/) });
  });
});
