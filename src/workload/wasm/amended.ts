/**
 * Three kernels of the wasm backend, amended:
 *
 * Identity and Cast copy their input, where webgpu and cpu count one more reference to it. Autodiff saves tensors
 * through Identity, so wasm would hold every saved activation twice. Here they share the buffer as the other backends
 * do, which makes the bytes of all three equal (and training faster).
 *
 * BatchMatMul is slow at products with one row or column: these have kernels of their own (products.ts). And it has a fast
 * path only for two plain matrices. Gradients multiply by transposed ones, so these are first turned in a buffer inside the
 * kernel, which the engine never sees: several times faster, and equal to its bytes.
 */
import {
  getKernel,
  type KernelFunc,
  type KernelSetupFunc,
  registerKernel,
  type TensorInfo,
  unregisterKernel,
} from '@tensorflow/tfjs-core';
import type { WasmBackend } from '../tfjs/internals';
import { requireInput } from '../tfjs/kernel-inputs';
import { vectorProduct } from './products';

export function amendWasmKernels(): void {
  const convert = getKernel('Cast', 'wasm').kernelFunc;
  replaceKernel('Identity', ({ inputs, backend }) => share(requireInput(inputs, 'x'), backend));
  replaceKernel('Cast', (args) => {
    const x = requireInput(args.inputs, 'x');
    return x.dtype === args.attrs?.dtype ? share(x, args.backend) : convert(args);
  });
  const multiply = getKernel('BatchMatMul', 'wasm');
  const transpose = getKernel('Transpose', 'wasm').kernelFunc;
  replaceKernel(
    'BatchMatMul',
    (args) => {
      const { inputs, attrs } = args;
      const backend = args.backend as WasmBackend;
      const [a, b] = [requireInput(inputs, 'a'), requireInput(inputs, 'b')];
      const [turnsA, turnsB] = [attrs?.transposeA === true, attrs?.transposeB === true];
      const product = turnsA ? null : vectorProduct(backend, a, b, turnsB);
      if (product) return product;
      if (a.shape.length !== 2 || !(turnsA || turnsB)) return multiply.kernelFunc(args);
      const turned: TensorInfo[] = [];
      const turn = (x: TensorInfo): TensorInfo => {
        const result = transpose({ inputs: { x }, backend, attrs: { perm: [1, 0] } }) as TensorInfo;
        turned.push(result);
        return result;
      };
      const out = multiply.kernelFunc({
        inputs: { a: turnsA ? turn(a) : a, b: turnsB ? turn(b) : b },
        backend,
        attrs: { transposeA: false, transposeB: false },
      });
      for (const { dataId } of turned) backend.disposeData(dataId);
      return out;
    },
    multiply.setupFunc,
  );
}

function share(x: TensorInfo, backend: object): TensorInfo {
  (backend as WasmBackend).incRef(x.dataId);
  return { dataId: x.dataId, shape: x.shape, dtype: x.dtype };
}

/** Registers a kernel in the place of tfjs's. */
function replaceKernel(
  kernelName: string,
  kernelFunc: KernelFunc,
  setupFunc?: KernelSetupFunc,
): void {
  unregisterKernel(kernelName, 'wasm');
  registerKernel({ kernelName, backendName: 'wasm', kernelFunc, ...(setupFunc && { setupFunc }) });
}
