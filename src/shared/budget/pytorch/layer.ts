/**
 * One layer over time: what it leaves behind in forward, and the highest moment of its backward pass, when saved
 * tensors, gradients of weights and gradients of activations are all partly there.
 */
import type { Bytes } from '../../base/units';
import { findImplementation } from '../../model/families';
import type { ModelSpec, RunSpec } from '../../model/spec';
import { type LayerKind, modelOfKind, PLAIN } from '../../model/weights';
import type { Shard } from '../sharding/shard';
import { countLayers, type WeightTensor } from '../weights';
import { TensorSum } from './allocator';
import { findAttention } from './attention';
import { networkBytes } from './experts';
import { countCopies } from './gradient-parts';
import { layerInputElements } from './layer-inputs';
import {
  CROSS_SUBLAYERS,
  type LayerShape,
  layerShape,
  SUBLAYERS,
  type Sublayer,
} from './layer-shape';
import { linearBackward } from './linear-attention';
import { normBackward } from './norm';
import { countElements } from './saved-tensor';
import { savedTensors } from './saved-tensors';
import type { ElementBytes } from './types';

/** The highest moment of a layer's backward pass. */
export interface LayerPeak {
  readonly saved: TensorSum;
  readonly gradients: TensorSum;
  readonly work: TensorSum;
}

export interface Layer {
  readonly shape: LayerShape;
  /** Everything saved by the end of the layer's forward pass, and the part selective checkpointing drops. */
  readonly saved: TensorSum;
  readonly scores: TensorSum;
  /** Saved by the time attention is computed, and what it holds besides. */
  readonly midForward: { readonly saved: TensorSum; readonly work: TensorSum };
  /** Gradients of all the layer's trained weights. */
  readonly gradients: TensorSum;
  /** Highest moment of backward within the layer. */
  readonly backward: LayerPeak;
}

/**
 * A layer of the stack, of the kind that is asked for.
 */
export function buildLayer(
  given: ModelSpec,
  run: RunSpec,
  shard: Shard,
  types: ElementBytes,
  all: readonly WeightTensor[],
  kind: LayerKind = PLAIN,
): Layer {
  const { cross, linear } = kind;
  const model = modelOfKind(given, kind);
  const shape = layerShape(model, shard, run.batch, run.seq);
  const sublayers: readonly Sublayer[] = cross ? CROSS_SUBLAYERS : SUBLAYERS;
  const trained =
    shard.decoderLayers === 0 ? all : all.filter(({ decoder = false }) => decoder === cross);
  const gradients = listGradients(model, trained, types, shard);
  const saved = emptySums();
  const scores = new TensorSum();
  for (const tensor of savedTensors(model, run, shard, types, kind)) {
    const bytes = countElements(tensor) * tensor.element;
    saved[tensor.sublayer].add(bytes, tensor.count);
    if (tensor.scores) scores.add(bytes, tensor.count);
  }
  return {
    shape,
    saved: sumOver(sublayers, saved),
    scores,
    midForward: {
      saved: sumOver(['norm1', 'qkv', 'attention'], saved),
      work: attentionWork(model, run, shape, types),
    },
    gradients: gradients.all,
    backward: findPeak({
      sublayers,
      saved,
      gradients: gradients.bySublayer,
      copies: countCopies(run, shard),
      work: linear
        ? {
            ...backwardWork(model, run, shape, types),
            attention: linearBackward(model, run, shard, types),
          }
        : backwardWork(model, run, shape, types),
      first: firstWork(model, run, shape, types),
      flowing: types.residual * shape.stream + types.compute * givenElements(model, run),
      autocast: types.autocast,
    }),
  };
}

type BySublayer<T> = Readonly<Record<Sublayer, T>>;

function emptySums(): BySublayer<TensorSum> {
  return {
    norm1: new TensorSum(),
    qkv: new TensorSum(),
    attention: new TensorSum(),
    output: new TensorSum(),
    crossNorm: new TensorSum(),
    crossQkv: new TensorSum(),
    crossAttention: new TensorSum(),
    crossOutput: new TensorSum(),
    norm2: new TensorSum(),
    up: new TensorSum(),
    activation: new TensorSum(),
    down: new TensorSum(),
  };
}

function sumOver(sublayers: readonly Sublayer[], sums: BySublayer<TensorSum>): TensorSum {
  const total = new TensorSum();
  for (const sublayer of sublayers) total.addAll(sums[sublayer]);
  return total;
}

