/**
 * The head for masked words that encoders are trained with: dense layer, activation, norm, and the product with the
 * embedding or a table of its own. No run needs it; it is read, in float32, where somebody asks for logits.
 */
import {
  add,
  matMul,
  type Tensor2D,
  tensor,
  tidy,
  type Variable,
  variable,
} from '@tensorflow/tfjs-core';
import type { ModelSpec } from '../../shared/model/spec';
import type { Checkpoint } from '../checkpoint/checkpoint';
import { activate, EPSILON } from '../model/encoder';
import { apply, normalize } from '../model/gpt2';
import { isPackedMatrix, times } from '../model/matrix';
import type { LinearWeights, NormWeights, Weights } from '../model/weights';

export interface MaskedHead {
  readonly transform: LinearWeights;
  readonly norm: NormWeights;
  /** [V, d]; null where it is the embedding. */
  readonly decoder: Variable | null;
  /** [V] */
  readonly bias: Variable;
}

/** Null where the checkpoint has none. */
export function readMaskedHead(
  checkpoint: Checkpoint,
  { hidden, vocab }: ModelSpec,
): MaskedHead | null {
  if (!checkpoint.has('transform.weight')) return null;
  const read = (name: string, shape: number[]): Variable =>
    variable(tensor(checkpoint.initial(name, shape), shape));
  return {
    transform: {
      weight: read('transform.weight', [hidden, hidden]),
      bias: read('transform.bias', [hidden]),
    },
    norm: { gain: read('norm.gain', [hidden]), bias: read('norm.bias', [hidden]) },
    decoder: checkpoint.has('decoder') ? read('decoder', [vocab, hidden]) : null,
    bias: read('head.bias', [vocab]),
  };
}

/** States [N, d] to logits [N, V]. */
export function maskedLogits(
  model: ModelSpec,
  { tokenTable }: Weights,
  head: MaskedHead,
  states: Tensor2D,
): Tensor2D {
  return tidy(() => {
    const x = normalize(activate(model, apply(head.transform, states)), head.norm, EPSILON);
    const table = head.decoder ?? tokenTable;
    return add(isPackedMatrix(table) ? times(x, table) : matMul(x, table, false, true), head.bias);
  });
}
