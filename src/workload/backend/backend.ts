/**
 * Chooses and starts a tfjs backend: what was asked for, or the first that works of webgpu, wasm, cpu. A software
 * Vulkan adapter is slower than wasm and is taken only when webgpu was asked for by name.
 */
import { existsSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { setWasmPaths } from '@tensorflow/tfjs-backend-wasm';
import { enableProdMode, getBackend, setBackend, type Tensor } from '@tensorflow/tfjs-core';
import { Failure } from '../../shared/base/failure';
import { BACKENDS, type Backend } from '../../shared/model/spec';
import { registerPackedKernels } from '../packed/kernels';
import { registerPackedWebGpuKernels } from '../packed/webgpu';
import { wasmBackend, webGpuBackend } from '../tfjs/internals';
import { amendWasmKernels } from '../wasm/amended';
import { refuseFalsePointers } from '../wasm/memory';

export interface ChosenBackend {
  readonly backend: Backend;
  /** The GPU as its driver names it; null off the GPU. */
  readonly adapter: string | null;
  /** The adapter computes on the CPU. */
  readonly software: boolean;
  /** Bytes of the largest buffer that a shader can be given; null off the GPU. */
  readonly largestBuffer: number | null;
}

const SOFTWARE = /swiftshader|llvmpipe|lavapipe|software|basic render/i;

export async function startBackend(asked: Backend | null): Promise<ChosenBackend> {
  enableProdMode();
  if (asked) {
    const started = await start(asked, true);
    if (typeof started !== 'string') return started;
    throw new Failure(
      'unavailable',
      `The ${asked} backend is not available: ${started}.`,
      'Choose another with --backend.',
    );
  }
  for (const backend of BACKENDS) {
    const started = await start(backend, false);
    if (typeof started !== 'string') return started;
  }
  throw new Failure('unavailable', 'No tfjs backend could be started.', 'Rebuild the workload.');
}

/** The backend, or why it cannot be had. */
async function start(backend: Backend, allowSoftware: boolean): Promise<ChosenBackend | string> {
  if (backend === 'webgpu')
    return allowSoftware || mayHaveGpu() ? startWebGpu(allowSoftware) : 'no GPU device was found';
  if (backend === 'wasm') {
    setWasmPaths(`${dirname(fileURLToPath(import.meta.url))}/`);
    amendWasmKernels();
  } else {
    await import('@tensorflow/tfjs-backend-cpu');
  }
  registerPackedKernels(backend);
  const started = await setBackend(backend);
  if (started && backend === 'wasm') refuseFalsePointers(wasmBackend());
  return started
    ? { backend, adapter: null, software: false, largestBuffer: null }
    : 'tfjs could not start it';
}

/** On Linux a GPU shows as a device file; without one the driver search would only print warnings of its own. */
function mayHaveGpu(): boolean {
  return (
    process.platform !== 'linux' ||
    ['/dev/dri', '/dev/nvidiactl', '/dev/dxg', '/dev/kfd'].some((path) => existsSync(path))
  );
}

async function startWebGpu(allowSoftware: boolean): Promise<ChosenBackend | string> {
  try {
    const { create, globals } = await import('webgpu');
    Object.assign(globalThis, globals);
    const gpu = create([]);
    const adapter = await gpu.requestAdapter({ powerPreference: 'high-performance' });
    if (!adapter) return 'no Vulkan, Metal or Direct3D adapter was found';
    const { vendor, architecture, device, description, isFallbackAdapter } = adapter.info;
    const name = [description || device || vendor, architecture].filter(Boolean).join(', ');
    const software =
      isFallbackAdapter || SOFTWARE.test([vendor, architecture, device, description].join(' '));
    if (software && !allowSoftware) return `${name} computes on the CPU`;
    Object.defineProperty(globalThis.navigator, 'gpu', { value: gpu, configurable: true });
    // The backend registers itself only if it finds navigator.gpu while its module is loaded.
    await import('@tensorflow/tfjs-backend-webgpu');
    registerPackedWebGpuKernels();
    const { maxBufferSize, maxStorageBufferBindingSize } = adapter.limits;
    const largestBuffer = Math.min(maxBufferSize, maxStorageBufferBindingSize);
    return (await setBackend('webgpu'))
      ? { backend: 'webgpu', adapter: name, software, largestBuffer }
      : 'tfjs could not start it';
  } catch (error) {
    return error instanceof Error
      ? error.message.split('\n')[0]!.replace(/\.$/, '')
      : String(error);
  }
}

/** WebGPU moves a tensor to the GPU at its first use; this does it now, so that loading is where weights appear. */
export function upload(tensors: readonly Tensor[]): void {
  if (getBackend() !== 'webgpu') return;
  const gpu = webGpuBackend();
  for (const { dataId } of tensors) gpu.uploadToGPU(dataId);
}
