/** What one read of each kind takes on this GPU, driver and machine: measured, since it differs a thousandfold. */
import type { Micros } from '../../../shared/base/units';
import { SUCCESS } from './codes';
import type { NvmlDevice } from './device';

export interface ReadCosts {
  /** Null where the GPU does not tell it. */
  readonly memory: Micros | null;
  readonly utilization: Micros | null;
  readonly power: Micros | null;
  readonly processes: Micros | null;
}

const READS = 5;

export function readCosts(device: NvmlDevice): ReadCosts {
  const out = new Float64Array(8);
  return {
    memory: median(READS, () => device.memory(out)),
    utilization: median(READS, () => device.utilization(out)),
    power: median(READS, () => device.u32(out, 1, 'nvmlDeviceGetPowerUsage')),
    processes: median(1, () => device.computeProcesses().code),
  };
}

function median(reads: number, read: () => number): Micros | null {
  const spent: Micros[] = [];
  for (let i = 0; i < reads; i++) {
    const before = process.hrtime.bigint();
    if (read() !== SUCCESS) return null;
    spent.push(Number(process.hrtime.bigint() - before) / 1000);
  }
  return spent.sort((a, b) => a - b)[reads >> 1]!;
}
