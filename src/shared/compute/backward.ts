/**
 * The work of a backward pass as a multiple of forward work. Of each matrix product of forward it has two, one for the
 * gradient of its input and one for that of its weights; only the first where adapters train over frozen weights, or where
 * the head is tied to frozen embeddings; and none in frozen layers at the bottom, through which no gradient flows.
 */
import { headTrains, someLayers } from '../model/frozen';
import type { ModelSpec, RunSpec } from '../model/spec';

/** The model as backward goes through it: the layers that train, and the head. */
export function trainedPart(model: ModelSpec, { frozenLayers = 0 }: RunSpec): ModelSpec {
  return someLayers(model, model.layers - frozenLayers, frozenLayers);
}

/** `forward` gives a model's forward pass in FLOPs, seconds or any other unit that adds up; the result is in the same. */
export function backwardWork(
  model: ModelSpec,
  run: RunSpec,
  forward: (part: ModelSpec) => number,
): number {
  const part = trainedPart(model, run);
  if (run.loraRank) return forward(part);
  if (headTrains(model, run)) return 2 * forward(part);
  return 2 * forward({ ...part, lmHead: false }) + forward({ ...part, layers: 0 });
}
