/**
 * One GPU, or one MIG device of it, through NVML. Each read returns NVML's code and leaves its values in the given
 * array, so that a read at 1 kHz allocates nothing.
 */
import { ARGUMENT_VERSION_MISMATCH, FUNCTION_NOT_FOUND, NOT_SUPPORTED, SUCCESS } from './codes';
import { DriverStamps } from './driver-stamps';
import type { NvmlFunction, NvmlLibrary } from './library';
import { listProcesses, type NvmlProcess, type ProcessUse, processUse } from './processes';
import { SampleBuffer, type SampleType } from './samples';
import { FIELD_VALUE, MEMORY_V1, MEMORY_V2, versioned } from './struct-layout';

const MEMORY_V2_VERSION = versioned(MEMORY_V2.size, 2);
const TEXT_BYTES = 96;
/** What a driver that lacks a version of a call answers, or a sandbox that passes it on to none. */
const LACKS_VERSION = new Set([FUNCTION_NOT_FOUND, ARGUMENT_VERSION_MISMATCH, NOT_SUPPORTED]);

export type MemoryVersion = 1 | 2;

export interface MigDevice {
  readonly slot: number;
  readonly uuid: string;
  readonly device: NvmlDevice;
  /** Null where the driver does not tell. */
  readonly gpuInstance: number | null;
  readonly computeInstance: number | null;
}

export class NvmlDevice {
  readonly #library: NvmlLibrary;
  readonly #handle: bigint;
  /** A Buffer, since the binding looks a plain array up in a longer way. */
  readonly #bytes = Buffer.alloc(64);
  readonly #second = new Uint32Array(1);
  readonly #view = new DataView(this.#bytes.buffer, this.#bytes.byteOffset);
  readonly #buffers = new Map<SampleType, SampleBuffer>();
  readonly #memoryV2: (handle: bigint, out: Uint8Array) => number;
  #memoryVersion: MemoryVersion;
  readonly #usedStamps = new DriverStamps();

  constructor(library: NvmlLibrary, handle: bigint) {
    this.#library = library;
    this.#handle = handle;
    this.#memoryV2 = library.bound('nvmlDeviceGetMemoryInfo_v2');
    this.#memoryVersion = library.has('nvmlDeviceGetMemoryInfo_v2') ? 2 : 1;
  }

  /** Version 1 counts memory that the driver reserves for itself as used; version 2 and nvidia-smi do not. */
  get memoryVersion(): MemoryVersion {
    return this.#memoryVersion;
  }

