/** What autograd saves of the norms over queries and keys, and over values where these have one. */
import { findImplementation } from '../../model/families';
import type { ModelSpec, RunSpec } from '../../model/spec';
import type { LayerKind } from '../../model/weights';
import type { LayerShape } from './layer-shape';
import { savedByNorm } from './norm';
import { type SavedTensor, savedIn } from './saved-tensor';
import type { ElementBytes } from './types';

const saved = savedIn('qkv');

/** One projection makes keys and values of the layer. */
export function areKeysValues({ globalAttention }: ModelSpec, { global }: LayerKind): boolean {
  return global && globalAttention?.keysAreValues === true;
}

/**
 * Over each head, or over all of them at once: what the norm of the stream saves, at the widths of queries and keys. A layer
 * that reads another's keys has none of its own.
 */
export function savedByQueryKeyNorms(
  model: ModelSpec,
  run: RunSpec,
  shape: LayerShape,
  { compute }: ElementBytes,
  kind: LayerKind,
): readonly SavedTensor[] {
  const { qkNorm, headDim, attentionGate } = model;
  if (!qkNorm) return [];
  const N = run.batch * run.seq;
  const kvWidth = kind.reading ? 0 : shape.kvWidth;
  const rows = qkNorm === 'width' ? 2 : shape.heads + kvWidth / headDim;
  const tensors = savedByNorm(model, run, compute).map(({ name, of, element, count }) =>
    saved(name, of === 'rows' ? [N * rows] : [N, shape.queryWidth + kvWidth], element, count),
  );
  // A norm that casts nothing keeps the tensor it looks into, which the gate is part of.
  if (attentionGate && compute === 4)
    tensors.push(saved('gate beside the queries', [N, shape.queryWidth], compute));
  if (!findImplementation(model).normsValues || kvWidth === 0) return tensors;
  // Values that are the keys are one tensor with them, of which half precision makes two copies.
  if (compute < 4 || !areKeysValues(model, kind))
    tensors.push(saved('values in fp32', [N, kvWidth], 4));
  tensors.push(saved('mean square of the values, and its root', [N, kvWidth / headDim], 4, 2));
  return tensors;
}
