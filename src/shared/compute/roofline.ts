/**
 * The roofline: an operation takes at least its arithmetic over the peak and its traffic over the bandwidth, whichever
 * is longer. Traffic is that of unfused kernels: each operation reads its weights and inputs from memory and writes its
 * result; with flash attention the n×n weights never leave the chip.
 *
 * Times are lower bounds in seconds. Williams, Waterman and Patterson, "Roofline" (CACM 52, 2009).
 */
import { Failure } from '../failure';
import { bytesPerElement } from '../model/precision';
import type { ModelSpec, Precision } from '../model/spec';
import { ffnMatrices, headFlops, layerFlops } from './flops';
import type { Gpu, PeakPrecision } from './gpus';

export interface PassShape {
  readonly batch: number;
  /** Positions computed a sequence: n in prefill and training, 1 in a cached step. */
  readonly queries: number;
  /** Keys each of them sees: n, or the length of the cache. */
  readonly context: number;
  readonly precision: Precision;
  readonly kvPrecision?: Precision;
  readonly attention?: 'eager' | 'sdpa' | 'flash';
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
function unitOf(precision: Precision): PeakPrecision {
  switch (precision) {
    case 'fp32': return 'fp32';
    case 'bf16': case 'mixed-bf16': return 'bf16';
    case 'int8': return 'int8';
    default: return 'fp16';
  }
}

/** Dense operations a second at that precision; `unavailable` where the device has no such unit. */
export function peakOf(gpu: Gpu, precision: Precision): number {
  const unit = unitOf(precision);
  const peak = gpu.peak[unit];
  if (peak !== null) return peak;
  const has = Object.entries(gpu.peak).filter(([, value]) => value !== null).map(([name]) => name);
  throw new Failure('unavailable', `${gpu.name} has no ${unit} arithmetic in the catalogue.`, `Use one of ${has.join(', ')}.`);
}

/** FLOPs a byte above which the device computes rather than waits for memory. */
export function ridgePoint(gpu: Gpu, precision: Precision): number {
  return peakOf(gpu, precision) / gpu.bandwidth;
}

/** FLOPs and traffic of every operation of a pass. */
export function operationCosts(model: ModelSpec, shape: PassShape): readonly OperationCost[] {
  const { batch, queries, context } = shape;
  const { hidden: d, ffn: f, layers } = model;
  // Quantized weights are used with half-precision activations.
  const weight = bytesPerElement(shape.precision);
  const value = Math.max(2, weight);
  const cached = bytesPerElement(shape.kvPrecision ?? (weight < 2 ? 'fp16' : shape.precision));
  const q = model.heads * model.headDim;
  const kv = model.kvHeads * model.headDim;
  const tokens = batch * queries;
  const layer = layerFlops(model, { batch, queries, pairs: BigInt(queries) * BigInt(context) });
  const m = ffnMatrices(model);
  // Scores are written, read and written by softmax, and read again for the product with V.
  const scores = shape.attention === 'flash' ? 0 : 4 * batch * model.heads * queries * context * value;
  const cost = (name: OperationCost['name'], times: number, flops: bigint, bytes: number): OperationCost => ({
    name, times, flops: Number(flops), bytes, intensity: Number(flops) / bytes,
  });
  return [
    cost('qkv', layers, layer.qkv, weight * d * (q + 2 * kv) + value * tokens * (d + q + 2 * kv)),
    cost('attention', layers, layer.scores + layer.attentionOutput, value * 2 * tokens * q + cached * 2 * batch * context * kv + scores),
    cost('projection', layers, layer.projection, weight * q * d + value * tokens * (q + d)),
    cost('ffn', layers, layer.ffn, weight * m * d * f + value * tokens * (m * d + m * f)),
    cost('head', 1, headFlops(model, BigInt(tokens)), weight * d * model.vocab + value * tokens * (d + model.vocab)),
  ];
}

/** The same on a device: what bounds each operation and how long it takes at least. `efficiency` scales the peak. */
export function roofline(model: ModelSpec, shape: PassShape, gpu: Gpu, efficiency = 1): readonly OperationTime[] {
  const peak = peakOf(gpu, shape.precision) * efficiency;
  return operationCosts(model, shape).map((cost) => {
    const compute = cost.flops / peak;
    const memory = cost.bytes / gpu.bandwidth;
    return { ...cost, bound: compute >= memory ? 'compute' : 'memory', seconds: Math.max(compute, memory) };
  });
}

/** Seconds of a whole pass. */
export function passSeconds(model: ModelSpec, shape: PassShape, gpu: Gpu, efficiency = 1): number {
  return roofline(model, shape, gpu, efficiency).reduce((sum, { times, seconds }) => sum + times * seconds, 0);
}
