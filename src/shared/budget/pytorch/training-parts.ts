/**
 * What a training step holds, part by part: gradients of weights, activations of all layers and of one, and what stands
 * from load on. `training.ts` puts the parts together into the moments of a step.
 *
 * Symbols: B sequences, n tokens, N = B·n, d width; an element is as many bytes as `ElementBytes` says.
 */

import { segmentLength } from '../../model/checkpointing';
import type { ModelSpec, RunSpec } from '../../model/spec';
import { groupLayers, kindOfLayer, type LayerKind, PLAIN } from '../../model/weights';
import type { Shard } from '../sharding/shard';
import { countWeights, split } from '../weights';
import { TensorSum } from './allocator';
import { attentionMasks, findAttention } from './attention';
import { countGradients, type GradientParts, shareOfStates } from './gradient-parts';
import { buildHead, type Head } from './head';
import { type Holding, hold } from './holding';
import { buildLayer, type Layer } from './layer';
import { savedByLayerInputs } from './layer-inputs';
import { normBackward } from './norm';
import { type OptimizerMemory, optimizerMemory } from './optimizer';
import { countResident, type Resident } from './resident';
import { countSharedKeys, type SharedKeys } from './shared-keys';
import { type ElementBytes, elementBytes } from './types';
import { attentionForward, ffnForward } from './untaped';

/** The layers that train. */
interface LayerParts {
  /** Where backward ends, the first of them, and where it begins: alike but in an encoder-decoder. */
  readonly bottom: Layer;
  readonly top: Layer;
  /** An encoder's stack lies below the one that `top` is the last of. */
  readonly twoStacks: boolean;
  /** The kinds that there are among those of `top`'s stack that train, and how many layers are of each. */
  readonly kinds: readonly { readonly layer: Layer; readonly count: number }[];
  /** How many there are, and how many in the stack that `top` is the last of. */
  readonly trainedLayers: number;
  readonly topLayers: number;
  /** Layers computed again at once: checkpoints lie this far apart; 0 where nothing is. */
  readonly group: number;
}

interface ActivationParts {
  /** N·d, the residual stream: a checkpoint, or the input of one layer. */
  readonly stream: TensorSum;
  /** What the layers save goes to host memory: on the device are those of the layer at work and of one on its way. */
  readonly onHost: boolean;
  /** Saved by one layer until backward reaches it: without the scores where these are computed again. */
  readonly kept: TensorSum;
  /** What an encoder keeps below a decoder, and its output, which all layers of the decoder read. */
  readonly below: TensorSum;
  /** All that the layers keep of one micro-batch. */
  readonly microBatch: TensorSum;
  /** Micro-batches that wait for their backward pass beside the one at work. */
  readonly waiting: number;
  /** What layers hand on to later ones, and under checkpointing keep. */
  readonly sharedKeys: SharedKeys;
  /** Saved by the norm over the embeddings, and by what makes the vectors that layers are given. */
  readonly embedded: TensorSum;
  /** What all layers share of the positions, and the same where a layer that trains saves it. */
  readonly positions: TensorSum;
  readonly savedPositions: TensorSum;
  /** The biases of relative positions that layers which run again are given, as many bytes as one: h·n². */
  readonly givenBias: TensorSum;
  /** What a frozen layer holds at either of its two highest moments; none where none is frozen. */
  readonly frozenForward: readonly TensorSum[];
  /** Temporaries of the backward pass of the last norm. */
  readonly lastNorm: TensorSum;
}

/** What is gathered of sharded or offloaded weights while the layers run, and the gradients that wait to be scattered. */
interface GatheredParts {
  /** Whole weights: of the ends, there from the start of forward to the end of backward; of one layer. */
  readonly ends: TensorSum;
  readonly layer: TensorSum;
  /** Ranks that share a gradient once it is scattered; until then it is there whole. */
  readonly gradientShare: number;
  /** Gradients of the ends stay whole until backward is over. */
  readonly endsWait: boolean;
}

interface StandingParts {
  /** Weights and buffers, from load on; with inputs, workspaces and communication, what every step stands on. */
  readonly loaded: readonly Holding[];
  readonly base: readonly Holding[];
  /** The mask of eager attention lasts as long as the layers run: in backward too where they run again. */
  readonly mask: Holding;
  readonly recomputedMask: readonly Holding[];
  /** Half-precision copies of weights, which autocast holds until forward is over. */
  readonly casts: Holding;
  /** Those of them that autograd has saved: of recomputed layers none, which make theirs again; the head's stays. */
  readonly savedCasts: Holding;
  readonly backwardCasts: readonly Holding[];
  /** Buckets that are there in backward alone. */
  readonly backwardBuckets: Holding;
}

export interface TrainingParts extends LayerParts, GradientParts, ActivationParts, StandingParts {
  readonly model: ModelSpec;
  readonly run: RunSpec;
  readonly types: ElementBytes;
  readonly resident: Resident;
  readonly gathered: GatheredParts;
  readonly head: Head;
  readonly optimizer: OptimizerMemory;
}

