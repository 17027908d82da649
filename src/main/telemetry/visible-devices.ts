/**
 * Which GPUs the workload may use, from CUDA_VISIBLE_DEVICES in its environment. Pure.
 *
 * As in the CUDA Programming Guide: indices or the beginnings of UUIDs, separated by commas; the first entry that
 * names no GPU ends the list; a variable that is set but names none hides every GPU. MIG devices are named by UUIDs of
 * their own, or, by drivers before 470, by that of their GPU with their instances: what they are part of is in view.
 * Where that is not known every GPU is.
 */
import type { GpuInfo } from '../../shared/contract/session';

export interface VisibleGpus {
  readonly gpus: readonly GpuInfo[];
  /** What the variable changed, in words; null where it changed nothing. */
  readonly note: string | null;
}

export interface MigDevice {
  readonly uuid: string;
  /** Index of the GPU it is part of. */
  readonly gpu: number;
}

export function visibleGpus(env: NodeJS.ProcessEnv, all: readonly GpuInfo[], mig: readonly MigDevice[] = []): VisibleGpus {
  const value = env.CUDA_VISIBLE_DEVICES;
  if (value === undefined || all.length === 0) return { gpus: all, note: null };
  const said = `CUDA_VISIBLE_DEVICES=${value}`;
  const entries = value.split(',').map((entry) => entry.trim());
  const isMig = entries.some((entry) => /^MIG-/i.test(entry));

  const named = new Set<GpuInfo>();
  for (const entry of entries) {
    const gpu = /^MIG-/i.test(entry) ? gpuOfMig(entry, all, mig) : gpuNamed(entry, all);
    if (!gpu && isMig && named.size === 0) return { gpus: all, note: `${said} names MIG devices of GPUs that are not known, so every GPU is sampled` };
    if (!gpu) break;
    named.add(gpu);
  }
  if (named.size === 0) return { gpus: [], note: `${said} hides every GPU from the workload` };
  const gpus = all.filter((gpu) => named.has(gpu));
  if (isMig) return { gpus, note: `${said} names ${entries.length === 1 ? 'a MIG device' : 'MIG devices'} of GPU ${gpus.map(({ index }) => index).join(' and ')}, which is sampled as a whole beside them` };
  if (gpus.length === all.length) return { gpus, note: null };
  // CUDA numbers different GPUs by speed unless told otherwise; nvidia-smi numbers them by PCI address.
  const unsure = entries.some((entry) => /^\d+$/.test(entry)) && new Set(all.map(({ name }) => name)).size > 1 && env.CUDA_DEVICE_ORDER !== 'PCI_BUS_ID';
  const order = unsure ? ', counted by PCI address; set CUDA_DEVICE_ORDER=PCI_BUS_ID so that CUDA counts alike' : '';
  return { gpus, note: `only GPU ${gpus.map(({ index }) => index).join(' and ')} by ${said}${order}` };
}

function gpuNamed(entry: string, all: readonly GpuInfo[]): GpuInfo | undefined {
  if (/^\d+$/.test(entry)) return all.find(({ index }) => index === Number(entry));
  if (!/^GPU-/i.test(entry)) return undefined;
  const matches = all.filter(({ uuid }) => uuid.toLowerCase().startsWith(entry.toLowerCase()));
  return matches.length === 1 ? matches[0] : undefined;
}

function gpuOfMig(entry: string, all: readonly GpuInfo[], mig: readonly MigDevice[]): GpuInfo | undefined {
  const old = /^MIG-(GPU-[^/]+)\/\d+\/\d+$/i.exec(entry)?.[1];
  if (old !== undefined) return gpuNamed(old, all);
  const matches = mig.filter(({ uuid }) => uuid.toLowerCase().startsWith(entry.toLowerCase()));
  return matches.length === 1 ? all.find(({ index }) => index === matches[0]!.gpu) : undefined;
}

/** The MIG devices that `nvidia-smi -L` lists under their GPUs. */
export function migDevicesIn(list: string): MigDevice[] {
  let gpu = -1;
  return list.split('\n').flatMap((line) => {
    gpu = Number(/^GPU (\d+):/.exec(line)?.[1] ?? gpu);
    const uuid = /^\s+MIG .*\(UUID: (MIG-[^)]+)\)/.exec(line)?.[1];
    return uuid === undefined ? [] : [{ uuid, gpu }];
  });
}
