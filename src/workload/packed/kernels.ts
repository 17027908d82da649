/**
 * Three kernels that tfjs lacks, for the cpu and wasm backends, both over typed arrays (those of wasm lie in its heap);
 * where rows hold whole sixteens of numbers, wasm reads them with instructions that take several at once:
 *
 *   Pack          x [.., columns]                          -> words [.., words], and scales [.., scales] for integers
 *   Unpack        words, scales?, ids?                     -> [.., columns]; with ids those rows alone, [ids, columns]
 *   PackedMatMul  x [N, columns], words [rows, words], …   -> [N, rows]
 *
 * A row is unpacked where it is used and at once forgotten, so that a product needs no room but its result.
 */
import {
  type DataType,
  type KernelFunc,
  registerKernel,
  type TensorInfo,
  util,
} from '@tensorflow/tfjs-core';
import { type PackedLayout, type PackedPrecision, packedLayout } from '../../shared/model/packing';
import type { WasmMemoryBackend } from '../wasm/memory';
import { multiply, packRows, type RowReader, rowReader } from './rows';
import { fitsSimd, multiplySimd, unpackSimd } from './simd';

export interface PackedAttributes {
  readonly precision: PackedPrecision;
  readonly columns: number;
}

type Values = Float32Array | Int32Array;

/** What the two backends call differently. */
interface Access {
  output(shape: readonly number[], dtype: DataType): TensorInfo;
  values(tensor: TensorInfo): Values;
  readonly wasm: WasmMemoryBackend | null;
}
interface CpuBackend {
  makeTensorInfo(shape: number[], dtype: DataType, values: Values): TensorInfo;
  readonly data: { get(dataId: object): { readonly values: Values } };
}
interface WasmBackend extends WasmMemoryBackend {
  makeOutput(shape: number[], dtype: DataType): TensorInfo;
  typedArrayFromHeap(tensor: TensorInfo): Values;
}

export function registerPackedKernels(backendName: 'cpu' | 'wasm'): void {
  const access = (backend: object): Access =>
    backendName === 'cpu' ? cpuAccess(backend as CpuBackend) : wasmAccess(backend as WasmBackend);
  const register = (
    kernelName: string,
    run: (
      access: Access,
      inputs: Inputs,
      attributes: PackedAttributes,
    ) => TensorInfo | TensorInfo[],
  ): void => {
    const kernelFunc: KernelFunc = ({ inputs, backend, attrs }) =>
      run(
        access(backend as object),
        inputs as unknown as Inputs,
        attrs as unknown as PackedAttributes,
      );
    registerKernel({ kernelName, backendName, kernelFunc });
  };
  register('Pack', pack);
  register('Unpack', unpack);
  register('PackedMatMul', packedMatMul);
}

interface Inputs {
  readonly x?: TensorInfo;
  readonly words?: TensorInfo;
  readonly scales?: TensorInfo;
  readonly ids?: TensorInfo;
}

function cpuAccess(backend: CpuBackend): Access {
  return {
    output: (shape, dtype) =>
      backend.makeTensorInfo(
        [...shape],
        dtype,
        dtype === 'int32'
          ? new Int32Array(util.sizeFromShape([...shape]))
          : new Float32Array(util.sizeFromShape([...shape])),
      ),
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

/** The layout of all rows of a tensor of packed words, or of one that is to be packed. */
export function packedShape(
  shape: readonly number[],
  { precision, columns }: PackedAttributes,
): PackedLayout {
  return packedLayout(util.sizeFromShape(shape.slice(0, -1)), columns, precision);
}

function pack(access: Access, { x }: Inputs, attributes: PackedAttributes): TensorInfo[] {
  const lead = x!.shape.slice(0, -1);
  const layout = packedShape(x!.shape, attributes);
  // Room first: the heap may move when it grows.
  const outputs = [
    access.output([...lead, layout.words], 'int32'),
    ...(layout.scales > 0 ? [access.output([...lead, layout.scales], 'float32')] : []),
  ];
  const values = access.values(x!);
  const packed = packRows(layout, (row, into) =>
    into.set(values.subarray(row * layout.columns, (row + 1) * layout.columns)),
  );
  access.values(outputs[0]!).set(packed.words);
  if (packed.scales) access.values(outputs[1]!).set(packed.scales);
  return outputs;
}

function unpack(
  access: Access,
  { words, scales, ids }: Inputs,
  attributes: PackedAttributes,
): TensorInfo {
  const { columns } = attributes;
  const output = access.output(
    [...(ids ?? { shape: words!.shape.slice(0, -1) }).shape, columns],
    'float32',
  );
  const layout = packedShape(words!.shape, attributes);
  const chosen = ids && access.values(ids);
  const count = util.sizeFromShape(output.shape) / columns;
  if (access.wasm && fitsSimd(layout)) {
    unpackSimd(access.wasm, layout, { words: words!, scales }, chosen ?? count, output);
    return output;
  }
  const read = chooseReader(access, layout, words!, scales);
  const into = access.values(output) as Float32Array;
  for (let index = 0; index < count; index++)
    read(chosen ? chosen[index]! : index, into.subarray(index * columns, (index + 1) * columns));
  return output;
}

function packedMatMul(
  access: Access,
  { x, words, scales }: Inputs,
  attributes: PackedAttributes,
): TensorInfo {
  const layout = packedShape(words!.shape, attributes);
  const count = x!.shape[0]!;
  const output = access.output([count, layout.rows], 'float32');
  if (access.wasm && fitsSimd(layout))
    multiplySimd(access.wasm, layout, { words: words!, scales }, x!, count, output);
  else
    multiply(
      layout,
      chooseReader(access, layout, words!, scales),
      access.values(x!) as Float32Array,
      count,
      access.values(output) as Float32Array,
    );
  return output;
}

function chooseReader(
  access: Access,
  layout: PackedLayout,
  words: TensorInfo,
  scales: TensorInfo | undefined,
): RowReader {
  return rowReader(
    layout,
    access.values(words) as Int32Array,
    scales ? (access.values(scales) as Float32Array) : null,
  );
}