/** What attention holds in forward beside the tensors saved so far: the scores before softmax, B·h·n², and its input. */
function attentionWork(
  model: ModelSpec,
  run: RunSpec,
  shape: LayerShape,
  types: ElementBytes,
): TensorSum {
  const c = types.compute;
  const { keepsScores, scores } = findAttention(model, run, types);
  const work = new TensorSum()
    .add(keepsScores ? scores * run.batch * shape.heads * run.seq * run.seq : 0)
    .add(types.residual * shape.stream);
  // Copies of queries and keys stand beside the one tensor that all three are projected into.
  if (keepsScores && findImplementation(model).fusedProjection)
    work.add(c * run.batch * run.seq * shape.queryWidth, 2);
  return work;
}

interface LayerGradients {
  readonly all: TensorSum;
  readonly bySublayer: LayerBackward['gradients'];
}

/** By list of weights and bytes of a gradient's element: a search asks for the same ones in every run. */
const GRADIENTS = new WeakMap<readonly WeightTensor[], Map<number, LayerGradients>>();

function listGradients(
  model: ModelSpec,
  trained: readonly WeightTensor[],
  types: ElementBytes,
  shard: Shard,
): LayerGradients {
  const element = types.gradient / shard.gradientShare;
  const known = GRADIENTS.get(trained) ?? new Map<number, LayerGradients>();
  GRADIENTS.set(trained, known);
  const found = known.get(element);
  if (found) return found;
  const made = {
    all: layerGradients(trained, types, shard),
    bySublayer: gradientsBySublayer(model, trained, types, shard),
  };
  known.set(element, made);
  return made;
}

/** Gradients of one layer's weights, as autograd leaves them on a rank that does not shard them. */
function layerGradients(
  trained: readonly WeightTensor[],
  types: ElementBytes,
  shard: Shard,
): TensorSum {
  const sum = new TensorSum();
  for (const tensor of trained)
    if (tensor.layered)
      sum.add(gradientBytes(tensor, types, shard), tensor.count / countLayers(tensor, shard));
  return sum;
}

function gradientBytes({ rows, columns }: WeightTensor, types: ElementBytes, shard: Shard): Bytes {
  return Math.ceil((rows * columns * types.gradient) / shard.gradientShare);
}

/** Bytes of temporaries in backward of each sublayer, beside the gradient that flows along the residual stream. */
export function backwardWork(
  model: ModelSpec,
  run: RunSpec,
  shape: LayerShape,
  types: ElementBytes,
): BySublayer<Bytes> {
  const c = types.compute;
  const N = run.batch * run.seq;
  const { stream } = shape;
  const inner = N * shape.ffn;
  const e = networkBytes(model, types);
  const cast = types.autocast ? c * stream : 0;
  const { q, kv } = projectedElements(model, run, shape);
  const normalize = normBackward(model, types, stream);
  const attention = attentionBackward(model, run, shape, types);
  const output = cast + c * N * shape.valueWidth;
  const qkv = c * (q + kv) * (findImplementation(model).fusedProjection ? 2 : 1) + c * stream;
  return {
    down: cast + e * inner,
    activation: activationCopies(model, types) * e * inner,
    up: (model.activation === 'swiglu' ? 2 : 1) * e * (inner + stream),
    norm2: normalize,
    output,
    attention,
    qkv,
    norm1: normalize,
    // The gradient of the encoder's output grows beside them, one more stream.
    crossOutput: output + types.residual * stream,
    crossAttention: attention + types.residual * stream,
    crossQkv: qkv + 2 * types.residual * stream,
    crossNorm: normalize,
  };
}

/** Elements of the vectors that all layers are given: each adds its own to their one gradient. */
function givenElements(model: ModelSpec, { batch, seq }: RunSpec): number {
  return layerInputElements(model, batch * seq);
}

/** Behind the network: a norm of its output, and the gradient of a layer's own vector, laid out among all and added to theirs. */
function firstWork(model: ModelSpec, run: RunSpec, shape: LayerShape, types: ElementBytes): Bytes {
  if (model.layerNorms !== 4) return 0;
  return Math.max(
    normBackward(model, types, shape.stream),
    2 * types.compute * givenElements(model, run),
  );
}

/** Elements of the queries, and of keys and values together. */
function projectedElements(model: ModelSpec, run: RunSpec, shape: LayerShape) {
  const N = run.batch * run.seq;
  const valueWidth = model.latentAttention ? shape.valueWidth : shape.kvWidth;
  return { q: N * shape.queryWidth, kv: N * (shape.kvWidth + valueWidth) };
}

