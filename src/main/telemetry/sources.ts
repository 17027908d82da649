/**
 * Every telemetry source this machine has, ready to start, and what became of those it has not. Of the ways to read a
 * vendor's GPUs the first that answers is used, never two. Without a GPU the host's sources remain, and `sources` says
 * why. Never throws for what a machine lacks.
 */
import type { Bytes } from '../../shared/base/units';
import type { GpuInfo } from '../../shared/hardware/gpu-info';
import { CostSampler } from './cost';
import { chooseGpuSources } from './gpu-choice';
import { GPU_SOURCES, HOST_SOURCE } from './registry';
import type { Sampler } from './sampler';
import { isSimulated } from './simulated';
import type { GpuSource, OpenedSource, OpenOptions, SourceReport } from './source';

export type OpenSamplersOptions = Omit<OpenOptions, 'why'>;

export interface OpenedSamplers {
  readonly samplers: Sampler[];
  readonly gpus: GpuInfo[];
  readonly sources: SourceReport[];
  readonly simulated: boolean;
  /** By series id, `gpu0.memory.used` and `gpu0.other.memory`: bytes before launch. What could not be read is missing. */
  readonly baselines: Readonly<Record<string, Bytes>>;
}

export async function openSamplers(options: OpenSamplersOptions): Promise<OpenedSamplers> {
  const { sources, why } = chooseGpuSources(options.env, GPU_SOURCES);
  const { opened, absent } = await openFirst(sources, { ...options, why });
  const host = await HOST_SOURCE.open({ ...options, why: null });
  const gpus = [...(opened?.gpus ?? [])];
  return {
    samplers: [...(opened?.samplers ?? []), ...host.samplers, new CostSampler()],
    gpus,
    sources: [...(opened?.reports ?? []), ...absent, ...host.reports],
    simulated: isSimulated(options.env, gpus),
    baselines: opened?.baselines ?? {},
  };
}

async function openFirst(
  sources: readonly GpuSource[],
  options: OpenOptions,
): Promise<{ readonly opened: OpenedSource | null; readonly absent: readonly SourceReport[] }> {
  const absent: SourceReport[] = [];
  const settled = new Set<string>();
  for (const source of sources) {
    if (settled.has(source.vendor)) continue;
    const answer = await source.open(options);
    if (answer.ok) return { opened: answer, absent };
    // What was tried last is the one whose absence matters most.
    absent.unshift({ id: source.id, ok: false, detail: answer.detail });
    if (answer.final) settled.add(source.vendor);
  }
  return { opened: null, absent };
}
