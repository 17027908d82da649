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
import { type Holding, hold } from './holding';
import type { LayerPeak } from './layer';
import type { Moment, PhaseMoments } from './timeline';
import { countTraining, type TrainingParts } from './training-parts';
import { ffnForward } from './untaped';

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
function listStates({ run, optimizer, offloaded }: TrainingParts): readonly Holding[] {
  return run.offload === 'optimizer' || offloaded ? [] : optimizer.states;
}

function loadPhase({ resident, loaded }: TrainingParts): PhaseMoments {
  const quantizing = {
    name: 'quantizing',
    holdings: [...loaded, hold('workspace', resident.loading)],
  };
  return { phase: 'load', step: null, lastStep: null, moments: [quantizing], end: loaded };
}

function stepPhases(parts: TrainingParts, steps: Steps): PhaseMoments[] {
  const { first: step, last: lastStep, states } = steps;
  const held = [...parts.base, ...states];
  const standing = [...held, hold('workspace', parts.resident.expanded)];
  const afterBackward = parts.offloaded ? held : [...held, hold('gradients', parts.allGradients)];
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
      standing,
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

/** With states in host memory the update runs there, and the device holds what backward has left. */
function updateMoment(parts: TrainingParts, afterBackward: readonly Holding[]): Moment {
  const onHost = parts.run.offload !== undefined && parts.run.offload !== 'none';
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

/** Saved by head and embeddings, by positions, and by the micro-batches that wait for their backward pass. */
function savedOutsideLayers(parts: TrainingParts): Holding[] {
  return [
    hold('activations', parts.head.saved),
    hold('activations', parts.embedded),
    hold('activations', parts.savedPositions),
    hold('activations', parts.microBatch, parts.waiting),
    ...parts.recomputedMask,
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
          hold('activations', parts.kept, topLayers - 1),
          hold('activations', saved),
          hold('workspace', work),
        ],
      },
    ];
  const checkpoints = hold('activations', parts.stream, Math.ceil(topLayers / group));
  const { model, run, types } = parts;
  return [
    {
      name: 'attention of the last layer',
      holdings: [checkpoints, hold('workspace', saved), hold('workspace', work)],
    },
    {
      name: 'feed-forward network of the last layer',
      holdings: [checkpoints, hold('workspace', ffnForward(model, run, types, top.shape, run.seq))],
    },
  ];
}

/** In the order in which backward meets them: the logits, the head, the last norm, the layers, the embeddings. */
function backwardMoments(parts: TrainingParts): Moment[] {
  const { head, savedCasts: casts } = parts;
  const microBatch = hold('activations', parts.microBatch);
  const ofEnds = [
    ...gradientHoldings(parts, [hold('gradients', parts.endGradients)]),
    ...wholeEnds(parts, parts.endGradients),
    ...fetched(parts, 1),
  ];
  return [
    {
      name: 'gradient of the loss',
      holdings: [
        ...gradientHoldings(parts),
        ...fetched(parts, 1),
        ...savedOutsideLayers(parts),
        casts,
        microBatch,
        hold('logits', head.backward),
      ],
    },
    {
      name: 'head',
      holdings: [
        ...ofEnds,
        ...savedOutsideLayers(parts),
        casts,
        microBatch,
        hold('logits', head.gradient),
        hold('workspace', head.work),
        hold('workspace', parts.freshGradient),
      ],
    },
    {
      name: 'last norm',
      holdings: [
        ...ofEnds,
        casts,
        ...savedBesideLayers(parts),
        microBatch,
        hold('activations', head.norm),
        hold('workspace', parts.lastNorm),
      ],
    },
    ...layersBackward(parts, ofEnds),
    {
      name: 'embeddings',
      holdings: [
        ...gradientHoldings(parts, [hold('gradients', parts.allGradients)]),
        ...fetched(parts, 0),
        // Whole, and once more laid out as they are scattered.
        ...wholeEnds(parts, parts.endGradients, 2),
        hold('activations', parts.microBatch, parts.waiting),
        hold('workspace', parts.tiedGradients),
        hold('workspace', parts.stream),
      ],
    },
  ];
}

/**
 * Gradients that are there when this backward pass has made `made`: all where earlier micro-batches left theirs, none
 * where they go to the host as they come.
 */
function gradientHoldings(parts: TrainingParts, made: readonly Holding[] = []): readonly Holding[] {
  if (parts.offloaded) return [];
  return parts.carried ? [hold('gradients', parts.allGradients)] : made;
}

