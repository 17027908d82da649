/** What one layer holds while it runs without autograd, when each tensor goes as soon as it has been used. */
import { findImplementation } from '../../model/families';
import type { ModelSpec, RunSpec } from '../../model/spec';
import { TensorSum } from './allocator';
import { findAttention } from './attention';
import { networkBytes } from './experts';
import type { LayerShape } from './layer-shape';
import type { ElementBytes } from './types';

/**
 * Copies of the inner width that are there at once: gate, up and product, and silu of the gate beside the one tensor that
 * holds both; GELU's input and output; or its terms.
 */
function innerCopies(model: ModelSpec, fusedGate: boolean): number {
  if (model.activation === 'swiglu') return fusedGate ? 4 : 3;
  return model.activationComposed ? 4 : 2;
}

/**
 * Elements a token of the inner tensors. Experts, whose gate and up are one matrix, run as one multiplication; shared networks
 * and dense layers at other times.
 */
function innerElements(model: ModelSpec, shape: LayerShape): number {
  const copies = innerCopies(model, findImplementation(model).fusedGate);
  if (!model.experts) return copies * shape.ffn;
  const dense = model.experts.denseLayers || model.experts.denseAt ? model.ffn : 0;
  return Math.max(
    innerCopies(model, true) * (shape.ffn - shape.sharedFfn),
    copies * Math.max(shape.sharedFfn, dense),
  );
}

/**
 * Experts: the copies of the tokens sorted by expert stay while the networks run, and at the end their output, that times
 * the routing weights, and the same put back in order (transformers/integrations/moe.py, grouped_mm_experts_forward).
 */
function expertRows(model: ModelSpec, types: ElementBytes, shape: LayerShape): number {
  const { experts, hidden } = model;
  if (!experts) return 0;
  const rows = shape.sequences * shape.tokens * shape.routed * hidden;
  const c = networkBytes(model, types);
  const inner = c * shape.sequences * shape.tokens * innerElements(model, shape);
  const weighted = findImplementation(model).routesInHalf ? c : 4;
  return Math.max(c * rows, 2 * (c + weighted) * rows - inner);
}

/**
 * In the feed-forward network: the residual stream before and after attention, attention's output, the normalized
 * input, embeddings of positions, the inner tensors, and the weights that eager attention returns and the layer holds until it ends.
 */
export function ffnForward(
  model: ModelSpec,
  run: RunSpec,
  types: ElementBytes,
  shape: LayerShape,
  length: number,
): TensorSum {
  const { compute: c } = types;
  const work = new TensorSum()
    .add(types.residual * shape.stream)
    .add(c * shape.stream, model.positions === 'learned' ? 4 : 3)
    // The output of the dense network, and the same normalized.
    .add(model.experts?.beside ? c * shape.stream : 0, 2)
    .add(networkBytes(model, types) * shape.sequences * shape.tokens * innerElements(model, shape))
    .add(expertRows(model, types, shape));
  if (run.attention === 'eager')
    work.add(c * shape.sequences * shape.heads * shape.tokens * length);
  return work;
}

/**
 * In attention over `length` keys: the embeddings, which the stack holds, the layer's input and the same normalized, queries,
 * keys and values, in eager attention repeated, and the scores; in a fused kernel its output instead, as wide as the queries.
 * Across an encoder's output: the stream behind self-attention besides, and the weights that eager self-attention returned.
 */
export function attentionForward(
  model: ModelSpec,
  run: RunSpec,
  types: ElementBytes,
  shape: LayerShape,
  length: number,
  isCross = false,
): TensorSum {
  const { compute: c } = types;
  const { keepsScores, expandsKeys, queries, values } = findAttention(model, run, types);
  const N = shape.sequences * shape.tokens;
  const work = new TensorSum()
    .add(types.residual * shape.stream, 2)
    .add(c * shape.stream)
    .add(c * N * shape.queryWidth)
    .add(c * N * shape.kvWidth, 2)
    .add(isCross ? types.residual * shape.stream : 0);
  if (!keepsScores) {
    if (expandsKeys) work.add(c * shape.sequences * length * shape.queryWidth, 2);
    return work.add(c * N * shape.queryWidth);
  }
  // Rotated queries and keys lie beside the one tensor they were projected into.
  if (findImplementation(model).fusedProjection && model.positions === 'rotary')
    work.add(c * N * (shape.queryWidth + shape.kvWidth));
  if (shape.kvWidth !== shape.queryWidth)
    work.add((queries + values) * shape.sequences * length * shape.queryWidth);
  const square = shape.sequences * shape.heads * shape.tokens * length;
  return work.add(scoreBytes(model, run, types) * square).add(isCross ? c * square : 0);
}

/**
 * Of one score while softmax runs: itself, its weight, and a copy in fp32 where softmax is computed so, which CUDA's kernel
 * makes of bf16 and not of fp16 (ATen/native/SoftMax.cpp).
 */
function scoreBytes(model: ModelSpec, run: RunSpec, types: ElementBytes): number {
  const { scores, weights } = findAttention(model, run, types);
  const isHalf = run.precision === 'fp16' || run.precision === 'mixed-fp16';
  const copied = weights[0] > scores && !isHalf ? weights[0] : 0;
  return scores + copied + weights[0];
}

/**
 * Rotating queries and keys on copies in fp32: both copies, the rotated queries, the two products and the turned half of
 * the keys, beside what was projected, the normalized input, the residual stream and the embeddings. Keys and values as they
 * were projected stand for those that a cache takes in afterwards.
 */
export function rotationForward(run: RunSpec, types: ElementBytes, shape: LayerShape): TensorSum {
  const { compute: c } = types;
  const N = shape.sequences * shape.tokens;
  const { queryWidth: q, kvWidth: kv } = shape;
  return new TensorSum()
    .add(types.residual * shape.stream, 2)
    .add(c * shape.stream)
    .add(c * N * (q + (run.kvCache ? 0 : 2 * kv)))
    .add(4 * N * q, 2)
    .add(4 * N * kv, 4);
}
