/**
 * The packed kernels for the cpu and wasm backends, both over typed arrays (those of wasm lie in its heap); where rows
 * hold whole sixteens of numbers, wasm reads them with instructions that take several at once. A row is unpacked where
 * it is used and at once forgotten, so that a product needs no room but its result.
 */
import { type DataType, type TensorInfo, util } from '@tensorflow/tfjs-core';
import type { PackedLayout } from '../../shared/model/packing';
import type { CpuBackend, Values, WasmBackend, WasmMemoryBackend } from '../tfjs/internals';
import {
  layoutRows,
  type PackedAttributes,
  type PackedKernels,
  type PackedTensors,
  registerKernels,
} from './kernel';
import { multiplyRows, packRows, type RowReader, rowReader } from './rows';
import { fitsSimd, multiplySimd, unpackSimd } from './simd';

/** What the two backends call differently. */
interface Access {
  output(shape: readonly number[], dtype: DataType): TensorInfo;
  values(tensor: TensorInfo): Values;
  readonly wasm: WasmMemoryBackend | null;
}

export function registerPackedKernels(backendName: 'cpu' | 'wasm'): void {
  if (backendName === 'cpu')
    registerKernels(backendName, (backend) => cpuAccess(backend as CpuBackend), KERNELS);
  else registerKernels(backendName, (backend) => wasmAccess(backend as WasmBackend), KERNELS);
}

function cpuAccess(backend: CpuBackend): Access {
  return {
    output: (shape, dtype) => {
      const size = util.sizeFromShape([...shape]);
      const values = dtype === 'int32' ? new Int32Array(size) : new Float32Array(size);
      return backend.makeTensorInfo([...shape], dtype, values);
    },
    values: ({ dataId }) => backend.data.get(dataId).values,
    wasm: null,
  };
}

function wasmAccess(backend: WasmBackend): Access {
  return {
    output: (shape, dtype) => backend.makeOutput([...shape], dtype),
    values: (tensor) => backend.typedArrayFromHeap(tensor),
    wasm: backend,
  };
}

const KERNELS: PackedKernels<Access> = { pack, unpack, multiply };

function pack(access: Access, x: TensorInfo, attributes: PackedAttributes): TensorInfo[] {
  const lead = x.shape.slice(0, -1);
  const layout = layoutRows(x.shape, attributes);
  // Room first: the heap may move when it grows.
  const words = access.output([...lead, layout.words], 'int32');
  const scales = layout.scales > 0 ? access.output([...lead, layout.scales], 'float32') : null;
  const values = access.values(x);
  const packed = packRows(layout, (row, into) =>
    into.set(values.subarray(row * layout.columns, (row + 1) * layout.columns)),
  );
  access.values(words).set(packed.words);
  if (scales === null || packed.scales === null) return [words];
  access.values(scales).set(packed.scales);
  return [words, scales];
}

function unpack(
  access: Access,
  packed: PackedTensors,
  ids: TensorInfo | undefined,
  attributes: PackedAttributes,
): TensorInfo {
  const { columns } = attributes;
  const { words } = packed;
  const output = access.output([...(ids?.shape ?? words.shape.slice(0, -1)), columns], 'float32');
  const layout = layoutRows(words.shape, attributes);
  const chosen = ids && access.values(ids);
  const count = util.sizeFromShape(output.shape) / columns;
  if (access.wasm && fitsSimd(layout)) {
    unpackSimd(access.wasm, layout, packed, chosen ?? count, output);
    return output;
  }
  const read = chooseReader(access, layout, packed);
  const into = access.values(output) as Float32Array;
  for (let index = 0; index < count; index++)
    read(chosen ? chosen[index]! : index, into.subarray(index * columns, (index + 1) * columns));
  return output;
}

function multiply(
  access: Access,
  x: TensorInfo,
  packed: PackedTensors,
  attributes: PackedAttributes,
): TensorInfo {
  const layout = layoutRows(packed.words.shape, attributes);
  const count = util.sizeFromShape(x.shape.slice(0, 1));
  const output = access.output([count, layout.rows], 'float32');
  if (access.wasm && fitsSimd(layout)) multiplySimd(access.wasm, layout, packed, x, count, output);
  else
    multiplyRows(
      layout,
      chooseReader(access, layout, packed),
      access.values(x) as Float32Array,
      count,
      access.values(output) as Float32Array,
    );
  return output;
}

function chooseReader(
  access: Access,
  layout: PackedLayout,
  { words, scales }: PackedTensors,
): RowReader {
  return rowReader(
    layout,
    access.values(words) as Int32Array,
    scales ? (access.values(scales) as Float32Array) : null,
  );
}