/**
 * Weights gathered for use, as FSDP keeps them (torch/distributed/fsdp/_fully_shard): those of the ends throughout, since the
 * root is not sharded anew after its forward pass; of a layer its own and the buffer that the next ones come in.
 */
function fetched({ gathered }: TrainingParts, layers: number): Holding[] {
  return [hold('communication', gathered.ends), hold('communication', gathered.layer, layers)];
}

/** What gradients of the ends take beyond their share while they wait for the end of backward. */
function wholeEnds({ gathered, offloaded }: TrainingParts, sum: TensorSum, times = 1): Holding[] {
  if (!gathered.endsWait) return [];
  return [hold('gradients', sum, gathered.gradientShare * times - (offloaded ? 0 : 1))];
}

/** The same as `savedOutsideLayers`, once the head is done. */
function savedBesideLayers(parts: TrainingParts): Holding[] {
  return [
    hold('activations', parts.microBatch, parts.waiting),
    hold('activations', parts.embedded),
    hold('activations', parts.savedPositions),
    ...parts.recomputedMask,
  ];
}

/** The last layer and the first; where gradients are scattered the second too, beside which the last one's lie whole. */
function layersBackward(parts: TrainingParts, ofEnds: readonly Holding[]): Moment[] {
  if (parts.topLayers === 0) return [];
  const { gathered, topLayers, group, top } = parts;
  const moments = [lastLayerBackward(parts, ofEnds), firstLayerBackward(parts)];
  if (gathered.gradientShare === 1 || topLayers < 2) return moments;
  const scattering = hold('communication', top.gradients, gathered.gradientShare);
  const { holdings } = lastLayerBackward(parts, ofEnds, topLayers - (group || 1));
  return [...moments, { name: 'layer before the last', holdings: [...holdings, scattering] }];
}

/** The last of `topLayers` layers, above all that those below it have saved; recomputed, its group has been run again. */
function lastLayerBackward(
  parts: TrainingParts,
  ofEnds: readonly Holding[],
  topLayers = parts.topLayers,
): Moment {
  const { top, group } = parts;
  const saved =
    group === 0
      ? // Selective recomputation brings one layer's scores back; saved tensors of other layers lack them.
        [
          hold('activations', parts.kept, topLayers - 1),
          hold('activations', parts.below),
          hold('activations', top.backward.saved),
        ]
      : [
          hold('activations', parts.stream, Math.ceil(topLayers / group) - 1),
          hold('activations', parts.below),
          hold('activations', top.saved, group - 1),
          hold('activations', top.backward.saved),
        ];
  return {
    name: 'last layer',
    holdings: [
      ...ofEnds,
      // Its own, beside those of the layer below that are on their way.
      hold('communication', parts.gathered.layer),
      ...parts.backwardCasts,
      ...savedBesideLayers(parts),
      ...saved,
      ...withinLayer(parts, top.backward),
    ],
  };
}

/** The first layer that trains, when all others have their gradients. */
function firstLayerBackward(parts: TrainingParts): Moment {
  const { bottom, top, topLayers, trainedLayers, group } = parts;
  const made = [
    hold('gradients', parts.endGradients),
    hold('gradients', bottom.gradients, trainedLayers - 1),
    hold('gradients', top.gradients, top === bottom ? 0 : topLayers),
  ];
  return {
    name: 'first layer',
    holdings: [
      ...gradientHoldings(parts, made),
      ...wholeEnds(parts, parts.endGradients),
      ...fetched(parts, 1),
      ...(parts.trainedLayers > 1
        ? [hold('communication', bottom.gradients, scattered(parts))]
        : []),
      ...savedBesideLayers(parts),
      ...(group === 0 ? [] : [hold('activations', bottom.saved, group - 1)]),
      hold('activations', bottom.backward.saved),
      ...withinLayer(parts, bottom.backward),
    ],
  };
}

/** Gradients and temporaries of the layer that backward is in. */
function withinLayer(parts: TrainingParts, { gradients, work }: LayerPeak): Holding[] {
  return [
    hold('gradients', gradients, wholeGradients(parts)),
    hold('workspace', work),
    hold('workspace', parts.freshGradient),
  ];
}

/** Gradients of one layer that are laid out to be scattered: none on a rank that keeps them whole. */
function scattered({ gathered }: TrainingParts): number {
  return gathered.gradientShare > 1 ? gathered.gradientShare : 0;
}

/** How often a layer's gradients as they are kept are there while they are made: whole, beside earlier ones they are added to. */
function wholeGradients({ gathered, carried, offloaded }: TrainingParts): number {
  if (carried && !offloaded) return gathered.gradientShare - 1;
  return gathered.gradientShare;
}
