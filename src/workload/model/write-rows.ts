/**
 * Writes into a tensor in place, which tfjs has no operation for: every backend holds its numbers where they can be
 * reached. The engine sees no new tensor.
 */
import { backend, getBackend, type Tensor } from '@tensorflow/tfjs-core';

interface CpuBackend {
  readonly data: { get(dataId: object): { readonly values: Float32Array | Int32Array } };
}
interface WasmBackend {
  typedArrayFromHeap(tensor: Tensor): Float32Array | Int32Array;
}
interface WebGpuBackend {
  runWebGPUProgram(
    program: object,
    inputs: readonly Tensor[],
    dtype: string,
    uniforms: readonly object[],
    output: Tensor,
  ): void;
}

/** `rows` [B, h, t, k] become rows `at` to `at + t` of `target` [B, h, T, k]; both of one type. */
export function writeRows(target: Tensor, rows: Tensor, at: number): void {
  if (getBackend() === 'webgpu') {
    (backend() as unknown as WebGpuBackend).runWebGPUProgram(
      program(rows),
      [rows],
      rows.dtype,
      [{ type: 'int32', data: [at] }],
      target,
    );
    return;
  }
  const [into, from] = [readNumbers(target), readNumbers(rows)];
  const [groups, all, count] = [
    target.shape[0]! * target.shape[1]!,
    target.shape[2]! * target.shape[3]!,
    rows.shape[2]! * rows.shape[3]!,
  ];
  for (let group = 0; group < groups; group++) {
    into.set(
      from.subarray(group * count, (group + 1) * count),
      group * all + at * target.shape[3]!,
    );
  }
}

function readNumbers(tensor: Tensor): Float32Array | Int32Array {
  if (getBackend() === 'wasm')
    return (backend() as unknown as WasmBackend).typedArrayFromHeap(tensor);
  return (backend() as unknown as CpuBackend).data.get(tensor.dataId).values;
}

/** One thread an element of `rows`; its index in the target follows from both shapes. */
function program({ shape }: Tensor): object {
  const size = shape.reduce((product, length) => product * length, 1);
  return {
    variableNames: ['rows'],
    uniforms: 'at : i32, ',
    outputShape: shape,
    size: true,
    workgroupSize: [64, 1, 1],
    dispatchLayout: { x: [0, 1, 2, 3] },
    dispatch: [Math.ceil(size / 64), 1, 1],
    shaderKey: 'writeRows',
    getUserCode: () => `
      fn main(index : i32) {
        if (index < uniforms.size) {
          let own = uniforms.rowsShape.z * uniforms.rowsShape.w;
          let group = index / own;
          result[(group * uniforms.outShape.z + uniforms.at) * uniforms.outShape.w + index - group * own] = rows[index];
        }
      }`,
  };
}
