/** A driver that stamps with the time of day, on a machine whose clock is set meanwhile. */
import { expect, test } from 'vitest';
import { DriverStamps } from '../../../../src/main/telemetry/nvml/driver-stamps';
import type { NvmlLibrary } from '../../../../src/main/telemetry/nvml/library';
import { SAMPLES, SampleBuffer } from '../../../../src/main/telemetry/nvml/samples';
import { SAMPLE } from '../../../../src/main/telemetry/nvml/struct-layout';

const KEPT = 50;
const EVERY_MS = 100;

/** A reading every 100 ms, whose value is its number, stamped `offMs` away from a clock of day that may be set. */
function machine(offMs = 0) {
  let [steady, wall] = [0, 1_800_000_000_000];
  const taken: { readonly stamp: bigint; readonly value: number }[] = [];
  const library = {
    call(name: string, _device: bigint, _type: number, since: bigint, ...out: Uint8Array[]) {
      expect(name).toBe('nvmlDeviceGetSamples');
      const news = taken.slice(-KEPT).filter(({ stamp }) => stamp > since);
      const [kind, count, bytes] = out as unknown as [Uint32Array, Uint32Array, Uint8Array];
      kind[0] = 1;
      count[0] = news.length;
      const view = new DataView(bytes.buffer);
      for (const [i, { stamp, value }] of news.entries()) {
        view.setBigUint64(i * SAMPLE.size + SAMPLE.timeStamp, stamp, true);
        view.setUint32(i * SAMPLE.size + SAMPLE.value, value, true);
      }
      return news.length === 0 ? 6 : 0;
    },
  } as unknown as NvmlLibrary;
  const stamps = new DriverStamps({ wall: () => wall, steady: () => steady });
  const buffer = new SampleBuffer(library, 0n, SAMPLES.power, stamps);
  const told: { readonly value: number; readonly at: number }[] = [];
  return {
    told,
    /** Time goes by, and the buffer is read once a second. */
    pass(seconds: number) {
      for (let tick = 0; tick < seconds * 10; tick++) {
        steady += EVERY_MS;
        wall += EVERY_MS;
        taken.push({ stamp: BigInt(Math.round((wall + offMs) * 1000)), value: taken.length });
        if (tick % 10 === 9)
          buffer.read((agoUs, value) => told.push({ value, at: steady - agoUs / 1000 }));
      }
    },
    set(ms: number) {
      wall += ms;
    },
  };
}

test.each([
  ['an hour back', -3_600_000.037],
  ['a minute back', -60_000.037],
  ['five seconds back', -5000.037],
  ['an hour ahead', 3_600_000],
])('a clock that is set %s costs no more than the readings of a second', (_, ms) => {
  const { told, pass, set } = machine();
  pass(10);
  set(ms);
  pass(120);
  const values = told.map(({ value }) => value);
  expect(new Set(values).size).toBe(values.length);
  expect(values.length).toBeGreaterThan(1285);
  expect(values.at(-1)).toBe(1299);
  for (const { value, at } of told.slice(-1000)) expect(at).toBeCloseTo((value + 1) * EVERY_MS, 2);
});

test('where the driver has a clock of its own, the clock of day does not matter', () => {
  const { told, pass, set } = machine(-500_000_000);
  pass(10);
  const own = told.length;
  set(0);
  pass(10);
  expect(told.length).toBe(2 * own);
});
