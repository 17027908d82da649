/** Which component the buffers of a gradient belong to, by the operation on tfjs's tape that they are the gradient of. */
import { type Tensor, Variable } from '@tensorflow/tfjs-core';
import type { Component } from '../../shared/base/vocabulary';
import type { TapeNode } from '../tfjs/internals';
import type { LiveTensorBytes } from './live-tensor-bytes';

/** Makes what a node's gradient allocates count as `component`, and its parameter gradients as gradients. */
export function attribute(liveBytes: LiveTensorBytes, node: TapeNode, component: Component): void {
  const original = node.gradient;
  if (!original) return;
  node.gradient = (dys) => {
    liveBytes.setContext(component);
    const thunks = original(dys);
    const wrapped: Record<string, () => Tensor> = {};
    for (const name in thunks) {
      wrapped[name] = () => {
        liveBytes.setContext(component);
        const result = thunks[name]!();
        if (node.inputs[name] instanceof Variable) liveBytes.retag(result, 'gradients');
        return result;
      };
    }
    return wrapped;
  };
}
