/**
 * A training step block by block, for what is measured at the edges of blocks: forward climbs a stair for each layer,
 * which keeps what its backward pass needs, and backward goes down again as gradients of weights take their place.
 */
import type { Bytes } from '../../base/units';
import type { ModelSpec, RunSpec } from '../../model/spec';
import { isSharded, wholeShard } from '../sharding/shard';
import { TensorSum } from './allocator';
import { type Holding, hold } from './holding';
import { gradientHoldings } from './step-parts';
import { listStates } from './training';
import { countTraining, type TrainingParts } from './training-parts';

/** Of a phase: bytes allocated at the edges of its blocks in the order they run in, and the block that each edge belongs to, -1 outside all. */
export interface Stairs {
  readonly phase: 'forward' | 'backward';
  readonly step: number;
  readonly lastStep: number;
  readonly allocated: Float64Array;
  readonly block: Int32Array;
}

/**
 * Bytes of blocks that one layer keeps from its forward pass until backward reaches it: of a step on an 80-layer model
 * there are eighty such. Null where layers do not keep alike (two stacks, layers of two kinds, a checkpoint every few
 * layers, frozen ones), where what they keep is not on the device, and where nothing is trained.
 */
export function keptByBlock(model: ModelSpec, run: RunSpec): Bytes | null {
  const parts = countAlike(model, run);
  return parts && keptByEach(parts).allocated;
}

/** The stairs of the first step and of the later ones, for the models of `keptByBlock` whose weights are updated after backward. */
export function blockStairs(model: ModelSpec, run: RunSpec): readonly Stairs[] | null {
  const parts = countAlike(model, run);
  if (parts === null || parts.inBackward || parts.passing) return null;
  const first = stepStairs(parts, [], 1, 1);
  return run.steps > 1 ? [...first, ...stepStairs(parts, listStates(parts), 2, run.steps)] : first;
}

/** Parts of a step whose layers are all alike; null where they are not. */
function countAlike(model: ModelSpec, run: RunSpec): TrainingParts | null {
  if (run.framework !== 'pytorch' || run.mode !== 'train' || isSharded(run)) return null;
  const parts = countTraining(model, run, wholeShard(model, run));
  const isAlike = !parts.twoStacks && parts.kinds.length === 1 && parts.group <= 1;
  return isAlike && !parts.onHost && parts.trainedLayers === model.layers ? parts : null;
}

const keptByEach = (parts: TrainingParts): TensorSum =>
  parts.group === 1 ? parts.stream : parts.kept;

function stepStairs(
  parts: TrainingParts,
  states: readonly Holding[],
  step: number,
  lastStep: number,
): Stairs[] {
  const { model, head, resident, group } = parts;
  const standing = [
    ...parts.base,
    ...states,
    hold('workspace', resident.expanded),
    hold('activations', parts.embedded),
    hold('activations', parts.savedPositions),
    parts.mask,
    // What flows from block to block: the residual stream, or its gradient.
    hold('workspace', parts.stream),
  ];
  const kept = (layers: number) => hold('activations', keptByEach(parts), layers);
  // Copies of autocast go with the layers that saved them; recomputed layers save none, and theirs wait for the end of forward.
  const casts = (layers: number) => hold('params', resident.layerCasts, layers);
  const climbing = (done: number) => [
    ...standing,
    ...gradientHoldings(parts),
    kept(done),
    casts(done),
  ];
  const descending = (left: number) => [
    ...standing,
    ...gradientHoldings(parts, [
      hold('gradients', parts.endGradients),
      hold('gradients', parts.top.gradients, model.layers - left),
    ]),
    kept(left),
    casts(group === 0 ? left : 0),
  ];
  const atLoss = [
    ...climbing(model.layers),
    hold('params', resident.endCasts),
    hold('activations', head.saved),
    hold('logits', head.kept),
  ];
  const layers = Array.from({ length: model.layers }, (_, index) => index);
  const phase = (name: Stairs['phase'], edges: readonly (readonly [number, Holding[]])[]) => ({
    phase: name,
    step,
    lastStep,
    allocated: Float64Array.from(edges, ([, holdings]) => sumAllocated(holdings)),
    block: Int32Array.from(edges, ([block]) => block),
  });
  return [
    phase('forward', [
      ...layers.flatMap((block) => edgesOf(block, climbing(block), climbing(block + 1))),
      [-1, atLoss],
    ]),
    phase('backward', [
      [-1, atLoss],
      ...layers
        .toReversed()
        .flatMap((block) => edgesOf(block, descending(block + 1), descending(block))),
    ]),
  ];
}

/** Of a block where it begins and where it ends. */
function edgesOf(
  block: number,
  begin: Holding[],
  end: Holding[],
): (readonly [number, Holding[]])[] {
  return [
    [block, begin],
    [block, end],
  ];
}

function sumAllocated(holdings: readonly Holding[]): Bytes {
  const sum = new TensorSum();
  for (const { sum: part, times } of holdings)
    if (times !== 0 && part.requested !== 0) sum.addAll(part, times);
  return Math.round(sum.allocated);
}
