/**
 * What a series is called where people read it, and how one of its readings is written: one list for window, report
 * and terminal. Ids are for programs; nobody should have to know that `tree.rss` is the memory of their processes.
 */
import { ABSENT, formatBytes, formatDuration, formatInteger } from '../base/format';
import {
  deviceIn,
  deviceMetricIn,
  FIRST_PROCESS_RSS,
  processIn,
  rankIn,
  withoutRank,
} from './series-ids';
import type { Unit } from './types';

/** Of a metric of a device; without the device's own name. */
const DEVICE_NAMES: Readonly<Record<string, string>> = {
  'memory.used': 'everything on it',
  'workload.memory': 'this workload',
  'process.memory': 'this workload, by the driver',
  'other.memory': 'other processes',
  'memory.reserved': 'kept by the driver',
  'process.utilization': 'busy with this workload',
  utilization: 'busy',
  'memory.utilization': 'memory traffic',
  encoder: 'video encoder',
  decoder: 'video decoder',
  power: 'power',
  'power.instant': 'power, last reading',
  'power.average': 'power, mean of a second',
  'power.mean': 'power, from energy',
  'power.samples': 'power, every reading',
  temperature: 'temperature',
  fan: 'fan',
  'clock.sm': 'SM clock',
  'clock.memory': 'memory clock',
  throttle: 'clocks held back',
  'pcie.generation': 'PCIe generation',
  'pcie.width': 'PCIe lanes',
  'pcie.tx': 'PCIe sent',
  'pcie.rx': 'PCIe received',
  'ecc.corrected': 'memory errors corrected',
  'ecc.uncorrected': 'memory errors beyond correction',
};

const OTHER_NAMES: Readonly<Record<string, string>> = {
  'framework.allocated': 'Framework, allocated',
  'framework.reserved': 'Framework, reserved',
  'framework.requested': 'Framework, requested',
  'framework.operation': 'Operation of the phase',
  rss: 'Host memory',
  'tree.rss': 'Host memory, this workload',
  'tree.cpu': 'CPU, this workload',
  'tree.processes': 'Processes',
  'tree.disk.read': 'Read from disk',
  'tree.disk.written': 'Written to disk',
  'system.memory.used': 'Host memory, whole machine',
  'system.swap.used': 'Swap, whole machine',
  'sampler.cost': 'Plumbline’s own CPU',
  'sampler.read': 'Time of one reading',
};

/** gpu0 → GPU 0, gpu0.mig1 → GPU 0, MIG 1. */
export function deviceName(device: string): string {
  const [gpu = '', mig] = device.split('.');
  const name = `GPU ${gpu.replace(/^gpu/, '')}`;
  return mig === undefined ? name : `${name}, MIG ${mig.replace(/^mig/, '')}`;
}

/** `gpu0.workload.memory` → "GPU 0, this workload"; what is not known keeps its id. */
export function seriesName(id: string): string {
  const device = deviceIn(id);
  if (device !== undefined) {
    const metric = deviceMetricIn(id) ?? '';
    return `${deviceName(device)}, ${DEVICE_NAMES[metric] ?? metric}`;
  }
  const name = OTHER_NAMES[withoutRank(id)] ?? id;
  const rank = rankIn(id);
  if (rank === null || name === id || withoutRank(id) === id) return name;
  const pid = processIn(rank);
  if (pid !== null) return `${name}, process ${pid}`;
  return `${name}, ${id === FIRST_PROCESS_RSS ? 'first process' : `rank ${rank}`}`;
}

/** In a sentence. */
export const quoteSeries = (id: string | null): string =>
  id === null ? 'the measured line' : `“${seriesName(id)}”`;

/** One reading with its unit, as people write it. */
export function formatReading(value: number | null | undefined, unit: Unit): string {
  if (value === null || value === undefined || Number.isNaN(value)) return ABSENT;
  switch (unit) {
    case 'bytes':
      return formatBytes(value);
    case 'bytes_per_second':
      return `${formatBytes(value)}/s`;
    case 'milliwatts':
      return `${(value / 1000).toFixed(value < 10_000 ? 1 : 0)} W`;
    case 'millipercent':
      return `${(value / 1000).toFixed(value > 0 && value < 10_000 ? 1 : 0)}%`;
    case 'millicelsius':
      return `${(value / 1000).toFixed(0)} °C`;
    case 'hertz':
      return `${(value / 1e6).toFixed(0)} MHz`;
    case 'microseconds':
      return formatDuration(value);
    case 'count':
      return formatInteger(value);
  }
}

/** The unit by itself, for the head of a lane; bytes carry theirs with every figure. */
export const UNIT_NAMES: Readonly<Record<Unit, string>> = {
  bytes: 'bytes',
  bytes_per_second: 'bytes a second',
  milliwatts: 'watts',
  millipercent: 'percent',
  millicelsius: '°C',
  hertz: 'MHz',
  microseconds: 'time',
  count: 'count',
};
