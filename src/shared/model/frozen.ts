/**
 * Training without the first N layers: they and the embeddings stay as they are, no tape runs through them, and
 * backward ends above them. A head tied to the embeddings is the same table and stays as well.
 */
import type { ModelSpec, RunSpec } from './spec';

/** The model with `count` of its layers, those from the one at `from` on. */
export function someLayers(model: ModelSpec, count: number, from = 0): ModelSpec {
  const { experts, linearAttention, globalAttention, sharedKeys } = model;
  if (count === model.layers) return model;
  const shift = (layers: readonly number[]) =>
    layers.map((index) => index - from).filter((index) => index >= 0 && index < count);
  return {
    ...model,
    layers: count,
    ...(experts && {
      experts: {
        ...experts,
        denseLayers: Math.max(0, (experts.denseLayers ?? 0) - from),
        ...(experts.denseAt && { denseAt: shift(experts.denseAt) }),
      },
    }),
    ...(linearAttention && {
      linearAttention: { ...linearAttention, layers: shift(linearAttention.layers) },
    }),
    ...(globalAttention && {
      globalAttention: { ...globalAttention, layers: shift(globalAttention.layers) },
    }),
    ...(sharedKeys && {
      sharedKeys: {
        ...sharedKeys,
        layers: Math.min(count, Math.max(0, from + count - (model.layers - sharedKeys.layers))),
      },
    }),
  };
}

/** The head has a matrix of its own, or the embeddings it shares are trained. */
export function headTrains(model: ModelSpec, run: Pick<RunSpec, 'frozenLayers'>): boolean {
  return !model.tiedHead || !run.frozenLayers;
}
