/** NVML initialized, with a handle to each GPU it lists. Owned by one thread; `close` gives everything back. */
import { explainCode, type NvmlFault, SUCCESS } from './codes';
import { NvmlDevice, readText } from './device';
import { type Loader, loadLibrary, type NvmlLibrary } from './library';

export interface OpenedDevice {
  readonly index: number;
  readonly uuid: string;
  readonly device: NvmlDevice;
}

export interface FailedDevice {
  readonly index: number;
  readonly fault: NvmlFault;
}

export interface OpenedNvml {
  readonly library: NvmlLibrary;
  readonly devices: readonly OpenedDevice[];
  readonly failed: readonly FailedDevice[];
  close(): void;
}

/** `fault` is null where the library could not even be loaded. */
export type OpenAnswer =
  | { readonly ok: true; readonly nvml: OpenedNvml }
  | { readonly ok: false; readonly fault: NvmlFault | null; readonly detail: string };

export function openNvml(loader: Loader, places: readonly string[]): OpenAnswer {
  const loaded = loadLibrary(loader, places);
  if (!loaded.ok) return { ok: false, fault: null, detail: loaded.detail };
  const { library } = loaded;
  const initialized = library.call('nvmlInit_v2');
  if (initialized !== SUCCESS) {
    library.unload();
    return failed(initialized, 'when it is started');
  }
  const close = () => {
    library.call('nvmlShutdown');
    library.unload();
  };
  const count = new Uint32Array(1);
  const counted = library.call('nvmlDeviceGetCount_v2', count);
  if (counted !== SUCCESS) {
    close();
    return failed(counted, 'when it counts the GPUs');
  }
  const devices: OpenedDevice[] = [];
  const lost: FailedDevice[] = [];
  for (let index = 0; index < count[0]!; index++) {
    const handle = new BigUint64Array(1);
    const code = library.call('nvmlDeviceGetHandleByIndex_v2', index, handle);
    const device = new NvmlDevice(library, handle[0]!);
    const uuid = code === SUCCESS ? device.uuid() : { code, text: '' };
    if (uuid.code === SUCCESS) devices.push({ index, uuid: uuid.text, device });
    else lost.push({ index, fault: explainCode(uuid.code) });
  }
  return { ok: true, nvml: { library, devices, failed: lost, close } };
}

function failed(code: number, when: string): OpenAnswer {
  const fault = explainCode(code);
  return { ok: false, fault, detail: `NVML says ${when} that ${fault.text}` };
}

/** For example `580.65.06`; empty where the driver does not tell. */
export const driverVersion = (library: NvmlLibrary): string =>
  readText((bytes) => library.call('nvmlSystemGetDriverVersion', bytes, bytes.length)).text;

/** For example `13.0`: the newest CUDA this driver runs. */
export function cudaVersion(library: NvmlLibrary): string | null {
  const version = new Uint32Array(1);
  const code = library.call('nvmlSystemGetCudaDriverVersion_v2', version);
  return code === SUCCESS
    ? `${Math.floor(version[0]! / 1000)}.${Math.floor((version[0]! % 1000) / 10)}`
    : null;
}
