/**
 * The backward pass of a training step, in the order in which it meets things: the logits, the head, the last norm, the
 * layers, the embeddings. Each moment that can be the highest is a list of holdings.
 */
import type { TensorSum } from './allocator';
import { type Holding, hold, NOTHING } from './holding';
import type { LayerPeak } from './layer';
import {
  fetched,
  gradientHoldings,
  onDevice,
  type StepParts,
  savedOutsideLayers,
} from './step-parts';
import type { Moment } from './timeline';
import type { TrainingParts } from './training-parts';

/** In the order in which backward meets them: the logits, the head, the last norm, the layers, the embeddings. */
export function backwardMoments(parts: StepParts): Moment[] {
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
    ...embeddingsBackward(parts),
  ];
}

/** All layers are done: the tables' gradients come last, that of a shared one twice, and are updated last. */
function embeddingsBackward(parts: StepParts): Moment[] {
  const standing = [
    ...fetched(parts, 0),
    hold('activations', parts.microBatch, parts.waiting),
    hold('workspace', parts.stream),
    ...biasGradients(parts),
    hold('activations', parts.givenBias, crossStacks(parts)),
  ];
  const made: Moment = {
    name: 'embeddings',
    holdings: [
      ...standing,
      ...gradientHoldings(parts, [hold('gradients', parts.allGradients)]),
      ...coming(parts, parts.statesBeforeTables),
      // Whole, and once more laid out as they are scattered.
      ...wholeEnds(parts, parts.endGradients, 2),
      hold('workspace', parts.tiedGradients),
      ...(parts.inBackward ? [hold('workspace', parts.tableGradient)] : []),
    ],
  };
  if (!parts.inBackward) return [made];
  const updated = [...standing, ...parts.coming, hold('workspace', parts.freshGradient)];
  return [made, { name: 'update of the embeddings', holdings: updated }];
}

/** States that are new in this step: those of `made`, none in a step that has them from the start. */
function coming(parts: StepParts, made: readonly Holding[]): readonly Holding[] {
  return parts.coming.length > 0 ? made : NOTHING;
}

/** Stacks whose layers are given zeros as the relative positions of cross-attention. */
const crossStacks = ({ twoStacks }: TrainingParts) => (twoStacks ? 1 : 0);

/**
 * Gradients of the relative positions that layers which run again are given: of those of the stack at work, and of the zeros of
 * cross-attention, a leaf that T5 makes require one under checkpointing, and which stays with it until the loss goes.
 */
function biasGradients(parts: TrainingParts): readonly Holding[] {
  return [hold('gradients', parts.givenBias, crossStacks(parts))];
}

/** What gradients of the ends take beyond their share while they wait for the end of backward. */
function wholeEnds(
  { gathered, offloaded }: TrainingParts,
  sum: TensorSum,
  times = 1,
): readonly Holding[] {
  if (!gathered.endsWait) return NOTHING;
  return [hold('gradients', sum, gathered.gradientShare * times - (offloaded ? 0 : 1))];
}

/** The same as `savedOutsideLayers`, once the head is done. */
function savedBesideLayers(parts: TrainingParts): Holding[] {
  return [
    hold('activations', parts.microBatch, parts.waiting),
    hold('activations', parts.embedded),
    hold('activations', parts.savedPositions),
    hold('activations', parts.sharedKeys.given),
    ...parts.recomputedMask,
  ];
}

/**
 * The last layer and the first. Where gradients are scattered also the second from the top and the second from the bottom:
 * beside either lie the gradients of the layer above whole, and the weights of the one below on their way. Going down, each
 * layer leaves its share of gradients and takes what it had saved along: between the two the sum is linear.
 */
function layersBackward(parts: StepParts, ofEnds: readonly Holding[]): Moment[] {
  const { gathered, topLayers, top, carried, passing } = parts;
  if (topLayers === 0) return [];
  const moments = [topOfStack(parts, ofEnds, 0), firstLayerBackward(parts)];
  const group = parts.group || 1;
  const first = topGroup(parts, topLayers);
  const made = (above: number) => hold('gradients', top.gradients, carried || passing ? 0 : above);
  if (gathered.gradientShare > 1 && topLayers > 1) {
    const lowest = first + Math.floor((topLayers - first - 1) / group) * group;
    const scattering = hold('communication', top.gradients, gathered.gradientShare);
    for (const above of new Set([first, Math.max(first, lowest)]))
      if (above < topLayers)
        moments.push(topOfStack(parts, [...ofEnds, scattering, made(above)], above));
  } else if (group > 1) {
    // A group that is run again stands whole as its own backward begins: the one below the first is no smaller, nor is the lowest.
    if (first < topLayers) moments.push(topOfStack(parts, [...ofEnds, made(first)], first));
    moments.push(firstLayerBackward(parts, group - 1));
  }
  return moments;
}

/** Layers of the group that the highest of `layers` belongs to: groups are counted from below, so the last may be smaller. */
export function topGroup({ group }: TrainingParts, layers: number): number {
  return group === 0 ? 1 : ((layers - 1) % group) + 1;
}

/** The last layer below `above` others that are done, over all that those below it have saved; recomputed, its group has been run again. */
function topOfStack(parts: TrainingParts, ofEnds: readonly Holding[], above: number): Moment {
  const { top, group } = parts;
  const layers = parts.topLayers - above;
  const saved =
    group === 0
      ? // Selective recomputation brings one layer's scores back; saved tensors of other layers lack them.
        [
          hold('activations', parts.kept, onDevice(parts, layers - 1)),
          hold('activations', parts.below),
          hold('activations', top.backward.saved),
        ]
      : [
          hold('activations', parts.stream, onDevice(parts, Math.ceil(layers / group) - 1)),
          hold('activations', parts.below),
          hold('activations', top.saved, topGroup(parts, layers) - 1),
          hold('activations', top.backward.saved),
        ];
  return {
    name: above === 0 ? 'last layer' : 'a layer between',
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

/** The first layer that trains, when all others have their gradients; or one of its group, beside `rerun` below it. */
function firstLayerBackward(parts: StepParts, rerun = 0): Moment {
  const { bottom, top, topLayers, trainedLayers, twoStacks } = parts;
  const made = [
    hold('gradients', parts.endGradients),
    hold('gradients', bottom.gradients, trainedLayers - 1 - rerun),
    hold('gradients', top.gradients, twoStacks ? topLayers : 0),
  ];
  return {
    name: 'first layer',
    holdings: [
      ...gradientHoldings(parts, made),
      ...coming(parts, parts.statesBeforeFirst),
      ...wholeEnds(parts, parts.endGradients),
      ...fetched(parts, 1),
      ...(parts.trainedLayers > 1
        ? [hold('communication', bottom.gradients, scattered(parts))]
        : []),
      ...savedBesideLayers(parts),
      hold('activations', bottom.saved, rerun),
      hold('activations', bottom.backward.saved),
      ...biasGradients(parts),
      hold('gradients', parts.givenBias),
      hold('activations', parts.sharedKeys.remade),
      ...withinLayer(parts, bottom.backward),
    ],
  };
}

/** Gradients and temporaries of the layer that backward is in. */
function withinLayer(parts: TrainingParts, { gradients, work }: LayerPeak): Holding[] {
  return [
    hold('gradients', gradients, parts.gradientCopies),
    hold('workspace', work),
    hold('workspace', parts.freshInLayer),
  ];
}

/** Gradients of one layer that are laid out to be scattered: none on a rank that keeps them whole. */
function scattered({ gathered }: TrainingParts): number {
  return gathered.gradientShare > 1 ? gathered.gradientShare : 0;
}
