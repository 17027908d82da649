/** One look at every GPU before a recording: what it is, what it can tell, and what is in use on it. */

import type { AbsentReason } from '../../../shared/base/vocabulary';
import type { Trouble } from '../trouble';
import { explainCode, type NvmlFault, SUCCESS } from './codes';
import { BUFFERED, COUNTERS, type SampledGpu } from './counters';
import type { MigDevice, NvmlDevice } from './device';
import type { Loader } from './library';
import type { Probe, ProbedGpu, ProbedInstance, ProcessLists } from './messages';
import { cudaVersion, driverVersion, openNvml } from './opened';
import { readCosts } from './read-costs';
import type { SampleType } from './samples';

const SETTING = 'set PLUMBLINE_NVML to the full path of its management library';
/** Of a library that could not be loaded. */
const INSTALL = {
  remedy: `Install the NVIDIA driver, or ${SETTING}.`,
  cause: 'driver_unreachable',
  setting: SETTING,
} as const;
/** Of a driver that knows no GPU. */
const SEAT = {
  remedy: 'Check that the GPU is seated, powered and not assigned to a virtual machine.',
  cause: 'driver_unreachable',
} as const;

export function probeNvml(loader: Loader, places: readonly string[]): Probe {
  const answer = openNvml(loader, places);
  if (!answer.ok) return { ok: false, detail: answer.detail, ...mend(answer.fault, INSTALL) };
  const { library, devices, failed, close } = answer.nvml;
  try {
    const notes = failed.map(({ index, fault }) => `NVML says of GPU ${index} that ${fault.text}`);
    if (devices.length === 0) {
      const detail = notes.join('; ') || 'NVML lists no GPU';
      return { ok: false, detail, ...mend(failed[0]?.fault ?? null, SEAT) };
    }
    const driver = driverVersion(library);
    const cuda = cudaVersion(library);
    const gpus = devices.map(({ index, uuid, device }): ProbedGpu => {
      const memory = new Float64Array(3);
      const code = device.memory(memory);
      const name = device.name().text || 'unknown GPU';
      const instances = device.migDevices().map(probedInstance);
      return {
        info: {
          index,
          uuid,
          name,
          memoryBytes: code === SUCCESS ? memory[1]! : null,
          driver,
          cuda,
        },
        sampled: {
          index,
          uuid,
          memoryVersion: device.memoryVersion,
          extras: probeExtras(device),
          power: powerMeaning(device, name),
          buffers: BUFFERED.filter(({ type }) => bufferWorks(device, type)).map(({ type }) => type),
          mig: instances.map(({ slot, uuid: instance, gpuInstance }) => ({
            slot,
            uuid: instance,
            gpuInstance,
          })),
        },
        used:
          code === SUCCESS
            ? { kind: 'ok', value: memory[0]! }
            : { kind: 'absent', reason: explainCode(code).reason },
        processes: readProcesses(device).answer,
        costs: readCosts(device),
        instances,
      };
    });
    return { ok: true, path: library.path, driver, gpus, notes };
  } finally {
    close();
  }
}

/** What mends a fault, or what else the trouble is. */
const mend = (fault: NvmlFault | null, otherwise: Omit<Trouble, 'detail'>) =>
  fault === null ? otherwise : { remedy: fault.remedy, cause: fault.cause };

function probedInstance({
  slot,
  uuid,
  device,
  gpuInstance,
  computeInstance,
}: MigDevice): ProbedInstance {
  const memory = new Float64Array(3);
  const code = device.memory(memory);
  const isRead = code === SUCCESS;
  return {
    slot,
    uuid,
    gpuInstance,
    computeInstance,
    name: device.name().text,
    memoryBytes: isRead ? memory[1]! : null,
    used: isRead
      ? { kind: 'ok', value: memory[0]! }
      : { kind: 'absent', reason: explainCode(code).reason },
  };
}

function probeExtras(device: NvmlDevice): SampledGpu['extras'] {
  const out = new Float64Array(3);
  const counters = COUNTERS.filter(
    ({ extra, metrics, read }) =>
      extra &&
      read(device, out) === SUCCESS &&
      (metrics[0] !== 'memory.reserved' || device.memoryVersion === 2),
  );
  return counters.flatMap(({ metrics }) => metrics);
}

/** Whether the driver samples a counter itself: an empty buffer is as good as none. */
function bufferWorks(device: NvmlDevice, type: SampleType): boolean {
  let readings = 0;
  const code = device.samples(type, () => readings++);
  return code === SUCCESS && readings > 1;
}

const ARCHITECTURE = { volta: 5, turing: 6, ampere: 7 } as const;
const ABOUT_POWER = 'power drawn by the whole board, averaged';

/**
 * Over how long power is averaged: a second since Ampere, but for the GA100 chips (nvmlDeviceGetPowerUsage); before
 * that as measured by K. Yang et al., "Part-time Power Measurements", arXiv 2312.02741.
 */
function powerMeaning(device: NvmlDevice, name: string): NonNullable<SampledGpu['power']> {
  const out = new Float64Array(1);
  const known = device.u32(out, 1, 'nvmlDeviceGetArchitecture') === SUCCESS;
  const architecture = out[0]!;
  const isGa100 = architecture === ARCHITECTURE.ampere && /\bA(30|100|800)\b/.test(name);
  if (!known || (architecture >= ARCHITECTURE.ampere && !isGa100))
    return { windowUs: 1_000_000, about: `${ABOUT_POWER} over the last second` };
  if (isGa100)
    return {
      windowUs: 25_000,
      about: `${ABOUT_POWER} over about 25 ms of every 100 ms; the rest is never seen`,
    };
  if (architecture >= ARCHITECTURE.turing)
    return { windowUs: 100_000, about: `${ABOUT_POWER} over the last 100 ms` };
  return { windowUs: 10_000, about: `${ABOUT_POWER} over about 10 ms of every 20 ms` };
}

/**
 * Both lists, or why there are none. A driver without a list of graphics processes still has one of compute processes.
 * `code` is the fault behind a missing answer. How busy processes kept the GPU comes along where the driver tells.
 */
export function readProcesses(device: NvmlDevice): {
  readonly code: number;
  readonly answer: ProcessLists | AbsentReason;
} {
  const compute = device.computeProcesses();
  if (compute.code !== SUCCESS)
    return { code: compute.code, answer: explainCode(compute.code).reason };
  const graphics = device.graphicsProcesses();
  const fault = graphics.code === SUCCESS ? null : explainCode(graphics.code);
  if (fault && fault.scope !== 'counter') return { code: graphics.code, answer: fault.reason };
  const { code, use } = device.processUse();
  return {
    code: SUCCESS,
    answer: {
      compute: compute.processes,
      graphics: graphics.processes,
      ...(code === SUCCESS && { use }),
    },
  };
}
