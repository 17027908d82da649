/** Packed rows with the WebAssembly of simd.wat, over tfjs's own wasm memory without a copy, for rows it can take whole. */
import type { TensorInfo } from '@tensorflow/tfjs-core';
import type { PackedLayout } from '../../shared/model/packing';
import type { WasmMemoryBackend } from '../tfjs/internals';
import { findOffset, overMemory } from '../wasm/memory';
import { DOT_LANES, productKernels } from '../wasm/products';
import type { PackedTensors } from './kernel';
import binary from './simd.wat';

const FLOAT = 4;
/**
 * By bits of a number: `unpack` writes one row from a byte offset to another; `dots` multiplies one row x with each of
 * `rows` packed rows that lie one behind the other.
 */
const simdKernels = overMemory<{
  unpack16: Unpack;
  unpack8: Unpack;
  unpack4: Unpack;
  dots16: Dots;
  dots8: Dots;
  dots4: Dots;
}>(binary, ['unpack16', 'unpack8', 'unpack4', 'dots16', 'dots8', 'dots4']);
type Unpack = (from: number, to: number, columns: number, group: number, scales: number) => void;
type Dots = (
  from: number,
  x: number,
  columns: number,
  rows: number,
  group: number,
  scales: number,
  out: number,
) => void;

export function fitsSimd({ columns }: PackedLayout): boolean {
  return columns % DOT_LANES === 0;
}

/** [count, columns] to [count, rows]. Of several rows each packed one is unpacked once, and its room is taken meanwhile. */
export function multiplySimd(
  backend: WasmMemoryBackend,
  layout: PackedLayout,
  packed: PackedTensors,
  x: TensorInfo,
  count: number,
  output: TensorInfo,
): void {
  const { rows, columns, bits, group } = layout;
  if (count === 1) {
    const { dots16, dots8, dots4 } = simdKernels(backend);
    byBits(bits, dots16, dots8, dots4)(
      findOffset(backend, packed.words),
      findOffset(backend, x),
      columns,
      rows,
      group,
      packed.scales ? findOffset(backend, packed.scales) : 0,
      findOffset(backend, output),
    );
    return;
  }
  const row = backend.wasm._malloc(FLOAT * columns);
  const read = reader(backend, layout, packed);
  const { dots } = productKernels(backend);
  const [from, to] = [findOffset(backend, x), findOffset(backend, output)];
  for (let index = 0; index < rows; index++) {
    read(index, row);
    dots(row, from, columns, count, to + FLOAT * index, FLOAT * rows);
  }
  backend.wasm._free(row);
}

export function unpackSimd(
  backend: WasmMemoryBackend,
  layout: PackedLayout,
  packed: PackedTensors,
  rows: ArrayLike<number> | number,
  output: TensorInfo,
): void {
  const read = reader(backend, layout, packed);
  const to = findOffset(backend, output);
  const count = typeof rows === 'number' ? rows : rows.length;
  for (let index = 0; index < count; index++)
    read(typeof rows === 'number' ? index : rows[index]!, to + FLOAT * index * layout.columns);
}

/** Reads one row to a place in memory. */
function reader(
  backend: WasmMemoryBackend,
  layout: PackedLayout,
  { words, scales }: PackedTensors,
): (row: number, to: number) => void {
  const { unpack16, unpack8, unpack4 } = simdKernels(backend);
  const unpack = byBits(layout.bits, unpack16, unpack8, unpack4);
  const from = findOffset(backend, words);
  const scaleAt = scales ? findOffset(backend, scales) : 0;
  return (row, to) =>
    unpack(
      from + 4 * row * layout.words,
      to,
      layout.columns,
      layout.group,
      scaleAt + FLOAT * row * layout.scales,
    );
}

function byBits<Kernel>(bits: number, of16: Kernel, of8: Kernel, of4: Kernel): Kernel {
  if (bits === 16) return of16;
  return bits === 8 ? of8 : of4;
}
