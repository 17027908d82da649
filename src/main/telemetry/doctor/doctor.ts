/** What this machine can measure, as checks with a remedy each. */
import type { DoctorReport } from '../../../shared/contract/api';
import { chooseGpuSource } from '../gpu-choice';
import { readInventory } from '../nvidia-smi/inventory';
import { locateNvidiaSmi } from '../nvidia-smi/locate';
import { sharesPidNamespace } from '../nvidia-smi/pid-namespace';
import { readProcessTable } from '../nvidia-smi/processes';
import { runOnce } from '../nvidia-smi/run-once';
import { libraryPlaces } from '../nvml/library';
import type { Probe } from '../nvml/messages';
import { probeInWorker } from '../nvml/probe-thread';
import { isSimulated } from '../sources';
import { findWorker } from '../thread/launch';
import { listMigDevices, type MigDevice, migDevicesIn, visibleGpus } from '../visible-devices';
import { migCheck, nvmlRates, procRate, smiRates, unknownCounters } from './doctor-rates';
import { driverRemedy, type Surroundings, surroundings } from './host-environment';

type Check = DoctorReport['checks'][number];

const BASELINE = "Until then the workload's share is device memory less what was in use before it.";
const HIDDEN_PIDS = 'hidden: this container has pids of its own';
const HIDING: Readonly<Record<Surroundings, string>> = {
  machine: 'the driver hides memory per process, as it does under Windows (WDDM)',
  wsl: 'the driver of Windows hides memory per process from WSL',
  container: 'the driver hides memory per process from this container',
};
const WITHOUT = 'Without it Plumbline works on what the framework and the host report.';

export interface DoctorOptions {
  /** As for `openSamplers`. */
  readonly inventoryHelper?: string;
  readonly nodePath?: string;
  readonly samplingThread?: string;
  /** Found unless given. */
  readonly surroundings?: Surroundings;
}

export async function telemetryChecks(
  env: NodeJS.ProcessEnv,
  options: DoctorOptions = {},
): Promise<DoctorReport> {
  const host = await hostCheck();
  const choice = chooseGpuSource(env);
  const where = options.surroundings ?? surroundings();
  const probe = choice.nvml
    ? await probeInWorker(options.samplingThread ?? findWorker(env), libraryPlaces(env))
    : null;
  if (probe?.ok) return withNvml(env, probe, host, choice.nvidiaSmi, where);
  const instead = !choice.nvidiaSmi
    ? WITHOUT
    : locateNvidiaSmi(env).ok
      ? 'Without it GPUs are read through nvidia-smi.'
      : 'nvidia-smi, which would stand in for it, is missing too.';
  const nvml: Check[] = probe
    ? [
        {
          id: 'nvml',
          ok: false,
          found: probe.detail,
          remedy: `${driverRemedy(probe.remedy, where)} ${instead}`,
        },
      ]
    : [];
  if (!choice.nvidiaSmi) return { checks: [...nvml, host], gpus: [] };
  const report = await withNvidiaSmi(env, options, host, where);
  // The host comes last, whatever else there is to tell.
  return {
    checks: [...report.checks.slice(0, -1), ...nvml, ...report.checks.slice(-1)],
    gpus: report.gpus,
  };
}

async function withNvml(
  env: NodeJS.ProcessEnv,
  probe: Probe & { ok: true },
  host: Check,
  mayUseSmi: boolean,
  where: Surroundings,
): Promise<DoctorReport> {
  const gpus = probe.gpus.map(({ info }) => info);
  const simulated = isSimulated(env, gpus);
  const count = gpus.length === 1 ? '1 GPU' : `${gpus.length} GPUs`;
  const found = [
    `${count}, driver ${probe.driver || 'unknown'}, at ${probe.path}${simulated ? ' (simulated)' : ''}`,
    ...probe.notes,
  ].join('; ');
  const nvml: Check = {
    id: 'nvml',
    ok: probe.notes.length === 0,
    found,
    remedy:
      probe.notes.length === 0 ? null : 'Restart the machine to recover GPUs that do not answer.',
  };
  const located = locateNvidiaSmi(env);
  const smi: Check[] = mayUseSmi
    ? [
        {
          id: 'nvidia-smi',
          ok: true,
          found: located.ok
            ? `${located.path}, not needed while NVML answers`
            : 'not found, and not needed while NVML answers',
          remedy: null,
        },
      ]
    : [];
  const instances = listMigDevices(probe);
  const mig = migCheck(instances);
  return {
    checks: [
      nvml,
      nvmlRates(probe),
      ...smi,
      ...visibleCheck(env, gpus, instances),
      ...(mig ? [mig] : []),
      nvmlProcessCheck(probe, simulated || sharesPidNamespace(), where),
      host,
    ],
    gpus,
  };
}

function nvmlProcessCheck(
  probe: Probe & { ok: true },
  sharesPids: boolean,
  where: Surroundings,
): Check {
  const id = 'gpu-process-memory';
  if (!sharesPids)
    return {
      id,
      ok: false,
      found: HIDDEN_PIDS,
      remedy: `Start the container with --pid=host. ${BASELINE}`,
    };
  const lists = probe.gpus.flatMap(({ processes }) =>
    typeof processes === 'string' ? [] : [...processes.compute, ...processes.graphics],
  );
  if (probe.gpus.some(({ processes }) => typeof processes === 'string')) {
    return {
      id,
      ok: false,
      found: 'NVML does not list the processes of every GPU',
      remedy: `Run Plumbline as a user who may see them, or set PLUMBLINE_SOURCE=nvidia-smi. ${BASELINE}`,
    };
  }
  if (lists.some(({ bytes }) => bytes === null))
    return {
      id,
      ok: false,
      found: HIDING[where],
      remedy: `Close other programs that use the GPU while you record. ${BASELINE}`,
    };
  return {
    id,
    ok: true,
    found: `memory per process is reported, ${lists.length} ${lists.length === 1 ? 'process' : 'processes'} now, graphics included`,
    remedy: null,
  };
}

