/**
 * A training step of PyTorch by phase: forward saves tensors layer by layer and ends in the loss; backward frees them
 * as gradients of weights appear; the optimizer makes its states in its first step. Each moment that can be the
 * highest is worked out in closed form, so the cost does not depend on the number of layers.
 *
 * Frozen layers at the bottom run as without a tape, one layer's tensors at a time: they save nothing, not even a
 * checkpoint, and backward ends above them.
 */

import type { ModelSpec, RunSpec } from '../../model/spec';
import type { Shard } from '../sharding/shard';
import type { TensorSum } from './allocator';
import { backwardMoments, topGroup } from './backward';
import { type Holding, hold } from './holding';
import {
  fetched,
  gradientHoldings,
  onDevice,
  type StepParts,
  savedOutsideLayers,
} from './step-parts';
import type { Moment, PhaseMoments } from './timeline';
import { countTraining, type TrainingParts } from './training-parts';
import { attentionForward, ffnForward } from './untaped';

/** Steps that hold the same. */
interface Steps {
  readonly first: number;
  readonly last: number;
  /** Optimizer states that are there from the start: none in the first step, which makes them. */
  readonly states: readonly Holding[];
}

/** With `peaksOnly` the first step is left out where others follow, which hold all it holds and the states too. */
export function trainingMoments(
  model: ModelSpec,
  run: RunSpec,
  shard: Shard,
  peaksOnly = false,
): PhaseMoments[] {
  const parts = countTraining(model, run, shard);
  const phases = [loadPhase(parts)];
  const repeats = run.steps > 1;
  if (!(peaksOnly && repeats)) phases.push(...stepPhases(parts, { first: 1, last: 1, states: [] }));
  if (repeats)
    phases.push(...stepPhases(parts, { first: 2, last: run.steps, states: listStates(parts) }));
  return phases;
}

/** Optimizer states on the device, from the end of the first step on. */
export function listStates({ run, optimizer, offloaded }: TrainingParts): readonly Holding[] {
  return run.offload === 'optimizer' || offloaded ? [] : optimizer.states;
}

function loadPhase({ resident, loaded }: TrainingParts): PhaseMoments {
  const quantizing = {
    name: 'quantizing',
    holdings: [...loaded, hold('workspace', resident.loading)],
  };
  return { phase: 'load', step: null, lastStep: null, moments: [quantizing], end: loaded };
}

function stepPhases(all: TrainingParts, steps: Steps): PhaseMoments[] {
  const coming = all.inBackward && steps.states.length === 0 ? listStates(all) : [];
  const parts: StepParts = { ...all, coming };
  const { first: step, last: lastStep, states } = steps;
  const held = [...parts.base, ...states];
  const standing = [...held, hold('workspace', parts.resident.expanded)];
  const afterBackward = parts.passing
    ? [...held, ...parts.coming]
    : [...held, hold('gradients', parts.allGradients)];
  return [
    {
      phase: 'forward',
      step,
      lastStep,
      standing,
      moments: forwardMoments(parts),
      end: [...standing, ...fetched(parts, 0), ...atLoss(parts, parts.head.kept, parts.savedCasts)],
    },
    {
      phase: 'backward',
      step,
      lastStep,
      standing: [...standing, parts.backwardBuckets],
      moments: backwardMoments(parts),
      end: afterBackward,
    },
    {
      phase: 'optimizer',
      step,
      lastStep,
      moments: [updateMoment(parts, afterBackward)],
      end: [...parts.base, ...listStates(parts)],
    },
  ];
}

/** With states in host memory, or updates in backward, the update runs there, and the device holds what backward has left. */
function updateMoment(parts: TrainingParts, afterBackward: readonly Holding[]): Moment {
  const onHost = (parts.run.offload ?? 'none') !== 'none' || parts.inBackward;
  return {
    name: 'update',
    holdings: onHost
      ? afterBackward
      : [
          ...parts.base,
          ...listStates(parts),
          hold('gradients', parts.allGradients),
          hold('workspace', parts.optimizer.temporaries),
        ],
  };
}

/** All layers are done: what they and the ends have saved, beside `logits`. */
function atLoss(parts: TrainingParts, logits: TensorSum, casts: Holding): Holding[] {
  return [
    ...gradientHoldings(parts),
    ...savedOutsideLayers(parts),
    casts,
    hold('activations', parts.microBatch),
    hold('logits', logits),
  ];
}

function forwardMoments(parts: TrainingParts): Moment[] {
  const { casts, mask, topLayers } = parts;
  const accumulated = gradientHoldings(parts);
  const moments: Moment[] = [
    {
      name: 'loss',
      holdings: [...atLoss(parts, parts.head.forward, casts), ...fetched(parts, 1)],
    },
    // Its output and the sum with the residual stream, the mask still there.
    {
      name: 'end of the last layer',
      holdings: [
        ...accumulated,
        ...fetched(parts, 2),
        hold('activations', parts.microBatch, parts.waiting + 1),
        hold('activations', parts.savedPositions),
        casts,
        mask,
        hold('workspace', parts.stream, 2),
      ],
    },
  ];
  if (topLayers > 0)
    for (const { name, holdings } of lastLayerMoments(parts))
      moments.push({
        name,
        holdings: [
          ...accumulated,
          ...fetched(parts, 2),
          hold('activations', parts.microBatch, parts.waiting),
          hold('activations', parts.below),
          hold('activations', parts.savedPositions),
          casts,
          mask,
          ...holdings,
        ],
      });
  for (const work of parts.frozenForward)
    moments.push({
      name: 'a frozen layer',
      holdings: [
        ...accumulated,
        ...fetched(parts, 2),
        hold('activations', parts.positions),
        mask,
        hold('workspace', parts.resident.passing),
        hold('workspace', work),
      ],
    });
  return moments;
}

/**
 * The last layer while it runs, beside all that the layers before it have saved: in attention, and without a tape
 * (where a checkpointed layer's tensors go as soon as they are used) in the feed-forward network.
 */
function lastLayerMoments(parts: TrainingParts): Moment[] {
  const { top, topLayers, group } = parts;
  const { saved, work } = top.midForward;
  if (group === 0)
    return [
      {
        name: 'attention of the last layer',
        holdings: [
          hold('activations', parts.kept, onDevice(parts, topLayers - 1)),
          hold('activations', saved),
          hold('workspace', work),
        ],
      },
    ];
  // Of the checkpoints the first is the embeddings, and where a group begins the last is the layer's input: what the layer
  // holds has both.
  const counted = topGroup(parts, topLayers) === 1 ? 2 : 1;
  const others = Math.max(0, Math.ceil(topLayers / group) - counted);
  const checkpoints = hold('activations', parts.stream, onDevice(parts, others));
  const { model, run, types } = parts;
  const within = (forward: typeof attentionForward) =>
    hold('workspace', forward(model, run, types, top.shape, run.seq, parts.twoStacks));
  return [
    {
      name: 'attention of the last layer',
      holdings: [checkpoints, within(attentionForward)],
    },
    {
      name: 'feed-forward network of the last layer',
      holdings: [checkpoints, within(ffnForward)],
    },
  ];
}
