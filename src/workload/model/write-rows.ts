/**
 * Writes into a tensor in place, which tfjs has no operation for: through the memory in which each backend keeps its
 * numbers. The engine sees no new tensor.
 */
import { getBackend, type Tensor } from '@tensorflow/tfjs-core';
import {
  cpuBackend,
  type Values,
  type WebGpuProgram,
  wasmBackend,
  webGpuBackend,
} from '../tfjs/internals';

/** `rows` [B, h, t, k] become rows `at` to `at + t` of `target` [B, h, T, k]; both of one type. */
export function writeRows(target: Tensor, rows: Tensor, at: number): void {
  if (getBackend() === 'webgpu') {
    webGpuBackend().runWebGPUProgram(
      writeProgram(rows),
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

function readNumbers(tensor: Tensor): Values {
  return getBackend() === 'wasm'
    ? wasmBackend().typedArrayFromHeap(tensor)
    : cpuBackend().data.get(tensor.dataId).values;
}

/** One thread an element of `rows`; its index in the target follows from both shapes. */
function writeProgram({ shape }: Tensor): WebGpuProgram {
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
          let count = uniforms.rowsShape.z * uniforms.rowsShape.w;
          let group = index / count;
          result[(group * uniforms.outShape.z + uniforms.at) * uniforms.outShape.w + index - group * count] = rows[index];
        }
      }`,
  };
}
