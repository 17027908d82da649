/**
 * NVIDIA's management library, called in place. It is part of the driver and found at run time; nothing here is needed
 * to run without it. Arguments and results follow nvml.h (R580) on 64-bit machines, little-endian; a function that the
 * driver lacks answers like the driver would: FUNCTION_NOT_FOUND.
 *
 * Not to be used on a thread that may not wait: a call into a driver in trouble can take seconds.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { KoffiFunc, LibraryHandle } from 'koffi';
import { FUNCTION_NOT_FOUND } from './codes';

const HANDLE = 'uint64_t';
const OUT = 'void *';
const UINT = 'uint32_t';

const SIGNATURES = {
  nvmlInit_v2: [],
  nvmlShutdown: [],
  nvmlSystemGetDriverVersion: [OUT, UINT],
  nvmlSystemGetCudaDriverVersion_v2: [OUT],
  nvmlDeviceGetCount_v2: [OUT],
  nvmlDeviceGetHandleByIndex_v2: [UINT, OUT],
  nvmlDeviceGetUUID: [HANDLE, OUT, UINT],
  nvmlDeviceGetName: [HANDLE, OUT, UINT],
  nvmlDeviceGetMemoryInfo_v2: [HANDLE, OUT],
  nvmlDeviceGetMemoryInfo: [HANDLE, OUT],
  nvmlDeviceGetArchitecture: [HANDLE, OUT],
  nvmlDeviceGetComputeRunningProcesses_v3: [HANDLE, OUT, OUT],
  nvmlDeviceGetComputeRunningProcesses_v2: [HANDLE, OUT, OUT],
  nvmlDeviceGetComputeRunningProcesses: [HANDLE, OUT, OUT],
  nvmlDeviceGetGraphicsRunningProcesses_v3: [HANDLE, OUT, OUT],
  nvmlDeviceGetGraphicsRunningProcesses_v2: [HANDLE, OUT, OUT],
  nvmlDeviceGetGraphicsRunningProcesses: [HANDLE, OUT, OUT],
  nvmlDeviceGetProcessUtilization: [HANDLE, OUT, OUT, 'uint64_t'],
  nvmlDeviceGetSamples: [HANDLE, 'int32_t', 'uint64_t', OUT, OUT, OUT],
  nvmlDeviceGetMigMode: [HANDLE, OUT, OUT],
  nvmlDeviceGetMaxMigDeviceCount: [HANDLE, OUT],
  nvmlDeviceGetMigDeviceHandleByIndex: [HANDLE, UINT, OUT],
  nvmlDeviceGetGpuInstanceId: [HANDLE, OUT],
  nvmlDeviceGetComputeInstanceId: [HANDLE, OUT],
  nvmlDeviceGetEncoderUtilization: [HANDLE, OUT, OUT],
  nvmlDeviceGetDecoderUtilization: [HANDLE, OUT, OUT],
  nvmlDeviceGetCurrentClocksThrottleReasons: [HANDLE, OUT],
  nvmlDeviceGetFanSpeed: [HANDLE, OUT],
  nvmlDeviceGetCurrPcieLinkGeneration: [HANDLE, OUT],
  nvmlDeviceGetCurrPcieLinkWidth: [HANDLE, OUT],
  nvmlDeviceGetPcieThroughput: [HANDLE, 'int32_t', OUT],
  nvmlDeviceGetTotalEccErrors: [HANDLE, 'int32_t', 'int32_t', OUT],
  nvmlDeviceGetUtilizationRates: [HANDLE, OUT],
  nvmlDeviceGetPowerUsage: [HANDLE, OUT],
  nvmlDeviceGetFieldValues: [HANDLE, 'int32_t', OUT],
  nvmlDeviceGetTotalEnergyConsumption: [HANDLE, OUT],
  nvmlDeviceGetTemperature: [HANDLE, 'int32_t', OUT],
  nvmlDeviceGetClockInfo: [HANDLE, 'int32_t', OUT],
} as const;
export type NvmlFunction = keyof typeof SIGNATURES;

export type NvmlArgument = number | bigint | Uint8Array | BigUint64Array | Uint32Array;
type Call = KoffiFunc<(...args: NvmlArgument[]) => number>;

export interface Loader {
  /** Null: what this process has loaded already. */
  load(path: string | null): LibraryHandle;
}

export class NvmlLibrary {
  readonly path: string;
  readonly #handle: LibraryHandle;
  readonly #calls = new Map<NvmlFunction, Call | null>();

  /** Throws in the loader's words when `path` cannot be loaded. */
  constructor(loader: Loader, path: string) {
    this.path = path;
    this.#handle = loader.load(path);
    for (const name of Object.keys(SIGNATURES) as NvmlFunction[])
      this.#calls.set(name, this.#bind(name));
  }

  /** The function's nvmlReturn_t. */
  call(name: NvmlFunction, ...args: NvmlArgument[]): number {
    const call = this.#calls.get(name);
    return call ? call(...args) : FUNCTION_NOT_FOUND;
  }

  /** The function itself, for calls too many to look it up each time. Not to be called once the library is unloaded. */
  bound(name: NvmlFunction): (handle: bigint, out: Uint8Array) => number {
    return this.#calls.get(name) ?? (() => FUNCTION_NOT_FOUND);
  }

  has(name: NvmlFunction): boolean {
    return this.#calls.get(name) != null;
  }

  /** The library must not be called afterwards. */
  unload(): void {
    for (const name of this.#calls.keys()) this.#calls.set(name, null);
    this.#handle.unload();
  }

  #bind(name: NvmlFunction): Call | null {
    try {
      return this.#handle.func(name, 'int32_t', [...SIGNATURES[name]]) as Call;
    } catch {
      return null;
    }
  }
}

/** Where WSL and the device plugins of Kubernetes lay the driver's libraries, known to no system's own search. */
const LINUX_FOLDERS = ['/usr/lib/wsl/lib', '/usr/local/nvidia/lib64'];

/** Where to look for the library, best first. A name without a folder is left to the system's own search. */
export function libraryPlaces(env: NodeJS.ProcessEnv): string[] {
  if (env.PLUMBLINE_NVML) return [env.PLUMBLINE_NVML];
  if (process.platform === 'win32') {
    const installed = [
      join(env.SystemRoot ?? 'C:\\Windows', 'System32', 'nvml.dll'),
      join(env.ProgramFiles ?? 'C:\\Program Files', 'NVIDIA Corporation', 'NVSMI', 'nvml.dll'),
    ];
    return [...installed.filter((path) => existsSync(path)), 'nvml.dll'];
  }
  return [
    'libnvidia-ml.so.1',
    ...LINUX_FOLDERS.map((folder) => join(folder, 'libnvidia-ml.so.1')).filter((path) =>
      existsSync(path),
    ),
  ];
}

/** Tries the places in turn. */
export function loadLibrary(
  loader: Loader,
  places: readonly string[],
):
  | { readonly ok: true; readonly library: NvmlLibrary }
  | { readonly ok: false; readonly detail: string } {
  const failures: string[] = [];
  for (const path of places) {
    try {
      return { ok: true, library: new NvmlLibrary(loader, path) };
    } catch (error) {
      failures.push(`${path} could not be loaded (${explainLoadError(error)})`);
    }
  }
  return { ok: false, detail: failures.join('; ') };
}

const explainLoadError = (error: unknown): string =>
  (error instanceof Error ? error.message : String(error))
    .replace(/^Failed to load shared library:\s*/, '')
    .replace(/\.$/, '');
