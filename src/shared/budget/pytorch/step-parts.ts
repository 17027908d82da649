/** What the moments of forward and backward share: a step's parts, and what of them lies on the device while layers run. */
import { type Holding, hold, NOTHING } from './holding';
import type { TrainingParts } from './training-parts';

/** The parts of one step, with the states that its backward pass makes where it updates weights as it goes. */
export interface StepParts extends TrainingParts {
  readonly coming: readonly Holding[];
}

/** How many of `count` layers' saved tensors are on the device beside the layer at work. */
export function onDevice({ onHost }: TrainingParts, count: number): number {
  return onHost ? Math.min(1, count) : count;
}

/** Saved by head and embeddings, by positions, and by the micro-batches that wait for their backward pass. */
export function savedOutsideLayers(parts: TrainingParts): Holding[] {
  return [
    hold('activations', parts.head.saved),
    hold('activations', parts.embedded),
    hold('activations', parts.savedPositions),
    hold('activations', parts.sharedKeys.given),
    hold('activations', parts.microBatch, parts.waiting),
    ...parts.recomputedMask,
  ];
}

/**
 * Gradients that are there when this backward pass has made `made`: all where earlier micro-batches left theirs, none
 * where they go to the host as they come.
 */
export function gradientHoldings(
  parts: TrainingParts,
  made: readonly Holding[] = [],
): readonly Holding[] {
  if (parts.passing) return [];
  return parts.carried ? [hold('gradients', parts.allGradients)] : made;
}

/**
 * Weights gathered for use, as FSDP keeps them (torch/distributed/fsdp/_fully_shard): those of the ends throughout, since the
 * root is not sharded anew after its forward pass; of a layer its own and the buffer that the next ones come in.
 */
export function fetched({ gathered }: TrainingParts, layers: number): readonly Holding[] {
  if (gathered.layer.requested === 0 && gathered.ends.requested === 0) return NOTHING;
  return [hold('communication', gathered.ends), hold('communication', gathered.layer, layers)];
}