export function countTraining(model: ModelSpec, run: RunSpec, shard: Shard): TrainingParts {
  const types = elementBytes(run, model);
  const weights = countWeights(model, run, shard);
  const { trained } = weights;
  const resident = countResident(model, run, shard, types, weights);
  const head = buildHead(model, run, shard, types);
  const trainedLayers = shard.layers - shard.frozen;
  const encoderDecoder = shard.decoderLayers > 0;
  const layerOf = layersByKind((kind) => buildLayer(model, run, shard, types, trained, kind));
  const [lowest, end] = [shard.first + shard.frozen, shard.first + shard.layers];
  const layers: LayerParts = {
    bottom: layerOf(kindOfLayer(model, lowest)),
    top: encoderDecoder ? layerOf({ ...PLAIN, cross: true }) : layerOf(kindOfLayer(model, end - 1)),
    twoStacks: encoderDecoder,
    kinds: encoderDecoder
      ? []
      : groupLayers(model, lowest, end).map((kind) => ({
          layer: layerOf(kind),
          count: kind.layers,
        })),
    trainedLayers,
    topLayers: encoderDecoder ? shard.decoderLayers : trainedLayers,
    group: Math.min(segmentLength(run.checkpointing) ?? 0, trainedLayers),
  };
  const gradients = countGradients(model, run, shard, types, weights);
  return {
    model,
    run,
    types,
    resident,
    gathered: {
      ends: resident.fetchedEnds,
      layer: resident.fetchedLayer,
      gradientShare: shard.gradientShare,
      endsWait: shard.parameterShare > 1 || run.offload === 'all',
    },
    head,
    optimizer: optimizerMemory(run, trained, types, shareOfStates(shard)),
    ...layers,
    ...gradients,
    ...countActivations(model, run, shard, types, layers, head),
    ...listStanding(model, run, shard, types, layers, resident, gradients.allGradients),
  };
}

const NO_SHARED_KEYS: SharedKeys = { given: new TensorSum(), remade: new TensorSum() };

/** Layers of a kind are alike: each is worked out when it is first asked for. */
function layersByKind(build: (kind: LayerKind) => Layer): (kind: LayerKind) => Layer {
  const known = new Map<string, Layer>();
  return (kind) => {
    const name = JSON.stringify(kind);
    const layer = known.get(name) ?? build(kind);
    known.set(name, layer);
    return layer;
  };
}

function countActivations(
  model: ModelSpec,
  run: RunSpec,
  shard: Shard,
  types: ElementBytes,
  layers: LayerParts,
  head: Head,
): ActivationParts {
  const { bottom, top, trainedLayers, topLayers, group } = layers;
  const { seq: n } = run;
  const width = bottom.shape.stream;
  const encoderDecoder = shard.decoderLayers > 0;
  const stream = new TensorSum().add(types.residual * width);
  const kept = keptBelowTop(layers, run);
  const onHost = run.offloadActivations === true;
  /** Layers of a stack: all they have saved, or one checkpoint a group. */
  const stack = (sum: TensorSum, savedByLayer: TensorSum, count: number) => {
    if (onHost) return sum;
    return group === 0
      ? sum.addAll(savedByLayer, count)
      : sum.addAll(stream, Math.ceil(count / group));
  };
  const below = new TensorSum();
  if (encoderDecoder)
    stack(below, keptByLayer(bottom, run), trainedLayers)
      .addAll(head.norm)
      .add(types.compute * width);
  const positions = positionTensors(model, run, shard, types, group > 0);
  return {
    stream,
    onHost,
    kept,
    below,
    microBatch:
      group > 0 || onHost || topLayers === 0
        ? stack(new TensorSum(), kept, topLayers).addAll(below)
        : stack(new TensorSum(), kept, topLayers - 1)
            .addAll(keptByLayer(top, run))
            .addAll(below),
    waiting: shard.inFlight - 1,
    embedded: savedByEmbeddings(model, run, shard, types, width),
    sharedKeys: group > 0 ? countSharedKeys(model, run, types) : NO_SHARED_KEYS,
    positions,
    savedPositions: trainedLayers > 0 ? positions : new TensorSum(),
    givenBias: new TensorSum().add(
      group > 0 && model.relativeBuckets !== undefined
        ? types.compute * split(model.heads, shard.tensor) * n ** 2
        : 0,
    ),
    frozenForward:
      shard.frozen === 0
        ? []
        : [attentionForward, ffnForward].map((work) => work(model, run, types, bottom.shape, n)),
    lastNorm: new TensorSum().add(
      shard.head && !model.postNorm ? normBackward(model, types, width) : 0,
    ),
  };
}

/** By the vectors that layers are given, and by the norm over the embeddings of each stack: its input, and two numbers a row. */
function savedByEmbeddings(
  model: ModelSpec,
  run: RunSpec,
  shard: Shard,
  types: ElementBytes,
  width: number,
): TensorSum {
  const { postNorm, embeddingNorm } = model;
  const { batch: B, seq: n } = run;
  if (!shard.embedding || shard.frozen > 0) return new TensorSum();
  const saved = savedByLayerInputs(model, B * n, types, segmentLength(run.checkpointing) !== null);
  const isNormed = postNorm && embeddingNorm !== false;
  if (!isNormed) return saved;
  const stacks = shard.decoderLayers > 0 ? 2 : 1;
  return saved.add(types.residual * width, stacks).add(4 * B * n, 2 * stacks);
}

