/**
 * Which GPUs the workload may use, from CUDA_VISIBLE_DEVICES in its environment. Pure.
 *
 * As in the CUDA Programming Guide: indices or the beginnings of UUIDs, separated by commas; the first entry that
 * names no GPU ends the list; a variable that is set but names none hides every GPU. MIG devices are named by UUIDs of
 * their own, which say nothing about their GPU: then every GPU stays in view.
 */
import type { GpuInfo } from '../../shared/contract/session';

export interface VisibleGpus {
  readonly gpus: readonly GpuInfo[];
  /** What the variable changed, in words; null where it changed nothing. */
  readonly note: string | null;
}

export function visibleGpus(env: NodeJS.ProcessEnv, all: readonly GpuInfo[]): VisibleGpus {
  const value = env.CUDA_VISIBLE_DEVICES;
  if (value === undefined || all.length === 0) return { gpus: all, note: null };
  const said = `CUDA_VISIBLE_DEVICES=${value}`;
  const entries = value.split(',').map((entry) => entry.trim());
  if (entries.some((entry) => /^MIG-/i.test(entry))) return { gpus: all, note: `${said} names MIG devices, so every GPU is sampled` };

  const named = new Set<GpuInfo>();
  for (const entry of entries) {
    const gpu = gpuNamed(entry, all);
    if (!gpu) break;
    named.add(gpu);
  }
  if (named.size === 0) return { gpus: [], note: `${said} hides every GPU from the workload` };
  const gpus = all.filter((gpu) => named.has(gpu));
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
