/**
 * How often each source can be read here, from what a read was measured to take. A source may be busy a quarter of the
 * time at most, as when recording, and no counter is read faster than it changes.
 */

import { formatInteger } from '../../../shared/base/format';
import type { Micros, Millis } from '../../../shared/base/units';
import type { DoctorReport } from '../../../shared/contract/api';
import type { DeviceMetric } from '../../../shared/trace/metrics';
import { GPU_FIELDS, parseKnownFields } from '../../nvidia-smi-format/gpu-fields';
import { ProcTree } from '../host/proc-tree';
import { runOnce } from '../nvidia-smi/run-once';
import { COUNTERS, counterPace, MEMORY, PROCESS_FLOOR_MS } from '../nvml/counters';
import type { Probe } from '../nvml/messages';
import type { MigDevice } from '../visible-devices';
import { surroundings } from './host-environment';

type Check = DoctorReport['checks'][number];

const SHARE = 0.25;
/** A driver that is loaded anew for each question takes seconds, one that stays loaded a few milliseconds. */
const SLOW_START_MS: Millis = 1000;
const HOST_FLOOR_MS: Millis = 10;
const STREAM_MS: Millis = 10;
const STREAM_FOR_MS: Millis = 700;
/** Distances between rows that tell a pace. */
const STREAM_ROWS = 4;

export function nvmlRates({ gpus }: Probe & { ok: true }): Check {
  const floor = (metric: DeviceMetric) =>
    Math.max(0, ...COUNTERS.filter(({ metrics }) => metrics.includes(metric)).map(counterPace));
  const costs = gpus.map((gpu) => gpu.costs);
  const parts = [
    rate(
      'memory',
      MEMORY.floorMs,
      costs.map(({ memory }) => memory),
    ),
    rate(
      'utilization',
      floor('utilization'),
      costs.map(({ utilization }) => utilization),
    ),
    rate(
      'power',
      floor('power'),
      costs.map(({ power }) => power),
    ),
    rate(
      'the process list',
      PROCESS_FLOOR_MS,
      costs.map(({ processes }) => processes),
    ),
  ];
  return { id: 'gpu-rates', ok: true, found: `times a second: ${parts.join(', ')}`, remedy: null };
}

/** `took`: of every GPU, one after another on one thread. */
function rate(what: string, floorMs: Millis, took: readonly (Micros | null)[]): string {
  const known = took.filter((cost) => cost !== null);
  if (known.length === 0) return `${what} not told`;
  const all = known.reduce((sum, cost) => sum + cost, 0);
  const most = Math.min(1000 / floorMs, (SHARE * 1e6) / Math.max(all, 1));
  return `${what} ${perSecond(most)} (${duration(all)} a read)`;
}

const perSecond = (times: number): string =>
  times >= 1 ? formatInteger(Math.floor(times + 1e-9)) : times.toFixed(1);
const duration = (us: Micros): string =>
  us < 1000
    ? `${us < 10 ? us.toFixed(1) : Math.round(us)} µs`
    : `${(us / 1000).toFixed(us < 10_000 ? 1 : 0)} ms`;

/** What nvidia-smi gives, and what starting it takes; null where it gives no answer to be timed. */
export async function smiRates(path: string, env: NodeJS.ProcessEnv): Promise<Check | null> {
  const before = performance.now();
  const answer = await runOnce(path, ['--query-gpu=memory.used', '--format=csv'], {
    timeoutMs: 10_000,
    env,
  });
  if (!answer.ok) return null;
  const took = performance.now() - before;
  const rate = await streamRate(path, env, took);
  const found = `counters ${rate === null ? '' : `up to ${perSecond(rate)} times a second `}from one nvidia-smi that stays (starting it took ${duration(took * 1000)}), the process list once a second`;
  const slow = took > SLOW_START_MS && surroundings() === 'machine' && process.platform === 'linux';
  return {
    id: 'gpu-rates',
    ok: !slow,
    found,
    remedy: slow ? 'Keep the driver loaded with persistence mode: sudo nvidia-smi -pm 1.' : null,
  };
}

/** Rows that one nvidia-smi gives of a GPU in a second when asked for as many as recordings ever do, by its own stamps; null where it gives too few to tell. */
async function streamRate(
  path: string,
  env: NodeJS.ProcessEnv,
  startMs: Millis,
): Promise<number | null> {
  const { stdout } = await runOnce(
    path,
    [
      '--query-gpu=index,timestamp,memory.used,utilization.gpu,power.draw',
      '--format=csv,noheader',
      '-lms',
      String(STREAM_MS),
    ],
    { timeoutMs: startMs + STREAM_FOR_MS, env },
  );
  const rows = stdout
    .split('\n')
    .slice(0, -1)
    .map((line) => line.split(', '));
  const stamps = rows
    .filter(([index]) => index === rows[0]![0])
    .map(([, stamp]) => Date.parse((stamp ?? '').replaceAll('/', '-').replace(' ', 'T')));
  const apart = stamps
    .slice(1)
    .map((t, i) => t - stamps[i]!)
    .filter((ms) => ms >= 0)
    .sort((a, b) => a - b);
  return apart.length < STREAM_ROWS ? null : 1000 / Math.max(STREAM_MS, apart[apart.length >> 1]!);
}

/** Counters that this driver does not know; null where it knows all, or does not tell. */
export async function unknownCounters(path: string, env: NodeJS.ProcessEnv): Promise<Check | null> {
  const help = await runOnce(path, ['--help-query-gpu'], { timeoutMs: 10_000, env });
  const known = parseKnownFields(help.stdout);
  const missing = GPU_FIELDS.filter(({ field }) => !known.has(field)).map(({ field }) => field);
  if (!help.ok || !known.has('memory.used') || missing.length === 0) return null;
  return {
    id: 'gpu-counters',
    ok: false,
    found: `this driver does not know ${missing.join(' and ')}`,
    remedy: 'Update the NVIDIA driver to have them recorded; everything else is.',
  };
}

/** GPUs that are divided; null where none is. */
export function migCheck(devices: readonly MigDevice[]): Check | null {
  const counts = new Map<number, number>();
  for (const { gpu } of devices) counts.set(gpu, (counts.get(gpu) ?? 0) + 1);
  if (counts.size === 0) return null;
  const divided = [...counts].map(
    ([gpu, count]) =>
      `GPU ${gpu} is divided into ${count} MIG ${count === 1 ? 'device' : 'devices'}`,
  );
  return {
    id: 'mig',
    ok: true,
    found: `${divided.join(', ')}: a divided GPU tells its memory and power, but no utilization`,
    remedy: null,
  };
}

export const PROC_FOUND = 'memory and CPU of processes are read from /proc';

/** Measures Plumbline itself, as it would a workload. */
export function procRate(): { readonly ok: boolean; readonly found: string } {
  const tree = new ProcTree();
  const first = tree.memory([process.pid]);
  if (first.kind !== 'ok' || first.processes !== 1)
    return { ok: false, found: '/proc does not show the memory of processes' };
  const rounds = 20;
  const before = performance.now();
  for (let i = 0; i < rounds; i++) tree.memory([process.pid]);
  const took = performance.now() - before;
  tree.keepOnly([]);
  return {
    ok: true,
    found: `${PROC_FOUND}, up to ${1000 / HOST_FLOOR_MS} times a second (${duration((took / rounds) * 1000)} a process)`,
  };
}
