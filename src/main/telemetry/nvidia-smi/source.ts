/** nvidia-smi as a source: a program of the driver, run beside the recording where NVML cannot be called. */
import type { Bytes, Millis } from '../../../shared/base/units';
import type { GpuInfo } from '../../../shared/hardware/gpu-info';
import { gpuDevice, otherMemory, usedMemory } from '../../../shared/trace/series-ids';
import { parseAskedFields } from '../../nvidia-smi-format/gpu-fields';
import { sharesPids as findSharesPids, HIDDEN_PIDS } from '../pid-namespace';
import type { AbsentSource, GpuSource, OpenedSource, OpenOptions } from '../source';
import { type SelectedGpus, selectGpus } from '../visible-devices';
import { readBaseline } from './baseline';
import { examineNvidiaSmi } from './doctor';
import { GpuInstances, INSTANCES_MS, type InstanceMemory, readInstances } from './instances';
import { readInventory } from './inventory';
import { locateNvidiaSmi } from './locate';
import { migDevicesIn } from './mig-list';
import { GpuProcesses } from './processes';
import { runOnce } from './run-once';
import { GpuStream } from './stream';

export const nvidiaSmiSource: GpuSource = {
  id: 'nvidia-smi',
  name: 'nvidia-smi',
  vendor: 'NVIDIA',
  variable: 'PLUMBLINE_NVIDIA_SMI',
  locate: (env) => {
    const located = locateNvidiaSmi(env);
    return located.ok ? located.path : null;
  },
  open: openNvidiaSmi,
  examine: examineNvidiaSmi,
};

/** For questions whose answer helps and is not needed. */
const QUICK_MS: Millis = 5000;

const absent = (detail: string): AbsentSource => ({ ok: false, detail, final: true });

async function openNvidiaSmi(options: OpenOptions): Promise<OpenedSource | AbsentSource> {
  const { scope, intervalMs, ownPids, env, why } = options;
  const located = locateNvidiaSmi(env);
  if (!located.ok) return absent(located.detail);
  const { path } = located;
  const inventory = await readInventory({
    path,
    env,
    helperPath: options.inventoryHelper,
    nodePath: options.nodePath,
  });
  if (!inventory.ok) return absent(inventory.detail);
  const [help, list] = await Promise.all([
    runOnce(path, ['--help-query-gpu'], { env, timeoutMs: QUICK_MS }),
    namesMig(env) ? runOnce(path, ['-L'], { env, timeoutMs: QUICK_MS }) : null,
  ]);
  const selected = selectGpus(env, inventory.gpus, migDevicesIn(list?.stdout ?? ''));
  if (selected.gpus.length === 0) return absent(selected.note ?? inventory.detail);
  const divided =
    selected.instances.length === 0 ? [] : await readInstances({ path, env, gpus: selected.gpus });
  const hasInstanceMemory = divided.some(({ used }) => used.kind === 'ok');
  const gpus = selected.gpus.map((gpu) => withInstanceMemory(gpu, divided));
  const sharesPids = findSharesPids(env, gpus);
  const listed = inventory.gpus.length;
  const fields = parseAskedFields(help.stdout);
  return {
    ok: true,
    samplers: [
      new GpuStream({ path, env, gpus, listed, fields, intervalMs }),
      new GpuProcesses({ path, env, gpus, scope, ownPids, sharesPids }),
      ...(hasInstanceMemory ? [new GpuInstances({ path, env, gpus })] : []),
    ],
    gpus,
    reports: [
      {
        id: 'nvidia-smi',
        ok: true,
        detail: `${inventory.detail}, at ${path}${describeSelection(selected, hasInstanceMemory)}${why === null ? '' : `; ${why}`}`,
      },
      {
        id: 'nvidia-smi processes',
        ok: sharesPids,
        detail: sharesPids ? 'memory per process, once a second' : HIDDEN_PIDS,
      },
    ],
    baselines: await listBaselines({ path, env, gpus, sharesPids }, divided),
  };
}

const namesMig = ({ CUDA_VISIBLE_DEVICES = '' }: NodeJS.ProcessEnv): boolean =>
  /MIG-/i.test(CUDA_VISIBLE_DEVICES);

function describeSelection({ note, instances }: SelectedGpus, hasInstanceMemory: boolean): string {
  const selection = note ? `; ${note}` : '';
  if (instances.length === 0) return selection;
  return hasInstanceMemory
    ? `${selection}, whose memory nvidia-smi tells every ${INSTANCES_MS / 1000} s at the most`
    : `${selection}, whose memory nvidia-smi does not tell`;
}

function withInstanceMemory(gpu: GpuInfo, divided: readonly InstanceMemory[]): GpuInfo {
  if (!gpu.instances) return gpu;
  const instances = gpu.instances.map((instance) => {
    const read = divided.find(
      ({ gpuIndex, slot }) => gpuIndex === gpu.index && slot === instance.slot,
    );
    return { ...instance, memoryBytes: read?.total ?? null };
  });
  return { ...gpu, instances };
}

async function listBaselines(
  options: Parameters<typeof readBaseline>[0],
  divided: readonly InstanceMemory[],
): Promise<Record<string, Bytes>> {
  const baselines: Record<string, Bytes> = {};
  for (const { device, used } of divided)
    if (used.kind === 'ok') baselines[usedMemory(device)] = used.value;
  for (const { gpuIndex, used, other } of await readBaseline(options)) {
    const device = gpuDevice(gpuIndex);
    if (used.kind === 'ok') baselines[usedMemory(device)] = used.value;
    if (other.kind === 'ok') baselines[otherMemory(device)] = other.value;
  }
  return baselines;
}
