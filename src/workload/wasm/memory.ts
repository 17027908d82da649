/** What is used of the insides of tfjs's wasm backend: its memory, in which WebAssembly of our own works without a copy. */
import type { TensorInfo } from '@tensorflow/tfjs-core';

/** Emscripten's memory and heap, and where a tensor lies in it. */
export interface WasmMemoryBackend {
  readonly wasm: {
    readonly asm: { readonly memory: WebAssembly.Memory };
    _malloc(bytes: number): number;
    _free(pointer: number): void;
  };
  readonly dataIdMap: { get(dataId: object): { readonly memoryOffset: number } };
}

/** Byte offset of a tensor; no longer true once the heap has freed it. */
export function findOffset(backend: WasmMemoryBackend, { dataId }: TensorInfo): number {
  return backend.dataIdMap.get(dataId).memoryOffset;
}

/** The exports of `binary` over the backend's memory, assembled at the first call. */
export function overMemory<Exports>(
  binary: Uint8Array<ArrayBuffer>,
): (backend: WasmMemoryBackend) => Exports {
  let exports: Exports | null = null;
  return (backend) =>
    (exports ??= new WebAssembly.Instance(new WebAssembly.Module(binary), {
      tfjs: { memory: backend.wasm.asm.memory },
    }).exports as unknown as Exports);
}
