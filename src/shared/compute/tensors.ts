/** Bytes of the tensors a layer makes, one by one: the terms of the activation formula. */

import type { Bytes } from '../base/units';
import type { ModelSpec } from '../model/spec';

/** [B, n, d]. */
export function hiddenBytes(
  model: Pick<ModelSpec, 'hidden'>,
  batch: number,
  seq: number,
  bytes = 4,
): Bytes {
  return batch * seq * model.hidden * bytes;
}

/** [B, n, d_ff]. */
export function ffnBytes(
  model: Pick<ModelSpec, 'ffn'>,
  batch: number,
  seq: number,
  bytes = 4,
): Bytes {
  return batch * seq * model.ffn * bytes;
}

/** [B, h, n, n]: the attention weights of one layer. */
export function attentionWeightBytes(
  model: Pick<ModelSpec, 'heads'>,
  batch: number,
  seq: number,
  bytes = 4,
): Bytes {
  return batch * model.heads * seq * seq * bytes;
}

/** Share of activation memory, in percent, that full checkpointing frees: it keeps each layer's input and one live layer. */
export function checkpointSavingPercent(
  layers: number,
  boundaryBytes: Bytes,
  layerBytes: Bytes,
): number {
  return 100 * (1 - (layers * boundaryBytes + layerBytes) / (layers * layerBytes));
}

/** The largest batch that fits: (memory − state) / bytes a sequence, rounded down; 0 where not even the state fits. */
export function largestBatch(memory: Bytes, state: Bytes, perSequence: Bytes): number {
  return Math.max(0, Math.floor((memory - state) / perSequence));
}

/** Devices of `memory` bytes that together hold `bytes`. */
export function devicesFor(bytes: Bytes, memory: Bytes): number {
  return Math.ceil(bytes / memory);
}
