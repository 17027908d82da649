/** What stays on the device from load on: weights, their casts and shards, buffers, libraries' workspaces. */

import { findImplementation } from '../../model/families';
import { type Quantization, quantizedBytes } from '../../model/quantization';
import type { ModelSpec, RunSpec } from '../../model/spec';
import { findStorage } from '../../model/stored-precision';
import type { Shard } from '../sharding/shard';
import { countLayers, type Weights, type WeightTensor } from '../weights';
import { TensorSum } from './allocator';
import { cublasWorkspace } from './device';
import { type Holding, hold } from './holding';
import { countLinearLayers, linearBuffers } from './linear-attention';
import type { ElementBytes } from './types';

export interface Resident {
  /** From load on. */
  readonly weights: readonly Holding[];
  /** Half-precision copies that autocast makes in forward and autograd keeps until backward has used them: none of frozen layers. */
  readonly casts: TensorSum;
  /** The same, of one layer (of an encoder-decoder one of each), which recomputation makes anew, and of the ends. */
  readonly layerCasts: TensorSum;
  readonly endCasts: TensorSum;
  /** Of what ZeRO-3 or offloading leaves elsewhere, whole: one layer, which comes while it is used, and the ends. */
  readonly fetchedLayer: TensorSum;
  readonly fetchedEnds: TensorSum;
  readonly buffers: TensorSum;
  readonly workspace: TensorSum;
  /** The largest of a frozen layer, which lasts as long as its multiplication. */
  readonly passing: TensorSum;
  /** The largest matrix at half precision: what quantizing at load holds for a moment. */
  readonly loading: TensorSum;
  /** The same, of 4-bit weights: each matrix is expanded while it multiplies more than one token's vector. */
  readonly expanded: TensorSum;
}

export function countResident(
  model: ModelSpec,
  run: RunSpec,
  shard: Shard,
  types: ElementBytes,
  weights: Weights,
): Resident {
  const training = run.mode === 'train';
  const storage = findStorage(model, run.precision);
  const counter = new WeightCounter(run, shard, types, storage);
  for (const tensor of weights.tensors) counter.add(tensor, types.weight, true);
  if (run.loraRank) for (const tensor of weights.trained) counter.add(tensor, types.adapter, false);
  const { parameters, casts, layerCasts, endCasts, fetchedLayer, fetchedEnds } = counter;
  const loading = new TensorSum().add(2 * counter.largestQuantized);
  return {
    weights: [
      // With adapters nothing is a master: what is wide is frozen.
      hold(types.autocast && !types.quantized ? 'master_params' : 'params', parameters),
      ...references(run, shard, types, storage, weights),
    ],
    casts,
    layerCasts,
    endCasts,
    passing: new TensorSum().add(2 * counter.largestFrozen),
    fetchedLayer,
    fetchedEnds,
    buffers: registeredBuffers(model, shard, types),
    workspace: new TensorSum().add(cublasWorkspace(run.gpu), training ? 2 : 1),
    loading,
    expanded: storage?.bits === 4 ? loading : new TensorSum(),
  };
}

/** Frozen copies that preference training compares with, each sharded as the model itself. */
function references(
  run: RunSpec,
  shard: Shard,
  types: ElementBytes,
  storage: Quantization | null,
  { tensors }: Weights,
): Holding[] {
  if (!run.referenceModels) return [];
  const counter = new WeightCounter(run, shard, types, storage);
  for (const tensor of tensors) counter.add(tensor, types.weight, true);
  return [hold('params', counter.parameters, run.referenceModels)];
}

