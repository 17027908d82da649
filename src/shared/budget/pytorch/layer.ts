/**
 * One layer over time: what it leaves behind in forward, and the highest moment of its backward pass, when saved
 * tensors, gradients of weights and gradients of activations are all partly there.
 */
import { findImplementation } from '../../model/families';
import type { ModelSpec, RunSpec } from '../../model/spec';
import type { Shard } from '../sharding/shard';
import { countLayers, type WeightTensor } from '../weights';
import { TensorSum } from './allocator';
import {
  CROSS_STAGES,
  countElements,
  type LayerShape,
  layerShape,
  STAGES,
  type Stage,
  savedTensors,
} from './saved-tensors';
import { type ElementBytes, softmaxInFp32 } from './types';

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

/** A layer of the stack, or with `cross` of the decoder that follows an encoder. */
export function buildLayer(
  model: ModelSpec,
  run: RunSpec,
  shard: Shard,
  types: ElementBytes,
  all: readonly WeightTensor[],
  cross = false,
): Layer {
  const shape = layerShape(model, shard, run.batch, run.seq);
  const stages: readonly Stage[] = cross ? CROSS_STAGES : STAGES;
  const trained =
    shard.decoderLayers === 0 ? all : all.filter((one) => (one.decoder ?? false) === cross);
  const byStage = new Map<Stage, TensorSum>(stages.map((stage) => [stage, new TensorSum()]));
  const scores = new TensorSum();
  for (const tensor of savedTensors(model, run, shard, types, cross)) {
    const bytes = countElements(tensor) * tensor.element;
    byStage.get(tensor.stage)!.add(bytes, tensor.count);
    if (tensor.scores) scores.add(bytes, tensor.count);
  }
  const saved = new TensorSum();
  for (const stage of stages) saved.addAll(byStage.get(stage)!);
  const squares = run.attention === 'eager' ? run.batch * shape.heads * run.seq * run.seq : 0;
  const midForward = {
    saved: new TensorSum(),
    work: new TensorSum().add(types.compute * squares).add(types.residual * shape.stream),
  };
  // Copies of q and k stand beside the tensor GPT-2 projects all three into.
  if (squares > 0 && findImplementation(model).fusedProjection)
    midForward.work.add(types.compute * run.batch * run.seq * shape.queryWidth, 2);
  for (const stage of ['norm1', 'qkv', 'attention'] as const)
    midForward.saved.addAll(byStage.get(stage)!);

  return {
    shape,
    saved,
    scores,
    midForward,
    gradients: layerGradients(trained, types, shard),
    backward: highest(model, run, shape, types, byStage, trained, shard, stages),
  };
}

/** Gradients of one layer's weights, as autograd leaves them on a rank that does not shard them. */
function layerGradients(
  trained: readonly WeightTensor[],
  types: ElementBytes,
  shard: Shard,
): TensorSum {
  const sum = new TensorSum();
  for (const tensor of trained) {
    const { rows, columns, count, layered } = tensor;
    if (layered)
      sum.add(
        Math.ceil((rows * columns * types.gradient) / shard.gradientShare),
        count / countLayers(tensor, shard),
      );
  }
  return sum;
}

