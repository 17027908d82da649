/**
 * Keys and values that layers hand on to later ones (Gemma 4). The last layer of each kind that has some of its own leaves them
 * in a dictionary, whether anyone reads them or not, which under checkpointing lives as long as the layers that are to run
 * again. Those that the recomputation leaves there hold on to what they were made of.
 */
import { findImplementation } from '../../model/families';
import type { ModelSpec, RunSpec } from '../../model/spec';
import { kindOfLayer, modelOfKind } from '../../model/weights';
import { TensorSum } from './allocator';
import type { ElementBytes } from './types';

export interface SharedKeys {
  /** Keys and values of the layers that leave them. */
  readonly given: TensorSum;
  /** What they are made of when those layers have run again: norms, the projections' input and their outputs in fp32. */
  readonly remade: TensorSum;
}

/** Of a run that recomputes its layers; nothing of a model whose layers hand on none. */
export function countSharedKeys(
  model: ModelSpec,
  { batch, seq }: RunSpec,
  { compute: c }: ElementBytes,
): SharedKeys {
  const [given, remade] = [new TensorSum(), new TensorSum()];
  const N = batch * seq;
  if (!findImplementation(model).normsValues) return { given, remade };
  for (const index of listLeaving(model)) {
    const { hidden, kvHeads, headDim } = modelOfKind(model, kindOfLayer(model, index));
    const width = N * kvHeads * headDim;
    given.add(c * width, 2);
    // The first layer is the one that runs then.
    if (index === 0) continue;
    remade
      .add(4 * N * hidden, 2)
      .add(c * N * hidden)
      .add(4 * width, 3);
  }
  return { given, remade };
}

/** Of the layers with keys of their own the last over all tokens, and the last with a window. */
function listLeaving(model: ModelSpec): readonly number[] {
  const owning = model.layers - (model.sharedKeys?.layers ?? 0);
  const last = new Map<boolean, number>();
  for (let index = 0; index < owning; index++) last.set(kindOfLayer(model, index).global, index);
  return [...last.values()];
}
