/**
 * Which GPUs the workload may use, from CUDA_VISIBLE_DEVICES in its environment. Pure.
 *
 * As in the CUDA Programming Guide: indices or the beginnings of UUIDs, separated by commas; the first entry that
 * names no GPU ends the list; a variable that is set but names none hides every GPU. MIG devices are named by UUIDs of
 * their own, or, by drivers before 470, by that of their GPU with their instances: what they are part of is in view.
 * Where that is not known every GPU is.
 */
import type { GpuInfo, GpuInstance } from '../../shared/hardware/gpu-info';

export interface VisibleGpus {
  readonly gpus: readonly GpuInfo[];
  /** The MIG devices that the workload is confined to, where they are known. */
  readonly instances: readonly MigDevice[];
  /** What the variable changed, in words; null where it changed nothing. */
  readonly note: string | null;
}

export interface MigDevice {
  readonly uuid: string;
  /** Index of the GPU it is part of. */
  readonly gpu: number;
  /** Its number within that GPU. */
  readonly slot: number;
  /** Ids of the instances it is, where they are known. */
  readonly gpuInstance?: number | null;
  readonly computeInstance?: number | null;
}

export function visibleGpus(
  env: NodeJS.ProcessEnv,
  all: readonly GpuInfo[],
  mig: readonly MigDevice[] = [],
): VisibleGpus {
  const value = env.CUDA_VISIBLE_DEVICES;
  if (value === undefined || all.length === 0) return { gpus: all, ...onlyPart(all, mig) };
  const setting = `CUDA_VISIBLE_DEVICES=${value}`;
  const entries = value.split(',').map((entry) => entry.trim());
  const isMig = entries.some((entry) => /^MIG-/i.test(entry));

  const named = new Set<GpuInfo>();
  const instances = new Set<MigDevice>();
  for (const entry of entries) {
    const instance = /^MIG-/i.test(entry) ? migNamed(entry, all, mig) : undefined;
    if (instance) instances.add(instance);
    const gpu = /^MIG-/i.test(entry) ? gpuOfMig(entry, all, instance) : gpuNamed(entry, all);
    if (!gpu && isMig && named.size === 0)
      return {
        gpus: all,
        instances: [],
        note: `${setting} names MIG devices of GPUs that are not known, so every GPU is sampled`,
      };
    if (!gpu) break;
    named.add(gpu);
  }
  if (named.size === 0)
    return { gpus: [], instances: [], note: `${setting} hides every GPU from the workload` };
  const gpus = all.filter((gpu) => named.has(gpu));
  if (isMig) {
    const which =
      instances.size > 0
        ? [...instances].map(({ gpu, slot }) => `MIG device ${slot} of GPU ${gpu}`).join(' and ')
        : `a MIG device of GPU ${gpus.map(({ index }) => index).join(' and ')}`;
    return { gpus, instances: [...instances], note: `${setting} names ${which}` };
  }
  if (gpus.length === all.length) return { gpus, ...onlyPart(gpus, mig) };
  // CUDA numbers different GPUs by speed unless told otherwise; nvidia-smi numbers them by PCI address.
  const unsure =
    entries.some((entry) => /^\d+$/.test(entry)) &&
    new Set(all.map(({ name }) => name)).size > 1 &&
    env.CUDA_DEVICE_ORDER !== 'PCI_BUS_ID';
  const order = unsure
    ? ', counted by PCI address; set CUDA_DEVICE_ORDER=PCI_BUS_ID so that CUDA counts alike'
    : '';
  const part = onlyPart(gpus, mig);
  return {
    gpus,
    instances: part.instances,
    note: `only GPU ${gpus.map(({ index }) => index).join(' and ')} by ${setting}${order}${part.note === null ? '' : `; ${part.note}`}`,
  };
}

/** CUDA cannot use a divided GPU as a whole: the only MIG device of the only GPU is all that a workload has, as in a container that was given one. */
function onlyPart(
  gpus: readonly GpuInfo[],
  mig: readonly MigDevice[],
): Pick<VisibleGpus, 'instances' | 'note'> {
  const [only, ...others] = gpus;
  const none = { instances: [], note: null };
  if (only === undefined || others.length > 0) return none;
  const [part, ...otherParts] = mig.filter(({ gpu }) => gpu === only.index);
  if (part === undefined || otherParts.length > 0) return none;
  return {
    instances: [part],
    note: `MIG device ${part.slot} is all of GPU ${only.index} that CUDA can use`,
  };
}

function gpuNamed(entry: string, all: readonly GpuInfo[]): GpuInfo | undefined {
  if (/^\d+$/.test(entry)) return all.find(({ index }) => index === Number(entry));
  if (!/^GPU-/i.test(entry)) return undefined;
  const matches = all.filter(({ uuid }) => uuid.toLowerCase().startsWith(entry.toLowerCase()));
  return matches.length === 1 ? matches[0] : undefined;
}

const OLD_NAME = /^MIG-(GPU-[^/]+)\/(\d+)\/(\d+)$/i;

function migNamed(
  entry: string,
  all: readonly GpuInfo[],
  mig: readonly MigDevice[],
): MigDevice | undefined {
  const matches = mig.filter(({ uuid }) => uuid.toLowerCase().startsWith(entry.toLowerCase()));
  if (matches.length === 1) return matches[0];
  const [, uuid, gpuInstance, computeInstance] = OLD_NAME.exec(entry) ?? [];
  const gpu = uuid === undefined ? undefined : gpuNamed(uuid, all);
  return (
    gpu &&
    mig.find(
      (each) =>
        each.gpu === gpu.index &&
        each.gpuInstance === Number(gpuInstance) &&
        each.computeInstance === Number(computeInstance),
    )
  );
}

/** The older name tells the GPU even where the instances are not known. */
function gpuOfMig(
  entry: string,
  all: readonly GpuInfo[],
  instance: MigDevice | undefined,
): GpuInfo | undefined {
  if (instance) return all.find(({ index }) => index === instance.gpu);
  const uuid = OLD_NAME.exec(entry)?.[1];
  return uuid === undefined ? undefined : gpuNamed(uuid, all);
}

export interface SelectedGpus extends VisibleGpus {
  /** With those MIG devices that the workload is confined to. */
  readonly gpus: readonly GpuInfo[];
}

/** The GPUs that a recording is to read. `mig`: all MIG devices that are known, with what they are called. */
export function selectGpus(
  env: NodeJS.ProcessEnv,
  all: readonly GpuInfo[],
  mig: readonly (MigDevice & GpuInstance)[],
): SelectedGpus {
  const visible = visibleGpus(env, all, mig);
  const confined = mig.filter(({ uuid }) => visible.instances.some((each) => each.uuid === uuid));
  const gpus = visible.gpus.map((gpu) => {
    const instances = confined
      .filter((each) => each.gpu === gpu.index)
      .map(({ slot, uuid, name, memoryBytes }): GpuInstance => ({ slot, uuid, name, memoryBytes }));
    return instances.length === 0 ? gpu : { ...gpu, instances };
  });
  return { ...visible, gpus };
}
