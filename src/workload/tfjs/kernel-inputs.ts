/** What a kernel is called with, by name. */
import type { NamedTensorInfoMap, TensorInfo } from '@tensorflow/tfjs-core';

/** The input `name`; that a kernel is run without one is an error of its caller's code. */
export function requireInput(inputs: NamedTensorInfoMap, name: string): TensorInfo {
  const tensor = inputs[name];
  if (tensor === undefined) throw new Error(`A kernel was run without its input "${name}".`);
  return tensor;
}
