/**
 * One GPU through NVML: its identity, counters and processes. Each read returns NVML's code and leaves its values in
 * the given array, so that a read at 1 kHz allocates nothing.
 */
import type { Bytes } from '../../../shared/units';
import { ARGUMENT_VERSION_MISMATCH, FUNCTION_NOT_FOUND, INSUFFICIENT_SIZE, SUCCESS } from './codes';
import type { NvmlFunction, NvmlLibrary } from './library';

/** Sizes and offsets in bytes, as a C compiler lays the structures of nvml.h out on 64-bit machines. */
const MEMORY_V2 = { size: 40, version: 0, total: 8, reserved: 16, free: 24, used: 32 } as const;
const MEMORY_V1 = { size: 24, total: 0, free: 8, used: 16 } as const;
const FIELD_VALUE = { size: 40, fieldId: 0, nvmlReturn: 28, value: 32 } as const;
const PROCESS = { size: 24, pid: 0, used: 8 } as const;
/** Some drivers wrote 32 bytes a process where 24 are agreed: room is made for that. */
const PROCESS_ROOM = 32;
const MEMORY_V2_VERSION = MEMORY_V2.size | (2 << 24);

const TEXT_BYTES = 96;
const NOT_AVAILABLE = 0xffff_ffff_ffff_ffffn;
const FIELD_POWER_INSTANT = 186;
const CLOCK_SM = 1;
const TEMPERATURE_GPU = 0;

export interface NvmlProcess {
  readonly pid: number;
  /** Null where the driver hides it. */
  readonly bytes: Bytes | null;
}

export type MemoryVersion = 1 | 2;

export class NvmlDevice {
  readonly #library: NvmlLibrary;
  readonly #handle: bigint;
  readonly #bytes = new Uint8Array(64);
  readonly #view = new DataView(this.#bytes.buffer);
  #memoryVersion: MemoryVersion;

  constructor(library: NvmlLibrary, handle: bigint) {
    this.#library = library;
    this.#handle = handle;
    this.#memoryVersion = library.has('nvmlDeviceGetMemoryInfo_v2') ? 2 : 1;
  }

  /** Version 1 counts memory that the driver reserves for itself as used; version 2 and nvidia-smi do not. */
  get memoryVersion(): MemoryVersion {
    return this.#memoryVersion;
  }

  /** `out`: used bytes, total bytes. */
  memory(out: Float64Array): number {
    if (this.#memoryVersion === 2) {
      this.#view.setUint32(MEMORY_V2.version, MEMORY_V2_VERSION, true);
      const code = this.#library.call('nvmlDeviceGetMemoryInfo_v2', this.#handle, this.#bytes);
      if (code !== FUNCTION_NOT_FOUND && code !== ARGUMENT_VERSION_MISMATCH) {
        out[0] = this.#u64(MEMORY_V2.used);
        out[1] = this.#u64(MEMORY_V2.total);
        return code;
      }
      this.#memoryVersion = 1;
    }
    const code = this.#library.call('nvmlDeviceGetMemoryInfo', this.#handle, this.#bytes);
    out[0] = this.#u64(MEMORY_V1.used);
    out[1] = this.#u64(MEMORY_V1.total);
    return code;
  }

  /** `out`: share of time in thousandths of a percent with a kernel running, and with device memory being accessed. */
  utilization(out: Float64Array): number {
    const code = this.#library.call('nvmlDeviceGetUtilizationRates', this.#handle, this.#bytes);
    out[0] = this.#view.getUint32(0, true) * 1000;
    out[1] = this.#view.getUint32(4, true) * 1000;
    return code;
  }

  /** Milliwatts, averaged as the product does. */
  power(out: Float64Array): number {
    return this.#u32Call(out, 1, 'nvmlDeviceGetPowerUsage');
  }

