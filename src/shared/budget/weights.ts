/**
 * The weight tensors of a rank, one row per kind and shape: what parameters, gradients, optimizer states and casts are
 * summed from. Unsharded, the rows add up to the exact parameter count.
 */

import type { ModelSpec, RunSpec } from '../model/spec';
import { listEndTensors, listStackTensors, type WeightTensor } from '../model/weights';
import { takesAdapter } from '../model/weights/adapters';
import type { Shard } from './sharding/shard';

export { split, type WeightTensor } from '../model/weights';

export interface Weights {
  readonly tensors: readonly WeightTensor[];
  /** What is trained: all of `tensors`, those that are not frozen, or the adapters of a low-rank run, which are none of them. */
  readonly trained: readonly WeightTensor[];
}

/** What the list of a rank's tensors depends on. */
const PARTS = [
  'first',
  'layers',
  'frozen',
  'decoderLayers',
  'embedding',
  'head',
  'tensor',
  'kvSplit',
  'expert',
] as const satisfies readonly (keyof Shard)[];

/** Lists made for a model last, since a search asks for the same few again and again. */
const LISTS = new WeakMap<ModelSpec, { shard: Shard; tensors: readonly WeightTensor[] }[]>();
const MOST_LISTS = 8;

function listTensors(model: ModelSpec, shard: Shard): readonly WeightTensor[] {
  let lists = LISTS.get(model);
  if (!lists) {
    lists = [];
    LISTS.set(model, lists);
  }
  const known = lists.find((list) => PARTS.every((part) => list.shard[part] === shard[part]));
  if (known) return known.tensors;
  const tensors = [...layerTensors(model, shard), ...endTensors(model, shard)];
  lists.unshift({ shard, tensors });
  lists.length = Math.min(lists.length, MOST_LISTS);
  return tensors;
}

export function countWeights(model: ModelSpec, run: RunSpec, shard: Shard): Weights {
  const tensors = listTensors(model, shard);
  const rank = run.loraRank ?? 0;
  if (rank > 0)
    return {
      tensors,
      trained: countAdapters(model, tensors, run),
    };
  const isFrozen = tensors.some(({ frozen }) => frozen);
  return { tensors, trained: isFrozen ? tensors.filter(({ frozen }) => !frozen) : tensors };
}

/** Parameters a rank computes with, adapters among them, and those of them that are trained. */
export function countRankParameters(
  model: ModelSpec,
  run: RunSpec,
  shard: Shard,
): { readonly held: number; readonly trained: number } {
  const { tensors, trained } = countWeights(model, run, shard);
  const held = elementsIn(tensors);
  const learning = trained === tensors ? held : elementsIn(trained);
  return { held: run.loraRank ? held + learning : held, trained: learning };
}

function elementsIn(tensors: readonly WeightTensor[]): number {
  return tensors.reduce((sum, { rows, columns, count }) => sum + rows * columns * count, 0);
}

/** How many layers share the tensors of a row. */
export function countLayers(tensor: WeightTensor, shard: Shard): number {
  if (tensor.decoder) return shard.decoderLayers;
  return tensor.frozen ? shard.frozen : shard.layers - shard.frozen;
}

function layerTensors(model: ModelSpec, shard: Shard): WeightTensor[] {
  const { first, layers, frozen, decoderLayers } = shard;
  const trained = listStackTensors(model, shard, {
    from: first + frozen,
    to: first + layers,
    decoderLayers,
  });
  if (frozen === 0) return trained;
  const still = listStackTensors(model, shard, { from: first, to: first + frozen });
  return [...still.map((row) => ({ ...row, frozen: true as const })), ...trained];
}

function endTensors(model: ModelSpec, shard: Shard): WeightTensor[] {
  const { relative, embedding, head } = listEndTensors(model, shard, shard);
  const tables =
    shard.frozen > 0 ? embedding.map((row) => ({ ...row, frozen: true as const })) : embedding;
  return [...relative, ...tables, ...head];
}

/** Two narrow matrices beside each matrix that takes an adapter, and with DoRA the magnitude of each of its outputs. */
function countAdapters(
  model: ModelSpec,
  tensors: readonly WeightTensor[],
  { loraRank: rank = 0, loraTargets = 'query-value', dora }: RunSpec,
): WeightTensor[] {
  return tensors
    .filter((tensor) => takesAdapter(model, tensor, loraTargets))
    .flatMap((tensor) => [
      { ...tensor, rows: tensor.rows, columns: rank },
      { ...tensor, rows: rank, columns: tensor.columns },
      ...(dora ? [{ ...tensor, rows: 1, kind: 'vector' as const }] : []),
    ]);
}
