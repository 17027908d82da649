/**
 * The memory of tfjs's wasm backend: Plumbline's WebAssembly over it, which reads and writes tensors without a copy, and
 * an end of the run where there is no more of it.
 */
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

/**
 * There was no piece of so many bytes left. 4 GiB are addressed in all: what kernels pack for themselves counts among
 * them, and what is free may lie in pieces, so that tensors can come to half of it.
 */
export class WasmMemoryExhausted extends Error {
  constructor(readonly bytes: number) {
    super(`no ${bytes} bytes are left in one piece of WebAssembly's memory`);
  }
}

/**
 * tfjs takes for an address whatever an allocation returns: the null pointer of one that failed, and one whose end has
 * wrapped around the 4 GiB, behind which there is nothing. It would then write over the heap; here it throws.
 */
export function refuseFalsePointers({ wasm }: WasmMemoryBackend): void {
  // Emscripten's own _malloc puts itself back when it is first called; the export behind it does not.
  wasm._malloc = (bytes) => {
    const pointer = wasm.asm.malloc(bytes);
    const end = (pointer >>> 0) + bytes;
    if (pointer === 0 || end > wasm.asm.memory.buffer.byteLength)
      throw new WasmMemoryExhausted(bytes);
    return pointer;
  };
}