/** Bytes of temporaries at each stage of backward, beside the gradient that flows along the residual stream. */
export function temporaries(
  model: ModelSpec,
  run: RunSpec,
  shape: LayerShape,
  types: ElementBytes,
): Readonly<Record<Stage, number>> {
  const c = types.compute;
  const N = run.batch * run.seq;
  const inner = N * shape.ffn;
  const stream = shape.stream;
  const cast = types.autocast ? c * stream : 0;
  const q = N * shape.queryWidth;
  const kv = N * (shape.kvWidth + (model.latentAttention ? shape.valueWidth : shape.kvWidth));
  const squares = run.batch * shape.heads * run.seq * run.seq;
  const gated = model.activation === 'swiglu';
  const normalize = normBackward(model, types, stream);
  let attention: number;
  if (run.attention === 'eager') {
    // The gradient of the weights and of the scores; in fp32 beside half-precision ones where softmax ran in fp32.
    attention =
      (softmaxInFp32(model, run) ? 6 : 2 * c) * squares +
      c * q +
      ((run.dropout ?? 0) > 0 ? c * squares : 0);
  } else {
    const grouped = shape.kvWidth === shape.queryWidth ? 0 : 2 * c * q;
    attention =
      c * (2 * q + kv) + grouped + (c < 4 ? 4 * q : 0) + 4 * run.batch * shape.heads * run.seq;
  }
  const output = cast + c * N * shape.valueWidth;
  const qkv = c * (q + kv) * (findImplementation(model).fusedProjection ? 2 : 1) + c * stream;
  return {
    down: cast + c * inner,
    activation:
      (gated ? 3 : model.activationComposed ? 3 * (types.autocast ? 2 : 1) : 2) * c * inner,
    up: (gated ? 2 : 1) * c * (inner + stream),
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

/** Bytes that backward of one norm holds, apart from what it saved: RMSNorm, written out, computes in fp32. */
export function normBackward(model: ModelSpec, types: ElementBytes, stream: number): number {
  if (model.norm === 'layernorm') return (types.residual + types.compute) * stream;
  return (types.residual < 4 ? 14 : 16) * stream;
}

/** Which weights have their gradients once a stage of backward is done; adapters and experts follow their layer. */
const AFTER: readonly Stage[] = ['down', 'up', 'output', 'qkv'];

function highest(
  model: ModelSpec,
  run: RunSpec,
  shape: LayerShape,
  types: ElementBytes,
  byStage: ReadonlyMap<Stage, TensorSum>,
  trained: readonly WeightTensor[],
  shard: Shard,
  stages: readonly Stage[],
): LayerPeak {
  const flowing = types.residual * shape.stream;
  const work = temporaries(model, run, shape, types);
  const shares = gradientShares(model, trained, types, shard);
  const remaining = new TensorSum();
  for (const stage of stages) remaining.addAll(byStage.get(stage)!);
  const gradients = new TensorSum();
  let best: LayerPeak | null = null;
  let bestTotal = -1;
  for (let index = stages.length - 1; index >= 0; index--) {
    const stage = stages[index]!;
    const temporary = new TensorSum().add(flowing).add(work[stage]);
    if (AFTER.includes(stage)) {
      gradients.addAll(shares[stage as keyof typeof shares]);
      // Autocast leaves a matrix's gradient in half precision first, then casts it.
      if (types.autocast) temporary.add(shares[stage as keyof typeof shares].requested / 2);
    }
    const total = remaining.requested + gradients.requested + temporary.requested;
    if (total > bestTotal) {
      bestTotal = total;
      best = {
        saved: new TensorSum().addAll(remaining),
        gradients: new TensorSum().addAll(gradients),
        work: temporary,
      };
    }
    remaining.addAll(byStage.get(stage)!, -1);
  }
  return best!;
}

/** A layer's weight gradients by the stage of backward that makes them. */
function gradientShares(
  model: ModelSpec,
  trained: readonly WeightTensor[],
  types: ElementBytes,
  shard: Shard,
) {
  const shares = {
    down: new TensorSum(),
    up: new TensorSum(),
    output: new TensorSum(),
    qkv: new TensorSum(),
  };
  for (const tensor of trained) {
    const { rows, columns, count, layered, kind } = tensor;
    if (!layered || kind !== 'matrix') continue;
    const bytes = Math.ceil((rows * columns * types.gradient) / shard.gradientShare);
    const perLayer = count / countLayers(tensor, shard);
    const stage =
      columns === model.hidden && rows !== model.hidden
        ? 'down'
        : rows === model.hidden && columns !== model.hidden
          ? 'up'
          : 'qkv';
    shares[stage].add(bytes, perLayer);
  }
  return shares;
}
