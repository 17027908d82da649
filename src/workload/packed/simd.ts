/** Packed rows with the WebAssembly of unpack.wat, over tfjs's own wasm memory without a copy, for rows it can take whole. */
import type { TensorInfo } from '@tensorflow/tfjs-core';
import type { PackedLayout } from '../../shared/model/packing';
import { offsetOf, overMemory, type WasmMemoryBackend } from '../wasm/memory';
import { DOT_LANES, productKernels } from '../wasm/products';
import binary from './unpack.wat';

type Unpack = (from: number, to: number, columns: number, group: number, scales: number) => void;
interface Unpackers {
  readonly unpack8: Unpack;
  readonly unpack4: Unpack;
  readonly unpack16: Unpack;
}
export interface PackedTensors { readonly words: TensorInfo; readonly scales: TensorInfo | undefined }

const FLOAT = 4;
const unpackers = overMemory<Unpackers>(binary);

export function fitsSimd({ columns }: PackedLayout): boolean {
  return columns % DOT_LANES === 0;
}

/** [count, columns] to [count, rows]; the room of one row is taken meanwhile. */
export function multiplySimd(backend: WasmMemoryBackend, layout: PackedLayout, packed: PackedTensors, x: TensorInfo, count: number, output: TensorInfo): void {
  const { rows, columns } = layout;
  const row = backend.wasm._malloc(FLOAT * columns);
  const read = reader(backend, layout, packed);
  const { dots } = productKernels(backend);
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
  const own = unpackers(backend);
  const unpack = layout.bits === 16 ? own.unpack16 : layout.bits === 8 ? own.unpack8 : own.unpack4;
  const from = offsetOf(backend, words);
  const scaleAt = scales ? offsetOf(backend, scales) : 0;
  return (row, to) => unpack(from + 4 * row * layout.words, to, layout.columns, layout.group, scaleAt + FLOAT * row * layout.scales);
}
