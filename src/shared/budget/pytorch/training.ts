/**
 * A training step of PyTorch by phase: forward saves tensors layer by layer and ends in the loss; backward frees them
 * as gradients of weights appear; the optimizer makes its states in its first step. Each moment that can be the
 * highest is worked out in closed form, so the cost does not depend on the number of layers.
 *
 * Frozen layers at the bottom run as without a tape, one layer's tensors at a time: they save nothing, not even a
 * checkpoint, and backward ends above them.
 */

import type { Phase } from '../../base/vocabulary';
import { segmentLength } from '../../model/checkpointing';
import type { ModelSpec, RunSpec } from '../../model/spec';
import type { Shard } from '../sharding/shard';
import { countWeights } from '../weights';
import { TensorSum } from './allocator';
import { buildHead } from './head';
import { buildLayer, type Layer, type Moment, normBackward } from './layer';
import { optimizerMemory } from './optimizer';
import { countResident, type Holding } from './resident';
import type { PhaseMoments } from './timeline';
import { elementBytes } from './types';
import { attentionForward, ffnForward } from './untaped';

/** Layers computed again at once: checkpoints lie this far apart; 0 where nothing is. */
function checkpointGroup(run: RunSpec, layers: number): number {
  return Math.min(segmentLength(run.checkpointing) ?? 0, layers);
}

