/** The processes that NVML lists on a GPU: what each holds, and how busy each kept it. */

import type { Bytes } from '../../../shared/base/units';
import { FUNCTION_NOT_FOUND, INSUFFICIENT_SIZE, NOT_FOUND, SUCCESS } from './codes';
import type { DriverStamps } from './driver-stamps';
import type { NvmlFunction, NvmlLibrary } from './library';
import { PROCESS, PROCESS_UTILIZATION, PROCESS_V1 } from './struct-layout';

export interface NvmlProcess {
  readonly pid: number;
  /** Null where the driver hides it. */
  readonly bytes: Bytes | null;
  /** Id of the GPU instance it runs on, where the GPU is divided and the driver tells. */
  readonly instance?: number;
}

export interface ProcessUse {
  readonly pid: number;
  /** Share of time in thousandths of a percent with a kernel of the process running, over what was sampled. */
  readonly millipercent: number;
}

type Kind = 'Compute' | 'Graphics';
interface Version {
  readonly name: NvmlFunction;
  readonly size: number;
}

/** What NVML writes where it does not know: NVML_VALUE_NOT_AVAILABLE. */
const NOT_AVAILABLE = 0xffff_ffff_ffff_ffffn;
const NO_INSTANCE = 0xffff_ffff;
/** Some drivers wrote 32 bytes a process where 24 are agreed: room is made for that. */
const PROCESS_ROOM = 32;

/** Best first: a driver has those of its time. */
const versions = (kind: Kind): readonly Version[] => [
  { name: `nvmlDeviceGet${kind}RunningProcesses_v3`, size: PROCESS.size },
  { name: `nvmlDeviceGet${kind}RunningProcesses_v2`, size: PROCESS.size },
  { name: `nvmlDeviceGet${kind}RunningProcesses`, size: PROCESS_V1.size },
];

/** Vulkan and OpenGL programs are listed as graphics processes alone. */
export function listProcesses(
  library: NvmlLibrary,
  handle: bigint,
  kind: Kind,
): { readonly code: number; readonly processes: NvmlProcess[] } {
  for (const version of versions(kind)) {
    if (!library.has(version.name)) continue;
    const answer = listWith(library, handle, version);
    if (answer.code !== FUNCTION_NOT_FOUND) return answer;
  }
  return { code: FUNCTION_NOT_FOUND, processes: [] };
}

function listWith(
  library: NvmlLibrary,
  handle: bigint,
  { name, size }: Version,
): { readonly code: number; readonly processes: NvmlProcess[] } {
  const count = new Uint32Array(1);
  for (let room = 64; ; room = Math.max(count[0]! + 16, room * 2)) {
    count[0] = room;
    const bytes = new Uint8Array(room * PROCESS_ROOM);
    const code = library.call(name, handle, count, bytes);
    if (code === INSUFFICIENT_SIZE && room < 65_536) continue;
    if (code !== SUCCESS) return { code, processes: [] };
    const view = new DataView(bytes.buffer);
    return {
      code,
      processes: Array.from({ length: Math.min(count[0]!, room) }, (_, index) =>
        processAt(view, index * size, size),
      ),
    };
  }
}

function processAt(view: DataView, offset: number, size: number): NvmlProcess {
  const used = view.getBigUint64(offset + PROCESS.used, true);
  const instance =
    size === PROCESS.size ? view.getUint32(offset + PROCESS.gpuInstance, true) : NO_INSTANCE;
  return {
    pid: view.getUint32(offset + PROCESS.pid, true),
    bytes: used === NOT_AVAILABLE ? null : Number(used),
    ...(instance !== NO_INSTANCE && { instance }),
  };
}

/**
 * How busy each process kept the GPU since the newest sample in `stamps`, which is brought up to date. Nothing new is an
 * empty list. Samples above 100 % are passed over: drivers write them now and then.
 */
export function processUse(
  library: NvmlLibrary,
  handle: bigint,
  stamps: DriverStamps,
): { readonly code: number; readonly use: ProcessUse[] } {
  const count = new Uint32Array(1);
  stamps.look();
  const { since } = stamps;
  for (let room = 128; ; room = Math.max(count[0]! + 16, room * 2)) {
    count[0] = room;
    const bytes = new Uint8Array(room * PROCESS_UTILIZATION.size);
    const code = library.call('nvmlDeviceGetProcessUtilization', handle, bytes, count, since);
    if (code === INSUFFICIENT_SIZE && room < 65_536) continue;
    if (code !== SUCCESS) return { code: code === NOT_FOUND ? SUCCESS : code, use: [] };
    return { code, use: meanUse(new DataView(bytes.buffer), Math.min(count[0]!, room), stamps) };
  }
}

function meanUse(view: DataView, count: number, stamps: DriverStamps): ProcessUse[] {
  const sums = new Map<number, { total: number; samples: number }>();
  let newest = 0n;
  for (let at = 0; at < count * PROCESS_UTILIZATION.size; at += PROCESS_UTILIZATION.size) {
    const stamp = view.getBigUint64(at + PROCESS_UTILIZATION.timeStamp, true);
    const percent = view.getUint32(at + PROCESS_UTILIZATION.sm, true);
    if (!stamps.isNew(stamp) || percent > 100) continue;
    if (stamp > newest) newest = stamp;
    const pid = view.getUint32(at + PROCESS_UTILIZATION.pid, true);
    const sum = sums.get(pid) ?? { total: 0, samples: 0 };
    sums.set(pid, { total: sum.total + percent, samples: sum.samples + 1 });
  }
  stamps.take(newest);
  return [...sums].map(([pid, { total, samples }]) => ({
    pid,
    millipercent: Math.round((total / samples) * 1000),
  }));
}
