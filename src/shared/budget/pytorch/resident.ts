/** What stays on the device from load on: weights, their casts and shards, buffers, libraries' workspaces. */

import { findImplementation } from '../../model/families';
import type { ModelSpec, RunSpec } from '../../model/spec';
import type { Shard } from '../sharding/shard';
import { countLayers, type Weights, type WeightTensor } from '../weights';
import { TensorSum } from './allocator';
import { cublasWorkspace } from './device';
import { type Holding, hold } from './holding';
import type { ElementBytes } from './types';

export interface Resident {
  /** From load on. */
  readonly weights: readonly Holding[];
  /** Half-precision copies that autocast makes in forward and autograd keeps until backward has used them: none of frozen layers. */
  readonly casts: TensorSum;
  /** The same, of one layer (of an encoder-decoder one of each), which recomputation makes anew, and of the ends. */
  readonly layerCasts: TensorSum;
  readonly endCasts: TensorSum;
  /** Of what ZeRO-3 or offloading leaves elsewhere: two layers and the ends, fetched while they are used. */
  readonly fetched: TensorSum;
  readonly buffers: TensorSum;
  readonly workspace: TensorSum;
  /** The largest of a frozen layer, which lasts as long as its multiplication. */
  readonly passing: TensorSum;
  /** The largest matrix at half precision: what quantizing at load holds for a moment. */
  readonly loading: TensorSum;
  /** The same, of 4-bit weights: each matrix is expanded while it multiplies more than one token's vector. */
  readonly expanded: TensorSum;
}

/** NF4 keeps an fp32 scale for every 64 weights; int8 one for every row. */
function quantizedBytes(tensor: WeightTensor, kind: 'int8' | 'int4'): number {
  const elements = tensor.rows * tensor.columns;
  return kind === 'int4'
    ? elements / 2 + 4 * Math.ceil(elements / 64)
    : elements + 4 * tensor.columns;
}

/** Layers of a row fetched at once: two of the model, of those that train where there are two. */
function atOnce(tensor: WeightTensor, shard: Shard): number {
  const layers = Math.min(2, countLayers(tensor, shard));
  return tensor.frozen
    ? Math.max(0, Math.min(2, shard.layers) - (shard.layers - shard.frozen))
    : layers;
}

export function countResident(
  model: ModelSpec,
  run: RunSpec,
  shard: Shard,
  types: ElementBytes,
  weights: Weights,
): Resident {
  const training = run.mode === 'train';
  const elsewhere = run.offload === 'all';
  const share = training ? shard.parameterShare : 1;
  const parameters = new TensorSum();
  const casts = new TensorSum();
  const layerCasts = new TensorSum();
  const endCasts = new TensorSum();
  const fetched = new TensorSum();
  const loading = new TensorSum();
  let largest = 0;
  let passing = 0;
  const gathered = training && (share > 1 || elsewhere);
  const visit = (tensor: WeightTensor, element: number, quantize: boolean) => {
    const { rows, columns, count, kind, layered } = tensor;
    const elements = rows * columns;
    const quantized = quantize && types.quantized !== null && kind === 'matrix' && layered;
    const bytes = quantized
      ? Math.ceil(quantizedBytes(tensor, types.quantized))
      : elements * element;
    if (!elsewhere) parameters.add(Math.ceil(bytes / share), count);
    if (quantized) largest = Math.max(largest, elements);
    if (types.autocast && kind === 'matrix' && !gathered) {
      if (layered && tensor.frozen) {
        passing = Math.max(passing, elements * 2);
      } else {
        casts.add(elements * 2, count);
        if (layered) layerCasts.add(elements * 2, count / countLayers(tensor, shard));
        else endCasts.add(elements * 2, count);
      }
    }
    if (gathered || elsewhere)
      fetched.add(
        quantized ? bytes : elements * (types.autocast ? 2 : element),
        layered ? (atOnce(tensor, shard) * count) / countLayers(tensor, shard) : count,
      );
  };
  for (const tensor of weights.tensors) visit(tensor, types.weight, true);
  if (run.loraRank) for (const tensor of weights.trained) visit(tensor, types.adapter, false);
  if (types.quantized !== null) loading.add(largest * 2);

  const buffers = new TensorSum();
  const registered = findImplementation(model).buffers;
  if (registered === 'causal-masks') buffers.add(model.maxPositions ** 2, shard.layers);
  if (registered === 'position-ids' && shard.embedding)
    buffers.add(8 * model.maxPositions, model.tokenTypes ? 2 : 1);
  if (model.positions === 'rotary')
    buffers.add(4 * Math.ceil((model.latentAttention?.ropeDim ?? model.headDim) / 2));

  return {
    weights: [hold(types.autocast ? 'master_params' : 'params', parameters)],
    casts,
    layerCasts,
    endCasts,
    passing: new TensorSum().add(passing),
    fetched,
    buffers,
    workspace: new TensorSum().add(cublasWorkspace(run.gpu), training ? 2 : 1),
    loading,
    expanded: types.quantized === 'int4' ? loading : new TensorSum(),
  };
}