/** With `peaksOnly` the first step is left out where others follow, which hold all it holds and the states too. */
export function trainingMoments(
  model: ModelSpec,
  run: RunSpec,
  shard: Shard,
  peaksOnly = false,
): PhaseMoments[] {
  const types = elementBytes(run);
  const weights = countWeights(model, run, shard);
  const { trained } = weights;
  const resident = countResident(model, run, shard, types, weights);
  const layer = buildLayer(model, run, shard, types, trained);
  // Backward begins in the last layer of the decoder and ends in the first of the encoder; elsewhere the two are alike.
  const decoder =
    shard.decoderLayers > 0 ? buildLayer(model, run, shard, types, trained, true) : null;
  const top = decoder ?? layer;
  const head = buildHead(model, run, shard, types);
  /** Layers that train. */
  const L = shard.layers - shard.frozen;
  const topLayers = decoder ? shard.decoderLayers : L;
  const group = checkpointGroup(run, L);
  const selective = run.checkpointing === 'selective';
  const offloaded = run.offload === 'all';

  // --- gradients of weights ---
  const allGradients = new TensorSum();
  const endGradients = new TensorSum();
  let largest = 0;
  let table = 0;
  let headGradient = 0;
  for (const { rows, columns, count, layered, kind } of trained) {
    const bytes = Math.ceil((rows * columns * types.gradient) / shard.gradientShare);
    allGradients.add(bytes, count);
    largest = Math.max(largest, bytes);
    if (layered) continue;
    if (kind === 'matrix') {
      headGradient = Math.max(headGradient, bytes);
      endGradients.add(bytes, count);
    }
  }
  // The gradient of a tied table comes twice, from the head and from the lookup; their sum is a third tensor.
  const embeddingsTrain = trained === weights.tensors;
  if (embeddingsTrain && shard.embedding && shard.head && model.tiedHead && headGradient > 0)
    table = 2 * headGradient;
  const carried = shard.accumulates;
  const states = optimizerMemory(
    run,
    trained,
    types,
    Math.max(shard.stateShare, shard.parameterShare),
  );
  const communication = communicationBuffers(run, shard, allGradients, layer, resident.fetched);

  // --- activations of all layers and of one ---
  const x = new TensorSum().add(types.residual * layer.shape.stream);
  const keptOf = ({ saved, scores }: Layer) =>
    selective ? new TensorSum().addAll(saved).addAll(scores, -1) : new TensorSum().addAll(saved);
  const kept = keptOf(top);
  const groups = group === 0 ? 0 : Math.ceil(topLayers / group);
  /** What the encoder keeps below a decoder, and its output, that all layers of the decoder read. */
  const below = new TensorSum();
  if (decoder) {
    if (group === 0) below.addAll(keptOf(layer), L);
    else below.addAll(x, Math.ceil(L / group));
    below.addAll(head.norm).add(types.compute * layer.shape.stream);
  }
  /** Of a micro-batch that waits for its backward pass. */
  const whole: TensorSum =
    group === 0
      ? new TensorSum().addAll(kept, topLayers).addAll(below)
      : new TensorSum().addAll(x, groups).addAll(below);
  const embedded = new TensorSum();
  if (shard.embedding && model.postNorm && shard.frozen === 0)
    embedded
      .add(types.residual * layer.shape.stream, decoder ? 2 : 1)
      .add(4 * run.batch * run.seq, decoder ? 4 : 2);
  const waiting = shard.inFlight - 1;
  const lastNorm = new TensorSum().add(
    shard.head && !model.postNorm ? normBackward(model, types, layer.shape.stream) : 0,
  );

  // --- what stands at every moment ---
  const inputs = new TensorSum().add(8 * run.batch * run.seq, decoder ? 3 : 2).add(8 * run.seq);
  // Sines and cosines of the positions are saved; the mask of eager attention lasts as long as the layers run.
  const angles = new TensorSum();
  if (model.positions === 'rotary')
    angles.add(types.residual * run.seq * (model.latentAttention?.ropeDim ?? model.headDim), 2);
  const rotary = L > 0 ? angles : new TensorSum();
  const mask: Holding = [
    'buffers',
    new TensorSum().add(run.attention === 'eager' ? types.compute * run.batch * run.seq ** 2 : 0),
    1,
  ];
  const recomputedMask: Holding[] = group === 0 ? [] : [mask];
  const before: Holding[] = [...resident.weights, ['buffers', resident.buffers, 1]];
  const workspaces: Holding[] = [
    ['workspace', resident.workspace, 1],
    ['communication', communication, 1],
  ];
  const base: Holding[] = [...before, ['inputs', inputs, 1], ...workspaces];
  const ends: Holding[] = [
    ['activations', head.saved, 1],
    ['activations', embedded, 1],
    ['activations', rotary, 1],
    ['activations', whole, waiting],
    ...recomputedMask,
  ];
  const gradientsOf = (some: readonly Holding[]): readonly Holding[] =>
    offloaded ? [] : carried ? [['gradients', allGradients, 1]] : some;
  const casts: Holding = ['params', resident.casts, 1];
  // Recomputed layers cast their weights again; the head's cast stays.
  const backwardCasts: Holding[] =
    group === 0
      ? [casts]
      : [
          ['params', resident.layerCasts, group],
          ['params', resident.endCasts, 1],
        ];
  const frozenForward =
    shard.frozen === 0
      ? []
      : [attentionForward, ffnForward].map((work) => work(model, run, types, layer.shape, run.seq));
  const fresh = new TensorSum().add(carried ? largest : 0);

  const step = (
    first: number,
    last: number,
    held: readonly Holding[],
    accumulated: readonly Holding[],
  ): PhaseMoments[] => {
    const stand: Holding[] = [...base, ...held, ['workspace', resident.expanded, 1]];
    const forwardEnd: Holding[] = [
      ...stand,
      ...accumulated,
      ...ends,
      casts,
      ['activations', whole, 1],
      ['logits', head.kept, 1],
    ];
    const forward = [
      [...accumulated, ...ends, casts, ['activations', whole, 1], ['logits', head.forward, 1]],
      // As the last layer ends: its output and the sum with the residual stream, the mask still there.
      [
        ...accumulated,
        ['activations', whole, shard.inFlight],
        ['activations', rotary, 1],
        casts,
        mask,
        ['workspace', x, 2],
      ],
      ...(topLayers === 0 ? [] : lastLayerForward(model, run, top, kept, x, group, topLayers)).map(
        (work) =>
          [
            ...accumulated,
            ['activations', whole, waiting],
            ['activations', below, 1],
            ['activations', rotary, 1],
            casts,
            mask,
            ...work,
          ] satisfies Holding[],
      ),
      ...frozenForward.map(
        (work) =>
          [
            ...accumulated,
            ['activations', angles, 1],
            mask,
            ['workspace', resident.passing, 1],
            ['workspace', work, 1],
          ] satisfies Holding[],
      ),
    ] satisfies Holding[][];
    const local = top.backward;
    const bottom = layer.backward;
    // Selective recomputation brings one layer's scores back; saved tensors of other layers lack them.
    const nearTop: Holding[] =
      group === 0
        ? [
            ['activations', kept, topLayers - 1],
            ['activations', below, 1],
            ['activations', local.saved, 1],
          ]
        : [
            ['activations', x, groups - 1],
            ['activations', below, 1],
            ['activations', top.saved, group - 1],
            ['activations', local.saved, 1],
          ];
    const nearBottom: Holding[] =
      group === 0
        ? [['activations', bottom.saved, 1]]
        : [
            ['activations', layer.saved, group - 1],
            ['activations', bottom.saved, 1],
          ];
    const within = ({ gradients, work }: Moment): Holding[] => [
      ['gradients', gradients, carried || offloaded ? 0 : 1],
      ['workspace', work, 1],
      ['workspace', fresh, 1],
    ];
    const waitingHolding: Holding[] = [
      ['activations', whole, waiting],
      ['activations', embedded, 1],
      ['activations', rotary, 1],
      ...recomputedMask,
    ];
    const endHolding = gradientsOf([['gradients', endGradients, 1]]);
    const backward: Holding[][] = [
      [...gradientsOf([]), ...ends, casts, ['activations', whole, 1], ['logits', head.backward, 1]],
      [
        ...endHolding,
        ...ends,
        casts,
        ['activations', whole, 1],
        ['logits', head.gradient, 1],
        ['workspace', head.work, 1],
        ['workspace', fresh, 1],
      ],
      [
        ...endHolding,
        casts,
        ...waitingHolding,
        ['activations', whole, 1],
        ['activations', head.norm, 1],
        ['workspace', lastNorm, 1],
      ],
      ...(topLayers === 0
        ? []
        : ([
            [...endHolding, ...backwardCasts, ...waitingHolding, ...nearTop, ...within(local)],
            [
              ...gradientsOf([
                ['gradients', endGradients, 1],
                ['gradients', layer.gradients, L - 1],
                ['gradients', top.gradients, decoder ? topLayers : 0],
              ]),
              ...waitingHolding,
              ...nearBottom,
              ...within(bottom),
            ],
          ] satisfies Holding[][])),
      [
        ...gradientsOf([['gradients', allGradients, 1]]),
        ['activations', whole, waiting],
        ['workspace', new TensorSum().add(table), 1],
        ['workspace', x, 1],
      ],
    ];
    const after: Holding[] = offloaded
      ? [...base, ...held]
      : [...base, ...held, ['gradients', allGradients, 1]];
    const standing: Holding[] = [...base, ...stateHoldings];
    const optimizer: Holding[] =
      run.offload === 'none' || run.offload === undefined
        ? [...standing, ['gradients', allGradients, 1], ['workspace', states.temporaries, 1]]
        : after;
    return [
      { ...phase('forward', first, last, forward, forwardEnd), standing: stand },
      { ...phase('backward', first, last, backward, after), standing: stand },
      phase('optimizer', first, last, [optimizer], standing),
    ];
  };
  const stateHoldings: readonly Holding[] =
    run.offload === 'optimizer' || offloaded
      ? []
      : states.states.map(([component, tally]) => [component, tally, 1]);
  const accumulated: readonly Holding[] =
    carried && !offloaded ? [['gradients', allGradients, 1]] : [];
  const load: Holding[] = before;
  return [
    phase('load', null, null, [[...load, ['workspace', resident.loading, 1]]], load),
    ...(peaksOnly && run.steps > 1 ? [] : step(1, 1, [], accumulated)),
    ...(run.steps > 1 ? step(2, run.steps, stateHoldings, accumulated) : []),
  ];
}