function attentionBackward(
  model: ModelSpec,
  run: RunSpec,
  shape: LayerShape,
  types: ElementBytes,
): Bytes {
  const c = types.compute;
  const { q, kv } = projectedElements(model, run, shape);
  const rows = run.batch * shape.heads * run.seq;
  const { keepsScores, queries, scores, weights } = findAttention(model, run, types);
  if (keepsScores) {
    // The gradient of the weights, as softmax made them, and of the scores.
    const undropped = (run.dropout ?? 0) > 0 ? c : 0;
    return (weights[0] + scores + undropped) * rows * run.seq + queries * q;
  }
  const repeated = shape.kvWidth === shape.queryWidth ? 0 : 2 * c * q;
  const inFp32 = c < 4 ? 4 * q : 0;
  return c * (2 * q + kv) + repeated + inFp32 + 4 * rows;
}

/** Tensors of the inner width that backward of the activation holds. */
function activationCopies(model: ModelSpec, types: ElementBytes): number {
  if (model.activation === 'swiglu') return 3 + (model.activationComposed ? 1 : 0);
  if (!model.activationComposed) return 2;
  // The gradient, the tanh and four terms of the derivative.
  if (findImplementation(model).activationRunAgain) return 6;
  // Autocast computes the power in fp32: twice the width.
  return types.autocast ? 6 : 3;
}

interface SublayerGradients {
  readonly made: TensorSum;
  /** Of those that autocast leaves in half precision first, bytes at half precision; the experts' it never touches. */
  recast: Bytes;
}

interface LayerBackward {
  readonly sublayers: readonly Sublayer[];
  readonly saved: BySublayer<TensorSum>;
  /** Of the weights, by the sublayer whose backward pass makes them. */
  readonly gradients: Readonly<Partial<Record<Sublayer, SublayerGradients>>>;
  readonly work: BySublayer<Bytes>;
  /** Temporaries before the network is reached; 0 where it comes first. */
  readonly first: Bytes;
  /** The gradient along the residual stream, and of the vectors that all layers are given. */
  readonly flowing: Bytes;
  /** How often the gradients are there. */
  readonly copies: number;
  readonly autocast: boolean;
}

/** Goes back through the sublayers: what they saved goes as gradients of weights come, and one moment is the highest. */
function findPeak(layer: LayerBackward): LayerPeak {
  const remaining = sumOver(layer.sublayers, layer.saved);
  const gradients = new TensorSum();
  let peak: LayerPeak = { saved: remaining, gradients, work: new TensorSum() };
  let highest = -1;
  if (layer.first > 0) {
    const work = new TensorSum().add(layer.flowing).add(layer.first);
    highest = remaining.requested + work.requested;
    peak = { saved: new TensorSum().addAll(remaining), gradients: new TensorSum(), work };
  }
  for (const sublayer of layer.sublayers.toReversed()) {
    const work = new TensorSum().add(layer.flowing).add(layer.work[sublayer]);
    const ofWeights = layer.gradients[sublayer];
    if (ofWeights) {
      gradients.addAll(ofWeights.made);
      if (layer.autocast) work.add(ofWeights.recast);
    }
    const total = remaining.requested + layer.copies * gradients.requested + work.requested;
    if (total > highest) {
      highest = total;
      peak = {
        saved: new TensorSum().addAll(remaining),
        gradients: new TensorSum().addAll(gradients),
        work,
      };
    }
    remaining.addAll(layer.saved[sublayer], -1);
  }
  return peak;
}

/**
 * Gradients of a layer's matrices by the sublayer whose backward pass makes them: those that narrow to the model's width
 * in `down`, those that widen it in `up`, square ones (attention's, where heads make up the width) in `qkv`. Adapters
 * and experts are narrow and wide in the same way.
 */
function gradientsBySublayer(
  { hidden }: ModelSpec,
  trained: readonly WeightTensor[],
  types: ElementBytes,
  shard: Shard,
): LayerBackward['gradients'] {
  const none = (): SublayerGradients => ({ made: new TensorSum(), recast: 0 });
  const sums = { down: none(), up: none(), qkv: none() };
  for (const tensor of trained) {
    const { rows, columns, count, layered, kind, expert } = tensor;
    if (!layered || kind !== 'matrix') continue;
    let sublayer: keyof typeof sums = 'qkv';
    if (columns === hidden && rows !== hidden) sublayer = 'down';
    else if (rows === hidden && columns !== hidden) sublayer = 'up';
    const bytes = gradientBytes(tensor, types, shard);
    const ofLayer = count / countLayers(tensor, shard);
    sums[sublayer].made.add(bytes, ofLayer);
    if (!expert) sums[sublayer].recast += (bytes * ofLayer) / 2;
  }
  return sums;
}