async function withNvidiaSmi(
  env: NodeJS.ProcessEnv,
  options: DoctorOptions,
  host: Check,
  where: Surroundings,
): Promise<DoctorReport> {
  const located = locateNvidiaSmi(env);
  if (!located.ok) {
    return {
      checks: [
        {
          id: 'nvidia-smi',
          ok: false,
          found: located.detail,
          remedy: `${driverRemedy('Install the NVIDIA driver, or set PLUMBLINE_NVIDIA_SMI to the full path of nvidia-smi.', where)} ${WITHOUT}`,
        },
        host,
      ],
      gpus: [],
    };
  }
  const { path } = located;
  const found: Check = { id: 'nvidia-smi', ok: true, found: path, remedy: null };
  const inventory = await readInventory({
    path,
    env,
    ...(options.inventoryHelper === undefined ? {} : { helperPath: options.inventoryHelper }),
    ...(options.nodePath === undefined ? {} : { nodePath: options.nodePath }),
  });
  if (!inventory.ok)
    return {
      checks: [
        found,
        {
          id: 'nvidia-driver',
          ok: false,
          found: inventory.detail,
          remedy: `${driverRemedy(inventory.remedy, where)} ${WITHOUT}`,
        },
        host,
      ],
      gpus: [],
    };

  const { gpus } = inventory;
  const simulated = isSimulated(env, gpus);
  const driver: Check = {
    id: 'nvidia-driver',
    ok: true,
    found: simulated ? `${inventory.detail} (simulated)` : inventory.detail,
    remedy: null,
  };
  // One at a time, so that each is timed alone.
  const rates = await smiRates(path, env);
  const counters = await unknownCounters(path, env);
  const instances = migDevicesIn((await runOnce(path, ['-L'], { timeoutMs: 10_000, env })).stdout);
  const mig = migCheck(instances);
  const processes = await processCheck(path, env, simulated || sharesPidNamespace(), where);
  return {
    checks: [
      found,
      driver,
      ...[rates, counters].filter((check) => check !== null),
      ...visibleCheck(env, gpus, instances),
      ...(mig ? [mig] : []),
      processes,
      host,
    ],
    gpus,
  };
}

function visibleCheck(
  env: NodeJS.ProcessEnv,
  all: DoctorReport['gpus'],
  mig: readonly MigDevice[],
): Check[] {
  const { gpus, note } = visibleGpus(env, all, mig);
  if (note === null) return [];
  return [
    {
      id: 'visible-gpus',
      ok: gpus.length > 0,
      found: note,
      remedy:
        gpus.length > 0
          ? null
          : 'Unset CUDA_VISIBLE_DEVICES, or name GPUs in it that nvidia-smi -L lists.',
    },
  ];
}

/** Measures Plumbline itself, as it would a workload. */
async function hostCheck(): Promise<Check> {
  const id = 'host';
  const fails = (found: string): Check => ({
    id,
    ok: false,
    found,
    remedy:
      'Run Plumbline as a user who may list processes; without it only the framework and the GPU are measured.',
  });
  if (process.platform === 'linux') {
    const { ok, found } = procRate();
    return ok ? { id, ok, found, remedy: null } : fails(found);
  }
  try {
    const { processes } = await import('systeminformation');
    const before = performance.now();
    const { list } = await processes();
    const took = Math.round(performance.now() - before);
    return list.some(({ pid }) => pid === process.pid)
      ? {
          id,
          ok: true,
          found: `memory and CPU of processes are read from the process table, once a second (${took} ms a read)`,
          remedy: null,
        }
      : fails('the process table does not show processes');
  } catch {
    return fails('the process table could not be read');
  }
}

async function processCheck(
  path: string,
  env: NodeJS.ProcessEnv,
  sharesPids: boolean,
  where: Surroundings,
): Promise<Check> {
  const id = 'gpu-process-memory';
  if (!sharesPids)
    return {
      id,
      ok: false,
      found: HIDDEN_PIDS,
      remedy: `Start the container with --pid=host. ${BASELINE}`,
    };
  const answer = await readProcessTable(path, { env, timeoutMs: 5000 }, true);
  if (!answer.ok)
    return {
      id,
      ok: false,
      found: answer.detail,
      remedy: `Run nvidia-smi --query-compute-apps=pid,used_gpu_memory --format=csv in a terminal and mend what it reports. ${BASELINE}`,
    };
  const { compute, monitored } = answer.table;
  if (compute.some(({ memory }) => memory.kind === 'absent')) {
    return {
      id,
      ok: false,
      found: HIDING[where],
      remedy: `Close other programs that use the GPU while you record. ${BASELINE}`,
    };
  }
  const graphics = monitored === null ? '; graphics processes are not listed' : '';
  return {
    id,
    ok: true,
    found: `memory per process is reported, ${compute.length} compute ${compute.length === 1 ? 'process' : 'processes'} now${graphics}`,
    remedy: null,
  };
}
