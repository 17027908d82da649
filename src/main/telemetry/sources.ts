/**
 * Every telemetry source this machine has, ready to start, and what became of those it has not. Without an NVIDIA GPU
 * the host's sources remain, and `sources` says why. Never throws for what a machine lacks.
 */
import type { GpuInfo } from '../../shared/contract/session';
import type { Bytes, Millis } from '../../shared/units';
import { CostSampler } from './cost';
import { HostSampler } from './host';
import { readBaseline } from './nvidia-smi/baseline';
import { gpuSeriesId } from './nvidia-smi/gpu-fields';
import { readInventory } from './nvidia-smi/inventory';
import { locateNvidiaSmi } from './nvidia-smi/locate';
import { sharesPidNamespace } from './nvidia-smi/pid-namespace';
import { GpuProcesses } from './nvidia-smi/processes';
import { GpuStream } from './nvidia-smi/stream';
import type { ProcessScope, Sampler } from './sampler';
import { visibleGpus } from './visible-devices';

export interface OpenSamplersOptions {
  readonly scope: ProcessScope;
  readonly intervalMs: Millis;
  /** Plumbline's own processes: never part of the workload. */
  readonly ownPids: () => readonly number[];
  readonly env: NodeJS.ProcessEnv;
  /** Where the built inventory helper lies, and the Node that runs it; found unless given. */
  readonly inventoryHelper?: string;
  readonly nodePath?: string;
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
  const { scope, intervalMs, ownPids, env } = options;
  const hostDetail = process.platform === 'linux' ? 'memory and CPU of the process tree from /proc' : 'memory and CPU of the process tree, once a second';
  const host: Pick<OpenedSamplers, 'samplers' | 'sources'> = {
    samplers: [new HostSampler({ scope, intervalMs }), new CostSampler()],
    sources: [{ id: 'host', ok: true, detail: hostDetail }],
  };
  const without = (detail: string): OpenedSamplers => ({
    ...host, gpus: [], sources: [{ id: 'nvidia-smi', ok: false, detail }, ...host.sources], simulated: isSimulated(env, []), baselines: {},
  });

  const located = locateNvidiaSmi(env);
  if (!located.ok) return without(located.detail);
  const { path } = located;
  const inventory = await readInventory({
    path, env,
    ...(options.inventoryHelper === undefined ? {} : { helperPath: options.inventoryHelper }),
    ...(options.nodePath === undefined ? {} : { nodePath: options.nodePath }),
  });
  if (!inventory.ok) return without(inventory.detail);

  const { gpus: visible, note } = visibleGpus(env, inventory.gpus);
  if (visible.length === 0) return without(note ?? inventory.detail);
  const gpus = [...visible];
  const simulated = isSimulated(env, gpus);
  const sharesPids = simulated || sharesPidNamespace();
  const baselines: Record<string, Bytes> = {};
  for (const { gpuIndex, used, other } of await readBaseline({ path, env, gpus, sharesPids })) {
    if (used.kind === 'ok') baselines[gpuSeriesId(gpuIndex, 'memory.used')] = used.value;
    if (other.kind === 'ok') baselines[gpuSeriesId(gpuIndex, 'other.memory')] = other.value;
  }
  return {
    samplers: [new GpuStream({ path, env, gpus, listed: inventory.gpus.length, intervalMs }), new GpuProcesses({ path, env, gpus, scope, ownPids, sharesPids }), ...host.samplers],
    gpus,
    sources: [
      { id: 'nvidia-smi', ok: true, detail: `${inventory.detail}, at ${path}${note ? `; ${note}` : ''}` },
      { id: 'nvidia-smi processes', ok: sharesPids, detail: sharesPids ? 'memory per process, once a second' : 'this container does not share the pids of the host: memory of other processes is hidden' },
      ...host.sources,
    ],
    simulated,
    baselines,
  };
}

export function isSimulated(env: NodeJS.ProcessEnv, gpus: readonly GpuInfo[]): boolean {
  return env.PLUMBLINE_SIMULATED === '1' || gpus.some(({ name }) => /^Simulated/i.test(name));
}
