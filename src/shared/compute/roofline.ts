/**
 * The roofline: an operation takes at least its arithmetic over the peak and its traffic over the bandwidth, whichever
 * is longer. Traffic is that of unfused kernels: each operation reads its weights and inputs from memory and writes its
 * result; with flash attention, which PyTorch's sdpa uses too, the n×n weights never leave the chip.
 *
 * Times are lower bounds in seconds. Williams, Waterman and Patterson, "Roofline" (CACM 52, 2009).
 */
import { Failure } from '../base/failure';
import type { Gpu, PeakPrecision } from '../hardware/gpus';
import { kvElementsPerToken } from '../model/kv';
import { hasLmHead } from '../model/parameters';
import { bytesPerElement } from '../model/precision';
import type { ModelSpec, Precision } from '../model/spec';
import { attentionPairs, headFlops, layerFlops } from './flops';
import { attentionWidths, type Linear, layerLinears, listStacks } from './shapes';

export interface PassShape {
  readonly batch: number;
  /** Positions computed a sequence: n in prefill and training, 1 in a cached step. */
  readonly queries: number;
  /** Keys each of them sees: n, or the length of the cache. */
  readonly context: number;
  readonly precision: Precision;
  readonly kvPrecision?: Precision;
  readonly attention?: 'eager' | 'sdpa' | 'flash';
  /** Count the arithmetic of a whole sequence over the lower triangle, as kernels that skip the rest do. */
  readonly causal?: boolean;
}

export interface OperationCost {
  readonly name: 'qkv' | 'attention' | 'projection' | 'ffn' | 'head';
  /** How often it runs in a pass. */
  readonly times: number;
  /** Of one run. */
  readonly flops: number;
  readonly bytes: number;
  /** FLOPs a byte. */
  readonly intensity: number;
}

export interface OperationTime extends OperationCost {
  readonly bound: 'compute' | 'memory';
  /** Of one run. */
  readonly seconds: number;
}

/** The unit that does the arithmetic: weight-only int4 and mixed precision compute at half precision. */
function peakPrecision(precision: Precision): PeakPrecision {
  switch (precision) {
    case 'fp32':
      return 'fp32';
    case 'bf16':
    case 'mixed-bf16':
      return 'bf16';
    case 'int8':
      return 'int8';
    default:
      return 'fp16';
  }
}

/** Dense operations a second at that precision; `unavailable` where the device has no such unit. */
export function peakThroughput(gpu: Gpu, precision: Precision): number {
  const unit = peakPrecision(precision);
  const peak = gpu.peak[unit];
  if (peak !== null) return peak;
  const has = Object.entries(gpu.peak)
    .filter(([, value]) => value !== null)
    .map(([name]) => name);
  throw new Failure(
    'unavailable',
    `${gpu.name} has no ${unit} arithmetic in the catalogue.`,
    `Use one of ${has.join(', ')}.`,
  );
}

/** FLOPs a byte above which the device computes rather than waits for memory. */
export function ridgePoint(gpu: Gpu, precision: Precision): number {
  return peakThroughput(gpu, precision) / gpu.bandwidth;
}

/**
 * FLOPs and traffic of every operation of a pass. Of a mixture of experts the tokens of a pass reach
 * E·(1 − (1 − a/E)^tokens) experts on average, whose weights are read; latent attention reads its compressed cache.
 */
export function operationCosts(model: ModelSpec, shape: PassShape): readonly OperationCost[] {
  const { batch, queries } = shape;
  const context = Math.min(
    shape.context,
    queries === 1 ? (model.slidingWindow ?? shape.context) : shape.context,
  );
  // Quantized weights are used with half-precision activations.
  const weight = bytesPerElement(shape.precision);
  const value = Math.max(2, weight);
  const cached = bytesPerElement(shape.kvPrecision ?? (weight < 2 ? 'fp16' : shape.precision));
  const { keys, values } = attentionWidths(model);
  const tokens = batch * queries;
  const triangle = shape.causal === true && queries === shape.context;
  const pairs = triangle
    ? attentionPairs(queries, true, model.slidingWindow)
    : BigInt(queries) * BigInt(context);
  // Scores are written, read and written by softmax, and read again for the product with V.
  const scores =
    shape.attention === 'flash' || shape.attention === 'sdpa'
      ? 0
      : 4 * batch * model.heads * queries * context * value;
  const cost = (
    name: OperationCost['name'],
    times: number,
    flops: bigint,
    bytes: number,
  ): OperationCost => ({
    name,
    times,
    flops: Number(flops),
    bytes,
    intensity: Number(flops) / bytes,
  });
  const stacks = listStacks(model).flatMap(({ layers, dense, cross }) => {
    const linears = layerLinears(model, dense);
    const layer = layerFlops(model, { batch, queries, pairs, dense });
    const traffic = (role: Linear['role']) =>
      linears
        .filter((one) => one.role === role)
        .reduce((sum, one) => sum + linearBytes(one, tokens, weight, value), 0);
    const attentions = cross ? 2 * layers : layers;
    return [
      cost('qkv', attentions, layer.qkv, traffic('qkv')),
      cost(
        'attention',
        attentions,
        layer.scores + layer.attentionOutput,
        value * tokens * (keys + values) +
          cached * batch * context * kvElementsPerToken(model) +
          scores,
      ),
      cost('projection', attentions, layer.projection, traffic('projection')),
      cost('ffn', layers, layer.ffn, traffic('ffn')),
    ];
  });
  if (!hasLmHead(model)) return stacks;
  return [
    ...stacks,
    cost(
      'head',
      1,
      headFlops(model, BigInt(tokens)),
      weight * model.hidden * model.vocab + value * tokens * (model.hidden + model.vocab),
    ),
  ];
}

/** Weights read once, inputs read and outputs written for each copy a token passes through. */
function linearBytes(
  { outputs, inputs, held, used }: Linear,
  tokens: number,
  weight: number,
  value: number,
): number {
  const touched = held === used ? held : held * (1 - (1 - used / held) ** tokens);
  return weight * touched * outputs * inputs + value * tokens * used * (inputs + outputs);
}

/** The same on a device: what bounds each operation and how long it takes at least. `efficiency` scales the peak. */
export function roofline(
  model: ModelSpec,
  shape: PassShape,
  gpu: Gpu,
  efficiency = 1,
): readonly OperationTime[] {
  const peak = peakThroughput(gpu, shape.precision) * efficiency;
  return operationCosts(model, shape).map((cost) => {
    const compute = cost.flops / peak;
    const memory = cost.bytes / gpu.bandwidth;
    return {
      ...cost,
      bound: compute >= memory ? 'compute' : 'memory',
      seconds: Math.max(compute, memory),
    };
  });
}

/** Seconds of a whole pass. */
export function passSeconds(model: ModelSpec, shape: PassShape, gpu: Gpu, efficiency = 1): number {
  return roofline(model, shape, gpu, efficiency).reduce(
    (sum, { times, seconds }) => sum + times * seconds,
    0,
  );
}
