/** One look at every GPU before a recording: what it is, what it can tell, and what is in use on it. */
import { faultOf, SUCCESS } from './codes';
import { COUNTERS, type SampledGpu } from './counters';
import type { NvmlDevice } from './device';
import type { Loader } from './library';
import type { Probe, ProbedGpu, ProcessLists } from './messages';
import { cudaVersion, driverVersion, openNvml } from './opened';
import { readCosts } from './read-costs';
import type { AbsentReason } from '../../../shared/vocabulary';

const INSTALL = 'Install the NVIDIA driver, or set PLUMBLINE_NVML to the full path of its management library.';

export function probeNvml(loader: Loader, places: readonly string[]): Probe {
  const answer = openNvml(loader, places);
  if (!answer.ok) return { ok: false, detail: answer.detail, remedy: answer.fault?.remedy ?? INSTALL };
  const { library, devices, failed, close } = answer.nvml;
  try {
    const said = failed.map(({ index, fault }) => `NVML says of GPU ${index} that ${fault.text}`);
    if (devices.length === 0) {
      const remedy = failed[0]?.fault.remedy ?? 'Check that the GPU is seated, powered and not assigned to a virtual machine.';
      return { ok: false, detail: said.join('; ') || 'NVML lists no GPU', remedy };
    }
    const driver = driverVersion(library);
    const cuda = cudaVersion(library);
    const gpus = devices.map(({ index, uuid, device }): ProbedGpu => {
      const memory = new Float64Array(2);
      const code = device.memory(memory);
      return {
        info: { index, uuid, name: device.name().text || 'unknown GPU', memoryBytes: code === SUCCESS ? memory[1]! : null, driver, cuda },
        sampled: { index, uuid, memoryVersion: device.memoryVersion, extras: extrasOf(device) },
        used: code === SUCCESS ? { kind: 'ok', value: memory[0]! } : { kind: 'absent', reason: faultOf(code).reason },
        processes: readProcesses(device).answer,
        costs: readCosts(device),
      };
    });
    return { ok: true, path: library.path, driver, gpus, notes: said };
  } finally {
    close();
  }
}

function extrasOf(device: NvmlDevice): SampledGpu['extras'] {
  const out = new Float64Array(2);
  return COUNTERS.filter(({ extra, read }) => extra && read(device, out) === SUCCESS).flatMap(({ series }) => series.map(({ metric }) => metric));
}

/**
 * Both lists, or why there are none. A driver without a list of graphics processes still has one of compute processes.
 * `code` is the fault behind a missing answer.
 */
export function readProcesses(device: NvmlDevice): { readonly code: number; readonly answer: ProcessLists | AbsentReason } {
  const compute = device.computeProcesses();
  if (compute.code !== SUCCESS) return { code: compute.code, answer: faultOf(compute.code).reason };
  const graphics = device.graphicsProcesses();
  const fault = graphics.code === SUCCESS ? null : faultOf(graphics.code);
  if (fault && fault.scope !== 'counter') return { code: graphics.code, answer: fault.reason };
  return { code: SUCCESS, answer: { compute: compute.processes, graphics: graphics.processes } };
}
