/**
 * Gradients of weights in a training step: all of them, those that come first and last, and what is there beside them for a
 * moment while they are made, added up or used up.
 */
import type { ModelSpec, RunSpec } from '../../model/spec';
import type { Shard } from '../sharding/shard';
import type { Weights, WeightTensor } from '../weights';
import { TensorSum } from './allocator';
import { type Holding, NOTHING } from './holding';
import { optimizerMemory } from './optimizer';
import type { ElementBytes } from './types';

export interface GradientParts {
  /** Gradients of all weights, and of the matrices outside the layers, which backward makes first. */
  readonly allGradients: TensorSum;
  readonly endGradients: TensorSum;
  /** A table's gradient comes twice where head and lookup share it, or two stacks look it up; their sum is a third tensor. */
  readonly tiedGradients: TensorSum;
  /** How often a layer's are there while they are made. */
  readonly gradientCopies: number;
  /** Gradients outlive a backward pass, since those of further micro-batches are added to them. */
  readonly carried: boolean;
  /**
   * The largest of them, of any weight and of those of the layers alone: new beside the one it is added to, or with what
   * its update takes while it runs.
   */
  readonly freshGradient: TensorSum;
  readonly freshInLayer: TensorSum;
  /** That of a table alone, which comes when the layers are done. */
  readonly tableGradient: TensorSum;
  /** Parameters, gradients and states are in host memory. */
  readonly offloaded: boolean;
  /** Gradients go as soon as they have come: to the host, or into an update of their weight alone. */
  readonly passing: boolean;
  /**
   * States are made as backward goes, each at the first update of its weight: those of the first layer after all others', and
   * those of the tables last.
   */
  readonly inBackward: boolean;
  readonly statesBeforeFirst: readonly Holding[];
  readonly statesBeforeTables: readonly Holding[];
}

export function countGradients(
  model: ModelSpec,
  run: RunSpec,
  shard: Shard,
  types: ElementBytes,
  { trained }: Weights,
): GradientParts {
  const gradientBytes = ({ rows, columns }: WeightTensor) =>
    Math.ceil((rows * columns * types.gradient) / shard.gradientShare);
  const allGradients = new TensorSum();
  const endGradients = new TensorSum();
  for (const tensor of trained) {
    allGradients.add(gradientBytes(tensor), tensor.count);
    if (isEndMatrix(tensor)) endGradients.add(gradientBytes(tensor), tensor.count);
  }
  const tableTrains = !run.loraRank && shard.frozen === 0 && shard.embedding;
  const isShared = shard.decoderLayers > 0 || (shard.head && model.tiedHead);
  const carried = shard.accumulates;
  const inBackward = run.optimizerInBackward === true;
  const update = (some: readonly WeightTensor[]) =>
    optimizerMemory(run, some, types, shareOfStates(shard));
  const fresh = (among: readonly WeightTensor[]) => {
    const sum = new TensorSum();
    const largest = findLargest(among);
    if (!largest || !(carried || inBackward)) return sum;
    sum.add(gradientBytes(largest));
    return inBackward ? sum.addAll(update([{ ...largest, count: 1 }]).temporaries) : sum;
  };
  const largestEnd = findLargest(trained.filter(isEndMatrix));
  const largestTable = findLargest(trained.filter(isTable));
  const beforeTables = trained.filter((tensor) => !isTable(tensor));
  const layers = shard.layers - shard.frozen;
  const aboveFirst = (tensor: WeightTensor) =>
    tensor.layered && !tensor.decoder
      ? { ...tensor, count: (tensor.count * (layers - 1)) / layers }
      : tensor;
  return {
    allGradients,
    endGradients,
    tiedGradients: new TensorSum().add(
      tableTrains && isShared && largestEnd ? 2 * gradientBytes(largestEnd) : 0,
    ),
    gradientCopies: countCopies(run, shard),
    carried,
    freshGradient: fresh(trained),
    freshInLayer: fresh(trained.filter(({ layered }) => layered)),
    tableGradient: new TensorSum().add(largestTable ? gradientBytes(largestTable) : 0),
    offloaded: run.offload === 'all',
    passing: inBackward || run.offload === 'all',
    inBackward,
    statesBeforeFirst: inBackward ? update(beforeTables.map(aboveFirst)).states : NOTHING,
    statesBeforeTables: inBackward ? update(beforeTables).states : NOTHING,
  };
}

/**
 * How often a layer's gradients as they are kept are there while they are made: whole, beside earlier ones they are added to;
 * not at all where each is used up as it comes.
 */
export function countCopies({ optimizerInBackward, offload }: RunSpec, shard: Shard): number {
  if (optimizerInBackward) return 0;
  return shard.accumulates && offload !== 'all' ? shard.gradientShare - 1 : shard.gradientShare;
}

/** Ranks that optimizer states are divided among. */
export function shareOfStates({ stateShare, parameterShare }: Shard): number {
  return Math.max(stateShare, parameterShare);
}

function isEndMatrix({ layered, kind }: WeightTensor): boolean {
  return !layered && kind === 'matrix';
}

/** Looked up below the layers: its gradient is among the last of a backward pass. */
function isTable({ part }: WeightTensor): boolean {
  return part === 'embedding' || part === 'positions';
}

function findLargest(tensors: readonly WeightTensor[]): WeightTensor | undefined {
  return tensors.toSorted((a, b) => b.rows * b.columns - a.rows * a.columns)[0];
}
