/**
 * How the three kernels over packed words are registered with tfjs, whatever computes them: what a call gives them is
 * checked once, here, so that the kernels themselves read typed inputs and attributes.
 *
 *   Pack          x [.., columns]                          -> words [.., words], and scales [.., scales] for integers
 *   Unpack        words, scales?, ids?                     -> [.., columns]; with ids those rows alone, [ids, columns]
 *   PackedMatMul  x [N, columns], words [rows, words], …   -> [N, rows]
 */
import {
  type NamedAttrMap,
  type NamedTensorInfoMap,
  registerKernel,
  type TensorInfo,
  util,
} from '@tensorflow/tfjs-core';
import { type PackedLayout, type PackedPrecision, packedLayout } from '../../shared/model/packing';
import { requireInput } from '../tfjs/kernel-inputs';

const PACKED: readonly PackedPrecision[] = ['fp16', 'int8', 'int4'];

export interface PackedAttributes {
  readonly precision: PackedPrecision;
  /** Numbers of an unpacked row. */
  readonly columns: number;
}

/** Packed rows and, for integers, their scales. */
export interface PackedTensors {
  readonly words: TensorInfo;
  readonly scales: TensorInfo | undefined;
}

export interface PackedKernels<Backend> {
  pack(backend: Backend, x: TensorInfo, attributes: PackedAttributes): TensorInfo[];
  /** All rows, or those at `ids`. */
  unpack(
    backend: Backend,
    packed: PackedTensors,
    ids: TensorInfo | undefined,
    attributes: PackedAttributes,
  ): TensorInfo;
  multiply(
    backend: Backend,
    x: TensorInfo,
    packed: PackedTensors,
    attributes: PackedAttributes,
  ): TensorInfo;
}

/** `open` makes of tfjs's backend what the kernels work with. */
export function registerKernels<Backend>(
  backendName: string,
  open: (backend: object) => Backend,
  { pack, unpack, multiply }: PackedKernels<Backend>,
): void {
  registerKernel({
    kernelName: 'Pack',
    backendName,
    kernelFunc: ({ inputs, backend, attrs }) =>
      pack(open(backend), requireInput(inputs, 'x'), readAttributes(attrs)),
  });
  registerKernel({
    kernelName: 'Unpack',
    backendName,
    kernelFunc: ({ inputs, backend, attrs }) =>
      unpack(open(backend), packedIn(inputs), inputs.ids, readAttributes(attrs)),
  });
  registerKernel({
    kernelName: 'PackedMatMul',
    backendName,
    kernelFunc: ({ inputs, backend, attrs }) =>
      multiply(open(backend), requireInput(inputs, 'x'), packedIn(inputs), readAttributes(attrs)),
  });
}

function packedIn(inputs: NamedTensorInfoMap): PackedTensors {
  return { words: requireInput(inputs, 'words'), scales: inputs.scales };
}

function readAttributes({ precision, columns }: NamedAttrMap = {}): PackedAttributes {
  const packed = PACKED.find((name) => name === precision);
  if (packed !== undefined && typeof columns === 'number') return { precision: packed, columns };
  throw new Error('a packed kernel was run without its precision and columns');
}

/** The layout of all rows of a tensor of packed words, or of one that is to be packed. */
export function layoutRows(
  shape: readonly number[],
  { precision, columns }: PackedAttributes,
): PackedLayout {
  return packedLayout(util.sizeFromShape(shape.slice(0, -1)), columns, precision);
}
