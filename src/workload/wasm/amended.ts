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
import { type ProductBackend, vectorProduct } from './products';

interface WasmMemory {
  incRef(dataId: object): void;
  disposeData(dataId: object): boolean;
}

export function amendWasmKernels(): void {
  const convert = getKernel('Cast', 'wasm').kernelFunc;
  replace('Identity', ({ inputs, backend }) => share(inputs.x!, backend));
  replace('Cast', (args) => {
    const x = args.inputs.x!;
    return x.dtype === args.attrs?.dtype ? share(x, args.backend) : convert(args);
  });
  const multiply = getKernel('BatchMatMul', 'wasm');
  const transpose = getKernel('Transpose', 'wasm').kernelFunc;
  replace(
    'BatchMatMul',
    (args) => {
      const { inputs, backend, attrs } = args;
      const product = attrs?.transposeA
        ? null
        : vectorProduct(
            backend as ProductBackend,
            inputs.a!,
            inputs.b!,
            attrs?.transposeB === true,
          );
      if (product) return product;
      if (inputs.a!.shape.length !== 2 || !(attrs?.transposeA || attrs?.transposeB))
        return multiply.kernelFunc(args);
      const turned: TensorInfo[] = [];
      const turn = (x: TensorInfo): TensorInfo => {
        const result = transpose({ inputs: { x }, backend, attrs: { perm: [1, 0] } }) as TensorInfo;
        turned.push(result);
        return result;
      };
      const out = multiply.kernelFunc({
        inputs: {
          a: attrs.transposeA ? turn(inputs.a!) : inputs.a,
          b: attrs.transposeB ? turn(inputs.b!) : inputs.b,
        },
        backend,
        attrs: { transposeA: false, transposeB: false },
      });
      for (const { dataId } of turned) (backend as WasmMemory).disposeData(dataId);
      return out;
    },
    multiply.setupFunc,
  );
}

function share(x: TensorInfo, backend: object): TensorInfo {
  (backend as WasmMemory).incRef(x.dataId);
  return { dataId: x.dataId, shape: x.shape, dtype: x.dtype };
}

function replace(kernelName: string, kernelFunc: KernelFunc, setupFunc?: KernelSetupFunc): void {
  unregisterKernel(kernelName, 'wasm');
  registerKernel({ kernelName, backendName: 'wasm', kernelFunc, ...(setupFunc && { setupFunc }) });
}