  /** `out`: used bytes, total bytes, bytes reserved by the driver where version 2 tells them apart. */
  memory(out: Float64Array): number {
    if (this.#memoryVersion === 2) {
      this.#view.setUint32(MEMORY_V2.version, MEMORY_V2_VERSION, true);
      const code = this.#memoryV2(this.#handle, this.#bytes);
      if (!LACKS_VERSION.has(code)) {
        out[0] = this.#u64(MEMORY_V2.used);
        out[1] = this.#u64(MEMORY_V2.total);
        out[2] = this.#u64(MEMORY_V2.reserved);
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

  /** Of the video encoder or decoder, in thousandths of a percent. */
  videoUtilization(
    out: Float64Array,
    name: 'nvmlDeviceGetEncoderUtilization' | 'nvmlDeviceGetDecoderUtilization',
  ): number {
    const code = this.#library.call(name, this.#handle, this.#bytes, this.#second);
    out[0] = this.#view.getUint32(0, true) * 1000;
    return code;
  }

  /** A call that fills an unsigned int; `selectors` come between the device and it. */
  u32(out: Float64Array, factor: number, name: NvmlFunction, ...selectors: number[]): number {
    const code = this.#library.call(name, this.#handle, ...selectors, this.#bytes);
    out[0] = this.#view.getUint32(0, true) * factor;
    return code;
  }

  /** A call that fills an unsigned long long. */
  u64(out: Float64Array, name: NvmlFunction, ...selectors: number[]): number {
    const code = this.#library.call(name, this.#handle, ...selectors, this.#bytes);
    out[0] = this.#u64(0);
    return code;
  }

  /** A field of nvmlDeviceGetFieldValues that is an unsigned int. */
  field(out: Float64Array, id: number): number {
    this.#view.setUint32(FIELD_VALUE.fieldId, id, true);
    this.#view.setUint32(FIELD_VALUE.scopeId, 0, true);
    this.#view.setUint32(FIELD_VALUE.nvmlReturn, SUCCESS, true);
    const code = this.#library.call('nvmlDeviceGetFieldValues', this.#handle, 1, this.#bytes);
    out[0] = this.#view.getUint32(FIELD_VALUE.value, true);
    return code === SUCCESS ? this.#view.getUint32(FIELD_VALUE.nvmlReturn, true) : code;
  }

  /** What the driver itself has sampled since the last call; see SampleBuffer. */
  samples(type: SampleType, each: (agoUs: number, value: number) => void): number {
    const buffer = this.#buffers.get(type) ?? new SampleBuffer(this.#library, this.#handle, type);
    this.#buffers.set(type, buffer);
    return buffer.read(each);
  }

  computeProcesses(): { readonly code: number; readonly processes: NvmlProcess[] } {
    return listProcesses(this.#library, this.#handle, 'Compute');
  }

  graphicsProcesses(): { readonly code: number; readonly processes: NvmlProcess[] } {
    return listProcesses(this.#library, this.#handle, 'Graphics');
  }

  /** How busy each process kept the GPU since the last call. */
  processUse(): { readonly code: number; readonly use: ProcessUse[] } {
    return processUse(this.#library, this.#handle, this.#usedStamps);
  }

  /** Its MIG devices, empty slots left out; none where MIG is off or unknown. */
  migDevices(): MigDevice[] {
    const [mode, pending, slots] = [new Uint32Array(1), new Uint32Array(1), new Uint32Array(1)];
    if (
      this.#library.call('nvmlDeviceGetMigMode', this.#handle, mode, pending) !== SUCCESS ||
      mode[0] === 0
    )
      return [];
    if (this.#library.call('nvmlDeviceGetMaxMigDeviceCount', this.#handle, slots) !== SUCCESS)
      return [];
    return Array.from({ length: slots[0]! }, (_, slot) => slot).flatMap((slot) => {
      const handle = new BigUint64Array(1);
      if (
        this.#library.call('nvmlDeviceGetMigDeviceHandleByIndex', this.#handle, slot, handle) !==
        SUCCESS
      )
        return [];
      const device = new NvmlDevice(this.#library, handle[0]!);
      const { code, text } = device.uuid();
      return code === SUCCESS
        ? [
            {
              slot,
              uuid: text,
              device,
              gpuInstance: device.#instance('nvmlDeviceGetGpuInstanceId'),
              computeInstance: device.#instance('nvmlDeviceGetComputeInstanceId'),
            },
          ]
        : [];
    });
  }

  #instance(name: 'nvmlDeviceGetGpuInstanceId' | 'nvmlDeviceGetComputeInstanceId'): number | null {
    return this.#library.call(name, this.#handle, this.#bytes) === SUCCESS
      ? this.#view.getUint32(0, true)
      : null;
  }

  uuid(): { readonly code: number; readonly text: string } {
    return readText((bytes) =>
      this.#library.call('nvmlDeviceGetUUID', this.#handle, bytes, TEXT_BYTES),
    );
  }

  name(): { readonly code: number; readonly text: string } {
    return readText((bytes) =>
      this.#library.call('nvmlDeviceGetName', this.#handle, bytes, TEXT_BYTES),
    );
  }

  /** Exact below 2^53, far above what any device holds. */
  #u64(offset: number): number {
    return this.#view.getUint32(offset + 4, true) * 2 ** 32 + this.#view.getUint32(offset, true);
  }
}

/** Reads a text that NVML ends with a NUL. */
export function readText(read: (bytes: Uint8Array) => number): {
  readonly code: number;
  readonly text: string;
} {
  const bytes = new Uint8Array(TEXT_BYTES);
  const code = read(bytes);
  const end = bytes.indexOf(0);
  return {
    code,
    text:
      code === SUCCESS
        ? new TextDecoder().decode(bytes.subarray(0, end < 0 ? bytes.length : end))
        : '',
  };
}