/** Buffers beside the weights, as the model's family registers them. */
function registeredBuffers(model: ModelSpec, shard: Shard, types: ElementBytes): TensorSum {
  const buffers = new TensorSum();
  const registered = findImplementation(model).buffers;
  if (registered === 'causal-masks') buffers.add(model.maxPositions ** 2, shard.layers);
  if (registered === 'position-ids' && shard.embedding)
    buffers.add(8 * model.maxPositions, model.tokenTypes ? 2 : 1);
  if (registered === 'sines' && shard.embedding)
    buffers.add(types.weight * (model.maxPositions + 2) * model.hidden);
  // The frequencies of rotary positions, one fp32 for two numbers of a head.
  if (model.positions === 'rotary')
    buffers.add(4 * Math.ceil((model.latentAttention?.ropeDim ?? model.headDim) / 2));
  return buffers.addAll(linearBuffers(model, shard, types), countLinearLayers(model, shard));
}

/** Adds up weights as the device keeps them, and what is made of them while they are used. */
class WeightCounter {
  readonly parameters = new TensorSum();
  readonly casts = new TensorSum();
  readonly layerCasts = new TensorSum();
  readonly endCasts = new TensorSum();
  readonly fetchedLayer = new TensorSum();
  readonly fetchedEnds = new TensorSum();
  /** Elements of the largest quantized matrix, and of the largest cast of a frozen layer. */
  largestQuantized = 0;
  largestFrozen = 0;
  readonly #shard: Shard;
  readonly #types: ElementBytes;
  readonly #storage: Quantization | null;
  /** Parameters are in host memory. */
  readonly #offloaded: boolean;
  /** Ranks a parameter is sharded over. */
  readonly #share: number;
  /** Weights come to the device layer by layer, and their casts with them. */
  readonly #gathered: boolean;

  constructor(run: RunSpec, shard: Shard, types: ElementBytes, storage: Quantization | null) {
    const training = run.mode === 'train';
    this.#shard = shard;
    this.#types = types;
    this.#storage = storage;
    this.#offloaded = run.offload === 'all';
    this.#share = training ? shard.parameterShare : 1;
    this.#gathered = training && (this.#share > 1 || this.#offloaded);
  }

  /** A row of weights of `element` bytes each; with `quantizable` at fewer where the run quantizes its layers. */
  add(tensor: WeightTensor, element: number, quantizable: boolean): void {
    const { rows, columns, count, kind, layered } = tensor;
    const { autocast } = this.#types;
    const elements = rows * columns;
    const narrow = quantizable ? this.#narrow(tensor) : null;
    const bytes = narrow === null ? elements * element : quantizedBytes(narrow, rows, columns);
    if (!this.#offloaded) this.parameters.add(Math.ceil(bytes / this.#share), count);
    if (narrow !== null) this.largestQuantized = Math.max(this.largestQuantized, elements);
    if (autocast && kind === 'matrix' && narrow === null && !this.#gathered) this.#cast(tensor);
    if (!this.#gathered && !this.#offloaded) return;
    const whole = narrow === null ? elements * (autocast ? 2 : element) : bytes;
    if (!layered) this.fetchedEnds.add(whole, count);
    // Of frozen layers and of those that train one is as large as the other.
    else if (!tensor.frozen || this.#shard.frozen === this.#shard.layers)
      this.fetchedLayer.add(whole, count / countLayers(tensor, this.#shard));
  }

  /** Linear layers are quantized, the router's and the ends' matrices are not; in some formats the experts alone are. */
  #narrow({ role, expert }: WeightTensor): Quantization | null {
    if (role === undefined || (this.#storage?.expertsAlone && !expert)) return null;
    return this.#storage;
  }

  #cast(tensor: WeightTensor): void {
    const { rows, columns, count, layered, frozen, expert } = tensor;
    // Of grouped multiplications autocast knows nothing.
    if (expert) return;
    const bytes = 2 * rows * columns;
    if (layered && frozen) {
      this.largestFrozen = Math.max(this.largestFrozen, rows * columns);
      return;
    }
    this.casts.add(bytes, count);
    if (layered) this.layerCasts.add(bytes, count / countLayers(tensor, this.#shard));
    else this.endCasts.add(bytes, count);
  }
}
