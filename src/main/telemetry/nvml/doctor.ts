/** What NVML can measure on this machine, from one probe of every GPU. */
import type { Micros, Millis } from '../../../shared/base/units';
import type { DeviceMetric } from '../../../shared/trace/metrics';
import {
  type Check,
  checkDivided,
  checkVisible,
  countProcesses,
  failed,
  formatDuration,
  formatRate,
  MAX_SHARE,
  passed,
  processMemory,
} from '../doctor/checks';
import { explainRemedy, type Surroundings } from '../doctor/host-environment';
import { sharesPids } from '../pid-namespace';
import { isSimulated } from '../simulated';
import { type Examination, type ExamineOptions, unanswered } from '../source';
import { findWorker } from '../thread/launch';
import { COUNTERS, counterPace, MEMORY, PROCESS_FLOOR_MS } from './counters';
import { libraryPlaces } from './library';
import { listMigDevices, type Probed } from './messages';
import { probeInWorker } from './probe-thread';

export async function examineNvml(options: ExamineOptions): Promise<Examination> {
  const { env, surroundings, without } = options;
  const probe = await probeInWorker(options.samplingThread ?? findWorker(env), libraryPlaces(env));
  if (!probe.ok) {
    const remedy = explainRemedy(probe, surroundings);
    return unanswered([failed('nvml', probe.detail, `${remedy} ${without}`)]);
  }
  const gpus = probe.gpus.map(({ info }) => info);
  const instances = listMigDevices(probe);
  return {
    answers: true,
    checks: [checkLibrary(probe, isSimulated(env, gpus)), checkRates(probe)],
    gpuChecks: [
      ...checkVisible(env, gpus, instances),
      ...checkDivided(instances),
      checkProcesses(probe, sharesPids(env, gpus), surroundings),
    ],
    gpus,
  };
}

function checkLibrary({ gpus, driver, path, notes }: Probed, simulated: boolean): Check {
  const count = gpus.length === 1 ? '1 GPU' : `${gpus.length} GPUs`;
  const found = [
    `${count}, driver ${driver || 'unknown'}, at ${path}${simulated ? ' (simulated)' : ''}`,
    ...notes,
  ].join('; ');
  return notes.length === 0
    ? passed('nvml', found)
    : failed('nvml', found, 'Restart the machine to recover GPUs that do not answer.');
}

/** How often each kind of read can be made, by what one was measured to take; no counter is read faster than it changes. */
function checkRates({ gpus }: Probed): Check {
  const pace = (metric: DeviceMetric) =>
    Math.max(0, ...COUNTERS.filter(({ metrics }) => metrics.includes(metric)).map(counterPace));
  const costs = gpus.map((gpu) => gpu.costs);
  const parts = [
    describeRate(
      'memory',
      MEMORY.floorMs,
      costs.map(({ memory }) => memory),
    ),
    describeRate(
      'utilization',
      pace('utilization'),
      costs.map(({ utilization }) => utilization),
    ),
    describeRate(
      'power',
      pace('power'),
      costs.map(({ power }) => power),
    ),
    describeRate(
      'the process list',
      PROCESS_FLOOR_MS,
      costs.map(({ processes }) => processes),
    ),
  ];
  return passed('gpu-rates', `times a second: ${parts.join(', ')}`);
}

/** `took`: of every GPU, one after another on one thread. */
function describeRate(what: string, floorMs: Millis, took: readonly (Micros | null)[]): string {
  const known = took.filter((cost) => cost !== null);
  if (known.length === 0) return `${what} not told`;
  const all = known.reduce((sum, cost) => sum + cost, 0);
  const fastest = Math.min(1000 / floorMs, (MAX_SHARE * 1e6) / Math.max(all, 1));
  return `${what} ${formatRate(fastest)} (${formatDuration(all)} a read)`;
}

function checkProcesses({ gpus }: Probed, arePidsShared: boolean, where: Surroundings): Check {
  if (!arePidsShared) return processMemory.hiddenPids();
  if (gpus.some(({ processes }) => typeof processes === 'string'))
    return processMemory.unread(
      'NVML does not list the processes of every GPU',
      'Run Plumbline as a user who may see them, or set PLUMBLINE_SOURCE=nvidia-smi.',
    );
  const listed = gpus.flatMap(({ processes }) =>
    typeof processes === 'string' ? [] : [...processes.compute, ...processes.graphics],
  );
  return listed.some(({ bytes }) => bytes === null)
    ? processMemory.hiddenByDriver(where)
    : processMemory.reported(`${countProcesses(listed.length)}, graphics included`);
}
