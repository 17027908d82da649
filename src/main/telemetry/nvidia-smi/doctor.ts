/** What nvidia-smi can measure on this machine. Its runs follow one another, so that each is timed alone. */
import type { Millis } from '../../../shared/base/units';
import { GPU_FIELDS, parseKnownFields } from '../../nvidia-smi-format/gpu-fields';
import {
  type Check,
  checkDivided,
  checkVisible,
  countProcesses,
  failed,
  formatDuration,
  formatRate,
  passed,
  processMemory,
} from '../doctor/checks';
import { explainRemedy, type Surroundings, surroundings } from '../doctor/host-environment';
import { sharesPids } from '../pid-namespace';
import { isSimulated } from '../simulated';
import { type Examination, type ExamineOptions, unanswered } from '../source';
import { readInventory } from './inventory';
import { locateNvidiaSmi } from './locate';
import { migDevicesIn } from './mig-list';
import { readProcessTable } from './processes';
import { runOnce } from './run-once';

const ANSWER_MS: Millis = 10_000;
/** A driver that is loaded anew for each question takes seconds, one that stays loaded a few milliseconds. */
const SLOW_START_MS: Millis = 1000;
const STREAM_MS: Millis = 10;
const STREAM_FOR_MS: Millis = 700;
/** Distances between rows after which their pace is known. */
const MIN_DISTANCES = 4;

const SETTING =
  'give the full path of nvidia-smi in Settings ("plumbline settings nvidia-smi PATH") or in PLUMBLINE_NVIDIA_SMI';

export async function examineNvidiaSmi(options: ExamineOptions): Promise<Examination> {
  const { env, surroundings: where, without } = options;
  const located = locateNvidiaSmi(env);
  if (!located.ok && located.isNamed)
    return unanswered([
      failed(
        'nvidia-smi',
        located.detail,
        `${SETTING.replace('give', 'Give')}; "plumbline settings nvidia-smi usual" has it found by itself again. ${without}`,
      ),
    ]);
  if (!located.ok) {
    const remedy = explainRemedy(
      {
        remedy: `Install the NVIDIA driver, or ${SETTING}.`,
        cause: 'driver_unreachable',
        setting: SETTING,
      },
      where,
    );
    return unanswered([failed('nvidia-smi', located.detail, `${remedy} ${without}`)]);
  }
  const { path } = located;
  const program = passed('nvidia-smi', path);
  const inventory = await readInventory({
    path,
    env,
    helperPath: options.inventoryHelper,
    nodePath: options.nodePath,
  });
  if (!inventory.ok) {
    const remedy = explainRemedy(inventory, where);
    return unanswered([program, failed('nvidia-driver', inventory.detail, `${remedy} ${without}`)]);
  }
  const { gpus, detail } = inventory;
  const driver = passed('nvidia-driver', isSimulated(env, gpus) ? `${detail} (simulated)` : detail);
  const rates = await checkRates(path, env);
  const counters = await checkCounters(path, env);
  const list = await runOnce(path, ['-L'], { timeoutMs: ANSWER_MS, env });
  const instances = migDevicesIn(list.stdout);
  const processes = sharesPids(env, gpus)
    ? await checkProcesses(path, env, where)
    : processMemory.hiddenPids();
  return {
    answers: true,
    checks: [program, driver, ...rates, ...counters],
    gpuChecks: [...checkVisible(env, gpus, instances), ...checkDivided(instances), processes],
    gpus,
  };
}

/** What nvidia-smi gives, and what starting it takes; nothing where it gives no answer to be timed. */
async function checkRates(path: string, env: NodeJS.ProcessEnv): Promise<Check[]> {
  const before = performance.now();
  const answer = await runOnce(path, ['--query-gpu=memory.used', '--format=csv'], {
    timeoutMs: ANSWER_MS,
    env,
  });
  if (!answer.ok) return [];
  const tookMs = performance.now() - before;
  const rate = await measureStreamRate(path, env, tookMs);
  const fastest = rate === null ? '' : `up to ${formatRate(rate)} times a second `;
  const found = `counters ${fastest}from one nvidia-smi that stays (starting it took ${formatDuration(tookMs * 1000)}), the process list once a second`;
  // Elsewhere the driver is not this system's to keep loaded.
  const isSlow =
    tookMs > SLOW_START_MS && surroundings() === 'machine' && process.platform === 'linux';
  return isSlow
    ? [
        failed(
          'gpu-rates',
          found,
          'Keep the driver loaded with persistence mode: sudo nvidia-smi -pm 1.',
        ),
      ]
    : [passed('gpu-rates', found)];
}

/**
 * Rows that one nvidia-smi gives of a GPU in a second when asked for as many as recordings ever do, by its own stamps;
 * null where it gives too few to tell.
 */
async function measureStreamRate(
  path: string,
  env: NodeJS.ProcessEnv,
  startMs: Millis,
): Promise<number | null> {
  const fields = 'index,timestamp,memory.used,utilization.gpu,power.draw';
  const { stdout } = await runOnce(
    path,
    [`--query-gpu=${fields}`, '--format=csv,noheader', '-lms', String(STREAM_MS)],
    { timeoutMs: startMs + STREAM_FOR_MS, env },
  );
  const rows = stdout
    .split('\n')
    .slice(0, -1)
    .map((line) => line.split(', '));
  const stamps = rows
    .filter(([index]) => index === rows[0]?.[0])
    .map(([, stamp = '']) => Date.parse(stamp.replaceAll('/', '-').replace(' ', 'T')));
  const distances = stamps
    .slice(1)
    .map((t, i) => t - stamps[i]!)
    .filter((ms) => ms >= 0)
    .sort((a, b) => a - b);
  if (distances.length < MIN_DISTANCES) return null;
  return 1000 / Math.max(STREAM_MS, distances[distances.length >> 1]!);
}

/** Counters that this driver does not know; nothing where it knows all, or does not say. */
async function checkCounters(path: string, env: NodeJS.ProcessEnv): Promise<Check[]> {
  const help = await runOnce(path, ['--help-query-gpu'], { timeoutMs: ANSWER_MS, env });
  const known = parseKnownFields(help.stdout);
  const missing = GPU_FIELDS.filter(({ field }) => !known.has(field)).map(({ field }) => field);
  if (!help.ok || !known.has('memory.used') || missing.length === 0) return [];
  return [
    failed(
      'gpu-counters',
      `this driver does not know ${missing.join(' and ')}`,
      'Update the NVIDIA driver to have them recorded; everything else is.',
    ),
  ];
}

async function checkProcesses(
  path: string,
  env: NodeJS.ProcessEnv,
  where: Surroundings,
): Promise<Check> {
  const answer = await readProcessTable(path, { env, timeoutMs: 5000 }, true);
  if (!answer.ok)
    return processMemory.unread(
      answer.detail,
      'Run nvidia-smi --query-compute-apps=pid,used_gpu_memory --format=csv in a terminal and mend what it reports.',
    );
  const { compute, monitored } = answer.table;
  if (compute.some(({ memory }) => memory.kind === 'absent'))
    return processMemory.hiddenByDriver(where);
  const graphics = monitored === null ? '; graphics processes are not listed' : '';
  return processMemory.reported(`${countProcesses(compute.length, 'compute ')}${graphics}`);
}
