/**
 * Vectors that each layer is given besides the stream (Gemma 4): looked up in a table of all layers' and added to a normalized
 * projection of the embeddings, before the first layer runs (transformers/models/gemma4/modeling_gemma4.py,
 * project_per_layer_inputs).
 *
 * Symbols: N tokens, L layers, w their width, d that of the stream.
 */
import type { ModelSpec } from '../../model/spec';
import { TensorSum } from './allocator';
import type { ElementBytes } from './types';

/** Elements of all layers' vectors: N·L·w; 0 for a model without. */
export function layerInputElements({ layerInputs, layers }: ModelSpec, tokens: number): number {
  return tokens * layers * (layerInputs?.width ?? 0);
}

/**
 * Kept for backward: the projection's input, which the first norm keeps anyway in fp32, and as a checkpoint, that of the norm in fp32 and
 * normalized, two numbers a vector, and the vectors themselves, which their gates multiply.
 */
export function savedByLayerInputs(
  model: ModelSpec,
  tokens: number,
  { compute: c, residual }: ElementBytes,
  checkpointed: boolean,
): TensorSum {
  const saved = new TensorSum();
  const elements = layerInputElements(model, tokens);
  if (!model.layerInputs || elements === 0) return saved;
  if (c < 4 && !checkpointed) saved.add(c * tokens * model.hidden);
  return saved
    .add(4 * elements, 2)
    .add((4 * elements) / model.layerInputs.width, 2)
    .add(residual * elements);
}

/**
 * Without a tape, at their highest: the embeddings, what is looked up and what is projected, and in fp32 that normalized, before
 * and after it is scaled.
 */
export function makeLayerInputs(
  model: ModelSpec,
  tokens: number,
  { compute: c }: ElementBytes,
): TensorSum {
  const elements = layerInputElements(model, tokens);
  return new TensorSum()
    .add(c * tokens * model.hidden)
    .add(c * elements, 2)
    .add(4 * elements, 2);
}