  /** Milliwatts, not averaged over the last second. */
  powerInstant(out: Float64Array): number {
    this.#bytes.fill(0, 0, FIELD_VALUE.size);
    this.#view.setUint32(FIELD_VALUE.fieldId, FIELD_POWER_INSTANT, true);
    const code = this.#library.call('nvmlDeviceGetFieldValues', this.#handle, 1, this.#bytes);
    out[0] = this.#view.getUint32(FIELD_VALUE.value, true);
    return code === SUCCESS ? this.#view.getUint32(FIELD_VALUE.nvmlReturn, true) : code;
  }

  /** Millijoules since the driver was loaded. */
  energy(out: Float64Array): number {
    const code = this.#library.call('nvmlDeviceGetTotalEnergyConsumption', this.#handle, this.#bytes);
    out[0] = this.#u64(0);
    return code;
  }

  /** Thousandths of a degree Celsius. */
  temperature(out: Float64Array): number {
    return this.#u32Call(out, 1000, 'nvmlDeviceGetTemperature', TEMPERATURE_GPU);
  }

  /** Hertz. */
  clockSm(out: Float64Array): number {
    return this.#u32Call(out, 1e6, 'nvmlDeviceGetClockInfo', CLOCK_SM);
  }

  computeProcesses(): { readonly code: number; readonly processes: NvmlProcess[] } {
    return this.#processes('nvmlDeviceGetComputeRunningProcesses_v3');
  }

  /** Vulkan and OpenGL programs are listed here alone. */
  graphicsProcesses(): { readonly code: number; readonly processes: NvmlProcess[] } {
    return this.#processes('nvmlDeviceGetGraphicsRunningProcesses_v3');
  }

  uuid(): { readonly code: number; readonly text: string } {
    return textOf((bytes) => this.#library.call('nvmlDeviceGetUUID', this.#handle, bytes, TEXT_BYTES));
  }

  name(): { readonly code: number; readonly text: string } {
    return textOf((bytes) => this.#library.call('nvmlDeviceGetName', this.#handle, bytes, TEXT_BYTES));
  }

  #u32Call(out: Float64Array, factor: number, name: NvmlFunction, selector?: number): number {
    const code = selector === undefined ? this.#library.call(name, this.#handle, this.#bytes) : this.#library.call(name, this.#handle, selector, this.#bytes);
    out[0] = this.#view.getUint32(0, true) * factor;
    return code;
  }

  /** Exact below 2^53, far above what any device holds. */
  #u64(offset: number): number {
    return this.#view.getUint32(offset + 4, true) * 2 ** 32 + this.#view.getUint32(offset, true);
  }

  #processes(name: NvmlFunction): { readonly code: number; readonly processes: NvmlProcess[] } {
    const count = new Uint32Array(1);
    for (let room = 64; ; room = Math.max(count[0]! + 16, room * 2)) {
      count[0] = room;
      const bytes = new Uint8Array(room * PROCESS_ROOM);
      const code = this.#library.call(name, this.#handle, count, bytes);
      if (code === INSUFFICIENT_SIZE && room < 65_536) continue;
      if (code !== SUCCESS) return { code, processes: [] };
      const view = new DataView(bytes.buffer);
      return { code, processes: Array.from({ length: Math.min(count[0]!, room) }, (_, index) => processAt(view, index * PROCESS.size)) };
    }
  }
}

function processAt(view: DataView, offset: number): NvmlProcess {
  const used = view.getBigUint64(offset + PROCESS.used, true);
  return { pid: view.getUint32(offset + PROCESS.pid, true), bytes: used === NOT_AVAILABLE ? null : Number(used) };
}

/** Reads a text that NVML ends with a NUL. */
export function textOf(read: (bytes: Uint8Array) => number): { readonly code: number; readonly text: string } {
  const bytes = new Uint8Array(TEXT_BYTES);
  const code = read(bytes);
  const end = bytes.indexOf(0);
  return { code, text: code === SUCCESS ? new TextDecoder().decode(bytes.subarray(0, end < 0 ? bytes.length : end)) : '' };
}