/**
 * Sines and cosines of rotary positions. Of relative ones the buckets of all pairs, one int64 each; their biases, h·n², where a
 * fused kernel takes the encoder's and the zeros of cross-attention as its mask, and where layers that run again are given
 * them: those of each stack and the zeros.
 */
function positionTensors(
  model: ModelSpec,
  run: RunSpec,
  shard: Shard,
  types: ElementBytes,
  recomputed: boolean,
): TensorSum {
  const { seq: n } = run;
  const sum = new TensorSum();
  if (model.positions === 'rotary')
    sum.add(types.residual * n * (model.latentAttention?.ropeDim ?? model.headDim), 2);
  if (model.globalAttention) sum.add(types.residual * n * model.globalAttention.headDim, 2);
  if (model.relativeBuckets === undefined) return sum;
  const stacks = shard.decoderLayers > 0 ? 2 : 1;
  const square = split(model.heads, shard.tensor) * n ** 2;
  if (recomputed)
    return sum.add(types.residual * square, stacks).add(types.compute * square, stacks - 1);
  const tables = model.relativeInEveryLayer ? shard.layers + shard.decoderLayers : stacks;
  sum.add(8 * n ** 2, tables);
  if (!findAttention(model, run, types).keepsScores) sum.add(types.compute * square, stacks);
  return sum;
}

/** By a layer below the last: where there are several kinds, what one of them keeps on the average. */
function keptBelowTop({ top, topLayers, kinds }: LayerParts, run: RunSpec): TensorSum {
  const kept = keptByLayer(top, run);
  const others = topLayers - 1;
  if (kinds.length < 2 || others === 0) return kept;
  const average = new TensorSum();
  for (const { layer, count } of kinds) average.addAll(keptByLayer(layer, run), count / others);
  return average.addAll(kept, -1 / others);
}

function keptByLayer({ saved, scores }: Layer, run: RunSpec): TensorSum {
  const kept = new TensorSum().addAll(saved);
  return run.checkpointing === 'selective' ? kept.addAll(scores, -1) : kept;
}

function listStanding(
  model: ModelSpec,
  run: RunSpec,
  shard: Shard,
  types: ElementBytes,
  { bottom, group }: LayerParts,
  resident: Resident,
  allGradients: TensorSum,
): StandingParts {
  const { batch: B, seq: n } = run;
  // Token ids and labels of int64, a decoder's ids besides, and the positions.
  const inputs = new TensorSum().add(8 * B * n, shard.decoderLayers > 0 ? 3 : 2).add(8 * n);
  const loaded = [...resident.weights, hold('buffers', resident.buffers)];
  const mask = hold('buffers', attentionMasks(model, run, types, n));
  const casts = hold('params', resident.casts);
  return {
    loaded,
    base: [
      ...loaded,
      hold('inputs', inputs),
      hold('workspace', resident.workspace),
      hold('communication', communicationBuffers(run, shard, types, bottom, allGradients)),
    ],
    mask,
    recomputedMask: group === 0 ? [] : [mask],
    casts,
    backwardBuckets: hold('communication', reduceBucket(run, types), run.zero === 2 ? 2 : 0),
    savedCasts: group === 0 ? casts : hold('params', resident.endCasts),
    backwardCasts:
      group === 0
        ? [casts]
        : [hold('params', resident.layerCasts, group), hold('params', resident.endCasts)],
  };
}

/**
 * Buffers of communication that stand throughout. DistributedDataParallel keeps buckets as large as all gradients; tensor
 * parallelism reduces one activation; stages of a pipeline receive and send one.
 */
function communicationBuffers(
  run: RunSpec,
  shard: Shard,
  types: ElementBytes,
  { shape }: Layer,
  allGradients: TensorSum,
): TensorSum {
  const total = new TensorSum();
  if (shard.data > 1 && shard.gradientShare === 1) total.addAll(allGradients);
  const tokens = run.batch * run.seq;
  if (shard.tensor > 1)
    total.add(types.compute * tokens * (shape.stream / Math.ceil(tokens / shard.sequence)));
  // Keys and values of another rank in use and the next ones on their way; in backward their gradients too.
  if (shard.context > 1) total.add(types.compute * tokens * shape.kvWidth, 8);
  if (!(shard.embedding && shard.head)) total.add(types.compute * shape.stream, 2);
  if (run.zero === 3) total.addAll(reduceBucket(run, types));
  return total;
}

/** One bucket that DeepSpeed reduces gradients in, in the precision it computes in; none where no size is given. */
function reduceBucket({ reduceBucket: elements = 0 }: RunSpec, types: ElementBytes): TensorSum {
  return new TensorSum().add(types.compute * elements);
}
