/** NVML as a source: in-process, exact to the byte, and fast enough for a thousand readings a second. */
import type { Bytes } from '../../../shared/base/units';
import type { Reading } from '../../../shared/base/vocabulary';
import type { GpuInfo } from '../../../shared/hardware/gpu-info';
import { gpuDevice, migDevice, otherMemory, usedMemory } from '../../../shared/trace/series-ids';
import { sharesPids as findSharesPids, HIDDEN_PIDS } from '../pid-namespace';
import type { AbsentSource, GpuSource, OpenedSource, OpenOptions } from '../source';
import { findWorker } from '../thread/launch';
import { type SelectedGpus, selectGpus } from '../visible-devices';
import { examineNvml } from './doctor';
import { libraryPlaces } from './library';
import { listMigDevices, type Probed, type ProcessLists } from './messages';
import { PcieSampler } from './pcie';
import { PCIE_FLOOR_MS } from './pcie-reader';
import { probeInWorker } from './probe-thread';
import { NvmlSampler, ofInstance, splitShares } from './sampler';

export const nvmlSource: GpuSource = {
  id: 'nvml',
  name: 'NVML',
  vendor: 'NVIDIA',
  variable: 'PLUMBLINE_NVML',
  // A place without a folder is left to the system's own search.
  locate: (env) => libraryPlaces(env)[0] ?? null,
  open: openNvmlSource,
  examine: examineNvml,
};

async function openNvmlSource(options: OpenOptions): Promise<OpenedSource | AbsentSource> {
  const { scope, intervalMs, ownPids, env, why } = options;
  const workerPath = options.samplingThread ?? findWorker(env);
  const probe = await probeInWorker(workerPath, libraryPlaces(env));
  if (!probe.ok || workerPath === null) {
    const detail = probe.ok ? '' : probe.detail;
    return { ok: false, detail: why === null ? detail : `${detail}; ${why}`, final: false };
  }
  const all = probe.gpus.map(({ info }) => info);
  const selected = selectGpus(env, all, listMigDevices(probe));
  const { gpus, note } = selected;
  if (gpus.length === 0) return { ok: false, detail: note ?? 'NVML lists no GPU', final: true };
  const sharesPids = findSharesPids(env, gpus);
  const sampled = listSelected(probe, selected).map((gpu) => gpu.sampled);
  const places = [probe.path];
  const pcieMs = Math.max(PCIE_FLOOR_MS, intervalMs);
  return {
    ok: true,
    samplers: [
      new NvmlSampler({
        workerPath,
        places,
        gpus,
        sampled,
        scope,
        ownPids,
        sharesPids,
        intervalMs,
      }),
      new PcieSampler({ workerPath, places, gpus, intervalMs: pcieMs }),
    ],
    gpus,
    reports: [
      { id: 'nvml', ok: true, detail: describeProbe(probe, selected, why) },
      {
        id: 'nvml processes',
        ok: sharesPids,
        detail: sharesPids ? 'memory per process, graphics included, once a second' : HIDDEN_PIDS,
      },
    ],
    baselines: listBaselines(probe, selected, sharesPids),
  };
}

const listSelected = ({ gpus }: Probed, selected: SelectedGpus) =>
  gpus.filter(({ info }) => selected.gpus.some(({ index }) => index === info.index));

function describeProbe(probe: Probed, selected: SelectedGpus, why: string | null): string {
  const count = probe.gpus.length === 1 ? '1 GPU' : `${probe.gpus.length} GPUs`;
  const countsReserve = listSelected(probe, selected).some(
    ({ sampled }) => sampled.memoryVersion === 1,
  );
  const parts = [
    `${count}, driver ${probe.driver || 'unknown'}, at ${probe.path}`,
    countsReserve ? 'memory the driver reserves counts as used' : null,
    selected.note,
    ...probe.notes,
    why,
  ];
  return parts.filter((part) => part !== null).join('; ');
}

/** What was in use when the GPUs were probed: of each, and of the MIG devices that the workload is confined to. */
function listBaselines(
  probe: Probed,
  selected: SelectedGpus,
  sharesPids: boolean,
): Record<string, Bytes> {
  const baselines: Record<string, Bytes> = {};
  const add = (device: string, info: GpuInfo, used: Reading, lists: ProcessLists | null) => {
    if (used.kind === 'ok') baselines[usedMemory(device)] = used.value;
    const other =
      lists && splitShares(info, lists, { workloadPids: [], ownPids: [], sharesPids })[0]?.other;
    if (other?.kind === 'ok') baselines[otherMemory(device)] = other.value;
  };
  for (const { info, used, processes, instances } of listSelected(probe, selected)) {
    const lists = typeof processes === 'string' ? null : processes;
    add(gpuDevice(info.index), info, used, lists);
    for (const { slot, gpuInstance, used: usedThere } of instances)
      if (selected.instances.some((each) => each.gpu === info.index && each.slot === slot))
        add(migDevice(info.index, slot), info, usedThere, lists && ofInstance(lists, gpuInstance));
  }
  return baselines;
}
