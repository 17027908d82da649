/** The WebAssembly of simd.wat over tfjs's own wasm memory: packed rows without a copy, for rows it can take whole. */
import type { TensorInfo } from '@tensorflow/tfjs-core';
import type { PackedLayout } from '../../shared/model/packing';
import binary from './simd.wat';

/** What of tfjs's wasm backend is used here: emscripten's memory and heap, and where a tensor lies in it. */
export interface WasmMemoryBackend {
  readonly wasm: { readonly asm: { readonly memory: WebAssembly.Memory }; _malloc(bytes: number): number; _free(pointer: number): void };
  readonly dataIdMap: { get(dataId: object): { readonly memoryOffset: number } };
}
type Unpack = (from: number, to: number, columns: number, group: number, scales: number) => void;
interface Kernels {
  readonly unpack8: Unpack;
  readonly unpack4: Unpack;
  readonly unpack16: Unpack;
  dots(row: number, x: number, columns: number, count: number, out: number, stride: number): void;
}
export interface PackedTensors { readonly words: TensorInfo; readonly scales: TensorInfo | undefined }

const LANES = 16;
const FLOAT = 4;
let kernels: Kernels | null = null;

export function fitsSimd({ columns }: PackedLayout): boolean {
  return columns % LANES === 0;
}

/** [count, columns] to [count, rows]; the room of one row is taken meanwhile. */
export function multiplySimd(backend: WasmMemoryBackend, layout: PackedLayout, packed: PackedTensors, x: TensorInfo, count: number, output: TensorInfo): void {
  const { rows, columns } = layout;
  const row = backend.wasm._malloc(FLOAT * columns);
  const read = reader(backend, layout, packed);
  const { dots } = kernelsOf(backend);
  const [from, to] = [offsetOf(backend, x), offsetOf(backend, output)];
  for (let index = 0; index < rows; index++) {
    read(index, row);
    dots(row, from, columns, count, to + FLOAT * index, FLOAT * rows);
  }
  backend.wasm._free(row);
}

export function unpackSimd(backend: WasmMemoryBackend, layout: PackedLayout, packed: PackedTensors, rows: ArrayLike<number> | number, output: TensorInfo): void {
  const read = reader(backend, layout, packed);
  const to = offsetOf(backend, output);
  const count = typeof rows === 'number' ? rows : rows.length;
  for (let index = 0; index < count; index++) read(typeof rows === 'number' ? index : rows[index]!, to + FLOAT * index * layout.columns);
}

/** Reads one row to a place in memory. */
function reader(backend: WasmMemoryBackend, layout: PackedLayout, { words, scales }: PackedTensors): (row: number, to: number) => void {
  const own = kernelsOf(backend);
  const unpack = layout.bits === 16 ? own.unpack16 : layout.bits === 8 ? own.unpack8 : own.unpack4;
  const from = offsetOf(backend, words);
  const scaleAt = scales ? offsetOf(backend, scales) : 0;
  return (row, to) => unpack(from + 4 * row * layout.words, to, layout.columns, layout.group, scaleAt + FLOAT * row * layout.scales);
}

function offsetOf(backend: WasmMemoryBackend, { dataId }: TensorInfo): number {
  return backend.dataIdMap.get(dataId).memoryOffset;
}

function kernelsOf(backend: WasmMemoryBackend): Kernels {
  kernels ??= new WebAssembly.Instance(new WebAssembly.Module(binary), { tfjs: { memory: backend.wasm.asm.memory } }).exports as unknown as Kernels;
  return kernels;
}
