/**
 * Every telemetry source this machine has, ready to start, and what became of those it has not. GPUs are read through
 * NVML where it works and through nvidia-smi otherwise, never both. Without an NVIDIA GPU the host's sources remain,
 * and `sources` says why. Never throws for what a machine lacks.
 */

import type { Bytes, Millis } from '../../shared/base/units';
import type { Reading } from '../../shared/base/vocabulary';
import type { GpuInfo } from '../../shared/hardware/gpu-info';
import { gpuDevice, migDevice, otherMemory, usedMemory } from '../../shared/trace/series-ids';
import { parseAskedFields } from '../nvidia-smi-format/gpu-fields';
import { CostSampler } from './cost';
import { chooseGpuSource } from './gpu-choice';
import { HostSampler } from './host/host';
import { RankSampler } from './host/ranks';
import { readBaseline } from './nvidia-smi/baseline';
import { GpuInstances, INSTANCES_MS, readInstances } from './nvidia-smi/instances';
import { readInventory } from './nvidia-smi/inventory';
import { locateNvidiaSmi } from './nvidia-smi/locate';
import { sharesPidNamespace } from './nvidia-smi/pid-namespace';
import { GpuProcesses } from './nvidia-smi/processes';
import { runOnce } from './nvidia-smi/run-once';
import { GpuStream } from './nvidia-smi/stream';
import { libraryPlaces } from './nvml/library';
import type { ProcessLists } from './nvml/messages';
import { PcieSampler } from './nvml/pcie';
import { PCIE_FLOOR_MS } from './nvml/pcie-reads';
import { probeInWorker } from './nvml/probe-thread';
import { NvmlSampler, ofInstance, splitShares } from './nvml/sampler';
import type { ProcessScope, Sampler } from './sampler';
import { findWorker } from './thread/launch';
import { confined, listMigDevices, migDevicesIn, visibleGpus } from './visible-devices';

export interface OpenSamplersOptions {
  readonly scope: ProcessScope;
  readonly intervalMs: Millis;
  /** Plumbline's own processes: never part of the workload. */
  readonly ownPids: () => readonly number[];
  readonly env: NodeJS.ProcessEnv;
  /** Where the built inventory helper lies, and the Node that runs it; found unless given. */
  readonly inventoryHelper?: string;
  readonly nodePath?: string;
  /** The built sampling thread; found beside this module unless given. */
  readonly samplingThread?: string;
}

export interface OpenedSamplers {
  readonly samplers: Sampler[];
  readonly gpus: GpuInfo[];
  readonly sources: { id: string; ok: boolean; detail: string }[];
  readonly simulated: boolean;
  /** By series id, `gpu0.memory.used` and `gpu0.other.memory`: bytes before launch. What could not be read is missing. */
  readonly baselines: Record<string, Bytes>;
}

export async function openSamplers(options: OpenSamplersOptions): Promise<OpenedSamplers> {
  const { scope, intervalMs, env } = options;
  const workerPath =
    process.platform === 'linux' ? (options.samplingThread ?? findWorker(env)) : null;
  const hostDetail =
    workerPath !== null
      ? 'memory, CPU and disk traffic of the process tree from /proc'
      : 'memory and CPU of the process tree, once a second';
  const choice = chooseGpuSource(env);
  const absent: OpenedSamplers['sources'] = [];
  let gpu: GpuSource | null = null;
  for (const open of [
    ...(choice.nvml ? [openNvml] : []),
    ...(choice.nvidiaSmi ? [openNvidiaSmi] : []),
  ]) {
    const answer = await open(options, choice.why);
    if ('samplers' in answer) {
      gpu = answer;
      break;
    }
    // What was tried last is the one whose absence matters most.
    absent.unshift({
      id: open === openNvml ? 'nvml' : 'nvidia-smi',
      ok: false,
      detail: answer.detail,
    });
    if (answer.final) break;
  }
  return {
    samplers: [
      ...(gpu?.samplers ?? []),
      new HostSampler({ scope, intervalMs, workerPath }),
      new RankSampler({ scope, intervalMs }),
      new CostSampler(),
    ],
    gpus: [...(gpu?.gpus ?? [])],
    sources: [...(gpu?.sources ?? []), ...absent, { id: 'host', ok: true, detail: hostDetail }],
    simulated: isSimulated(env, gpu?.gpus ?? []),
    baselines: gpu?.baselines ?? {},
  };
}