function phase(
  name: Phase,
  step: number | null,
  lastStep: number | null,
  moments: readonly (readonly Holding[])[],
  end: readonly Holding[],
): PhaseMoments {
  return { phase: name, step, lastStep, moments, end };
}

/**
 * The last layer while it runs, under all that the layers before it have saved: in attention, and without a tape (where
 * a checkpointed layer's own tensors go as soon as they are used) in the feed-forward network.
 */
function lastLayerForward(
  model: ModelSpec,
  run: RunSpec,
  layer: Layer,
  kept: TensorSum,
  x: TensorSum,
  group: number,
  layers: number,
): Holding[][] {
  const { saved, work } = layer.midForward;
  if (group === 0)
    return [
      [
        ['activations', kept, layers - 1],
        ['activations', saved, 1],
        ['workspace', work, 1],
      ],
    ];
  const checkpoints: Holding = ['activations', x, Math.ceil(layers / group)];
  return [
    [checkpoints, ['workspace', saved, 1], ['workspace', work, 1]],
    [
      checkpoints,
      ['workspace', ffnForward(model, run, elementBytes(run), layer.shape, run.seq), 1],
    ],
  ];
}

/**
 * Buffers of communication. DistributedDataParallel keeps buckets as large as all gradients; sharded parameters are
 * gathered two layers at a time, and a layer's gradients exist whole before they are scattered; tensor parallelism
 * reduces one activation.
 */
function communicationBuffers(
  run: RunSpec,
  shard: Shard,
  gradients: TensorSum,
  layer: Layer,
  fetched: TensorSum,
): TensorSum {
  const total = new TensorSum().addAll(fetched);
  if (shard.data > 1 && shard.gradientShare === 1) total.addAll(gradients);
  if (shard.gradientShare > 1) total.addAll(layer.gradients, shard.gradientShare);
  if (shard.tensor > 1)
    total.add(
      elementBytes(run).compute *
        run.batch *
        run.seq *
        (layer.shape.stream / Math.ceil((run.batch * run.seq) / shard.sequence)),
    );
  if (!(shard.embedding && shard.head))
    total.add(elementBytes(run).compute * layer.shape.stream, 2);
  return total;
}
