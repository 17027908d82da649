/**
 * The roofline: an operation takes at least its arithmetic over the peak and its traffic over the bandwidth, whichever
 * is longer. Traffic is that of unfused kernels: each operation reads its weights and inputs from memory and writes its
 * result; with flash attention, which PyTorch's sdpa uses too, the n×n weights never leave the chip.
 *
 * Times are lower bounds in seconds. Williams, Waterman and Patterson, "Roofline" (CACM 52, 2009).
 */
import { Failure } from '../base/failure';
import type { Bytes } from '../base/units';
import type { Gpu, PeakPrecision } from '../hardware/gpus';
import { kvElementsPerToken } from '../model/kv';
import { hasLmHead } from '../model/parameters';
import { bytesPerElement } from '../model/precision';
import type { ModelSpec, Precision } from '../model/spec';
import { attentionPairs, headFlops, layerFlops } from './flops';
import { attentionWidths, type Linear, layerLinears, listStacks, type Stack } from './shapes';

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

interface OperationCost {
  readonly name: 'qkv' | 'attention' | 'projection' | 'ffn' | 'head';
  /** How often it runs in a pass. */
  readonly times: number;
  /** Of one run: operations, and bytes read and written. */
  readonly flops: number;
  readonly bytes: Bytes;
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
    case 'fp8':
      return precision;
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
  const pass = resolvePass(model, shape);
  const layers = listStacks(model).flatMap((stack) => stackCosts(model, stack, pass));
  return hasLmHead(model) ? [...layers, headCost(model, pass)] : layers;
}

/** What the operations of a pass share: how many positions and pairs, and how wide their numbers are. */
interface Pass {
  readonly batch: number;
  readonly queries: number;
  /** Positions computed, B·queries. */
  readonly tokens: number;
  /** Keys that are read a sequence: with a sliding window, a cached step reads no more than the window. */
  readonly context: number;
  /** Query-key pairs a sequence and head. */
  readonly pairs: bigint;
  /** Bytes of a weight, of an activation and of a cached number. */
  readonly weight: number;
  readonly value: number;
  readonly cached: number;
  /** Whether the n×n scores go through memory. */
  readonly storesScores: boolean;
}

function resolvePass(model: ModelSpec, shape: PassShape): Pass {
  const { batch, queries, attention = 'eager', precision } = shape;
  const isStep = queries === 1;
  const context = isStep
    ? Math.min(shape.context, model.slidingWindow ?? shape.context)
    : shape.context;
  const isTriangle = shape.causal === true && queries === shape.context;
  const weight = bytesPerElement(precision);
  return {
    batch,
    queries,
    tokens: batch * queries,
    context,
    pairs: isTriangle
      ? attentionPairs(queries, true, model.slidingWindow)
      : BigInt(queries) * BigInt(context),
    weight,
    // Quantized weights are used with half-precision activations.
    value: Math.max(2, weight),
    cached: bytesPerElement(shape.kvPrecision ?? (weight < 2 ? 'fp16' : precision)),
    storesScores: attention === 'eager',
  };
}

/** The operations of one kind of layers. */
function stackCosts(
  model: ModelSpec,
  { layers, dense, cross }: Stack,
  pass: Pass,
): readonly OperationCost[] {
  const { batch, queries, pairs } = pass;
  const linears = layerLinears(model, dense);
  const flops = layerFlops(model, { batch, queries, pairs, dense });
  const traffic = (role: Linear['role']) =>
    linears
      .filter((linear) => linear.role === role)
      .reduce((sum, linear) => sum + linearBytes(linear, pass), 0);
  const attentions = cross ? 2 * layers : layers;
  return [
    cost('qkv', attentions, flops.qkv, traffic('qkv')),
    cost(
      'attention',
      attentions,
      flops.scores + flops.attentionOutput,
      attentionBytes(model, pass),
    ),
    cost('projection', attentions, flops.projection, traffic('projection')),
    cost('ffn', layers, flops.ffn, traffic('ffn')),
  ];
}

/** Queries read and the result written, keys and values read, and the scores where they are stored. */
function attentionBytes(
  model: ModelSpec,
  { batch, queries, tokens, context, value, cached, storesScores }: Pass,
): Bytes {
  const { keys, values } = attentionWidths(model);
  // Scores are written, read and written by softmax, and read again for the product with V.
  const scores = storesScores ? 4 * batch * model.heads * queries * context * value : 0;
  return (
    value * tokens * (keys + values) + cached * batch * context * kvElementsPerToken(model) + scores
  );
}

function headCost(model: ModelSpec, { tokens, weight, value }: Pass): OperationCost {
  const { hidden, vocab } = model;
  return cost(
    'head',
    1,
    headFlops(model, BigInt(tokens)),
    weight * hidden * vocab + value * tokens * (hidden + vocab),
  );
}

function cost(
  name: OperationCost['name'],
  times: number,
  flops: bigint,
  bytes: Bytes,
): OperationCost {
  return { name, times, flops: Number(flops), bytes, intensity: Number(flops) / bytes };
}

/** Weights read once, inputs read and outputs written for each copy a token passes through. */
function linearBytes(
  { outputs, inputs, held, used }: Linear,
  { tokens, weight, value }: Pass,
): Bytes {
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