type GpuSource = Omit<OpenedSamplers, 'simulated'>;
/** `final` when the other way to the GPUs would answer the same. */
interface NoGpuSource {
  readonly detail: string;
  readonly final: boolean;
}

/** For questions whose answer helps and is not needed. */
const QUICK_MS: Millis = 5000;
const HIDDEN_PIDS =
  'this container does not share the pids of the host: memory of other processes is hidden';
const because = (why: string | null): string => (why === null ? '' : `; ${why}`);

async function openNvml(
  options: OpenSamplersOptions,
  why: string | null,
): Promise<GpuSource | NoGpuSource> {
  const { scope, intervalMs, ownPids, env } = options;
  const workerPath = options.samplingThread ?? findWorker(env);
  const places = libraryPlaces(env);
  const probe = await probeInWorker(workerPath, places);
  if (!probe.ok || workerPath === null)
    return { detail: `${probe.ok ? '' : probe.detail}${because(why)}`, final: false };
  const known = listMigDevices(probe);
  const {
    gpus: visible,
    instances,
    note,
  } = visibleGpus(
    env,
    probe.gpus.map(({ info }) => info),
    known,
  );
  if (visible.length === 0) return { detail: note ?? 'NVML lists no GPU', final: true };

  const gpus = confined(
    visible,
    known.filter(({ uuid }) => instances.some((each) => each.uuid === uuid)),
  );
  const sharesPids = isSimulated(env, gpus) || sharesPidNamespace();
  const chosen = probe.gpus.filter(({ info }) => visible.includes(info));
  const baselines: Record<string, Bytes> = {};
  const begins = (device: string, info: GpuInfo, used: Reading, lists: ProcessLists | null) => {
    if (used.kind === 'ok') baselines[usedMemory(device)] = used.value;
    const other =
      lists && splitShares(info, lists, { workloadPids: [], ownPids: [], sharesPids })[0]?.other;
    if (other?.kind === 'ok') baselines[otherMemory(device)] = other.value;
  };
  for (const { info, used, processes } of chosen) {
    const lists = typeof processes === 'string' ? null : processes;
    begins(gpuDevice(info.index), info, used, lists);
    for (const { gpu, slot, gpuInstance, used: usedThere } of known) {
      if (gpu === info.index && instances.some((each) => each.gpu === gpu && each.slot === slot))
        begins(migDevice(gpu, slot), info, usedThere, lists && ofInstance(lists, gpuInstance));
    }
  }
  const count = probe.gpus.length === 1 ? '1 GPU' : `${probe.gpus.length} GPUs`;
  const reserved = chosen.some(({ sampled }) => sampled.memoryVersion === 1)
    ? 'memory the driver reserves counts as used'
    : null;
  const detail = [
    `${count}, driver ${probe.driver || 'unknown'}, at ${probe.path}`,
    reserved,
    note,
    ...probe.notes,
    why,
  ]
    .filter((part) => part !== null)
    .join('; ');
  return {
    samplers: [
      new NvmlSampler({
        workerPath,
        places: [probe.path],
        gpus,
        sampled: chosen.map(({ sampled }) => sampled),
        scope,
        ownPids,
        sharesPids,
        intervalMs,
      }),
      new PcieSampler({
        workerPath,
        places: [probe.path],
        gpus,
        intervalMs: Math.max(PCIE_FLOOR_MS, intervalMs),
      }),
    ],
    gpus,
    sources: [
      { id: 'nvml', ok: true, detail },
      {
        id: 'nvml processes',
        ok: sharesPids,
        detail: sharesPids ? 'memory per process, graphics included, once a second' : HIDDEN_PIDS,
      },
    ],
    baselines,
  };
}

