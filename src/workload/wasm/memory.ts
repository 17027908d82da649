/** Plumbline's WebAssembly over the memory of tfjs's wasm backend, so that it reads and writes tensors without a copy. */
import type { TensorInfo } from '@tensorflow/tfjs-core';
import type { WasmMemoryBackend } from '../tfjs/internals';

/** Byte offset of a tensor; no longer true once the heap has freed it. */
export function findOffset(backend: WasmMemoryBackend, { dataId }: TensorInfo): number {
  return backend.dataIdMap.get(dataId).memoryOffset;
}

/** Functions that take numbers alone (offsets, counts) and work on memory. */
type NumericFunctions<Name extends string> = Readonly<Record<Name, (...numbers: never[]) => void>>;

/**
 * The functions `names` of `binary` over the backend's memory, assembled at the first call. That they exist is checked
 * then; their parameters are as `Functions` declares them, which must agree with the .wat file.
 */
export function overMemory<Functions extends NumericFunctions<Extract<keyof Functions, string>>>(
  binary: Uint8Array<ArrayBuffer>,
  names: readonly Extract<keyof Functions, string>[],
): (backend: WasmMemoryBackend) => Functions {
  let functions: Functions | null = null;
  return (backend) => {
    functions ??= assemble<Functions>(binary, names, backend.wasm.asm.memory);
    return functions;
  };
}

function assemble<Functions>(
  binary: Uint8Array<ArrayBuffer>,
  names: readonly string[],
  memory: WebAssembly.Memory,
): Functions {
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(binary), {
    tfjs: { memory },
  });
  for (const name of names)
    if (typeof exports[name] !== 'function')
      throw new Error(`WebAssembly exports no function "${name}"`);
  return exports as Functions;
}
