/** tfjs's tape, opened just far enough to say which component the buffers of a gradient belong to. */
import { type Tensor, Variable } from '@tensorflow/tfjs-core';
import type { Component } from '../../shared/base/vocabulary';
import type { Ledger } from './live-tensor-bytes';

export interface TapeNode {
  readonly inputs: Readonly<Record<string, Tensor>>;
  gradient?: (dys: Tensor[]) => Record<string, () => Tensor>;
}
export interface EngineTape {
  readonly state: { activeTape: TapeNode[] };
}

/** Makes what a node's gradient allocates count as `component`, and its parameter gradients as gradients. */
export function attribute(ledger: Ledger, node: TapeNode, component: Component): void {
  const original = node.gradient;
  if (!original) return;
  node.gradient = (dys) => {
    ledger.setContext(component);
    const thunks = original(dys);
    const wrapped: Record<string, () => Tensor> = {};
    for (const name in thunks) {
      wrapped[name] = () => {
        ledger.setContext(component);
        const result = thunks[name]!();
        if (node.inputs[name] instanceof Variable) ledger.retag(result, 'gradients');
        return result;
      };
    }
    return wrapped;
  };
}