async function openNvidiaSmi(
  options: OpenSamplersOptions,
  why: string | null,
): Promise<GpuSource | NoGpuSource> {
  const { scope, intervalMs, ownPids, env } = options;
  const located = locateNvidiaSmi(env);
  if (!located.ok) return { detail: located.detail, final: true };
  const { path } = located;
  const inventory = await readInventory({
    path,
    env,
    ...(options.inventoryHelper === undefined ? {} : { helperPath: options.inventoryHelper }),
    ...(options.nodePath === undefined ? {} : { nodePath: options.nodePath }),
  });
  if (!inventory.ok) return { detail: inventory.detail, final: true };

  const [help, list] = await Promise.all([
    runOnce(path, ['--help-query-gpu'], { env, timeoutMs: QUICK_MS }),
    /MIG-/i.test(env.CUDA_VISIBLE_DEVICES ?? '')
      ? runOnce(path, ['-L'], { env, timeoutMs: QUICK_MS })
      : null,
  ]);
  const known = migDevicesIn(list?.stdout ?? '');
  const { gpus: visible, instances, note } = visibleGpus(env, inventory.gpus, known);
  if (visible.length === 0) return { detail: note ?? inventory.detail, final: true };
  const named = confined(
    visible,
    known.filter(({ uuid }) => instances.some((each) => each.uuid === uuid)),
  );
  const divided = instances.length === 0 ? [] : await readInstances({ path, env, gpus: named });
  const areTold = divided.some(({ used }) => used.kind === 'ok');
  const gpus = named.map((gpu) =>
    gpu.instances
      ? {
          ...gpu,
          instances: gpu.instances.map((each) => ({
            ...each,
            memoryBytes:
              divided.find(({ gpuIndex, slot }) => gpuIndex === gpu.index && slot === each.slot)
                ?.total ?? null,
          })),
        }
      : gpu,
  );
  const sharesPids = isSimulated(env, gpus) || sharesPidNamespace();
  const baselines: Record<string, Bytes> = {};
  for (const { device, used } of divided)
    if (used.kind === 'ok') baselines[usedMemory(device)] = used.value;
  for (const { gpuIndex, used, other } of await readBaseline({ path, env, gpus, sharesPids })) {
    if (used.kind === 'ok') baselines[usedMemory(gpuDevice(gpuIndex))] = used.value;
    if (other.kind === 'ok') baselines[otherMemory(gpuDevice(gpuIndex))] = other.value;
  }
  return {
    samplers: [
      new GpuStream({
        path,
        env,
        gpus,
        listed: inventory.gpus.length,
        fields: parseAskedFields(help.stdout),
        intervalMs,
      }),
      new GpuProcesses({ path, env, gpus, scope, ownPids, sharesPids }),
      ...(areTold ? [new GpuInstances({ path, env, gpus })] : []),
    ],
    gpus,
    sources: [
      {
        id: 'nvidia-smi',
        ok: true,
        detail: `${inventory.detail}, at ${path}${note ? `; ${note}` : ''}${instances.length === 0 ? '' : areTold ? `, whose memory nvidia-smi tells every ${INSTANCES_MS / 1000} s at the most` : ', whose memory nvidia-smi does not tell'}${because(why)}`,
      },
      {
        id: 'nvidia-smi processes',
        ok: sharesPids,
        detail: sharesPids ? 'memory per process, once a second' : HIDDEN_PIDS,
      },
    ],
    baselines,
  };
}

export function isSimulated(env: NodeJS.ProcessEnv, gpus: readonly GpuInfo[]): boolean {
  return env.PLUMBLINE_SIMULATED === '1' || gpus.some(({ name }) => /^Simulated/i.test(name));
}
