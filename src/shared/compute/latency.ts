/**
 * Latency and throughput of generation, predicted by the roofline: lower bounds in seconds, without launch gaps,
 * sampling or transfers. What a KV cache and a batch buy follows from them.
 */

import { requireWhole } from '../base/big-count';
import type { Gpu } from '../hardware/gpus';
import type { ModelSpec, Precision } from '../model/spec';
import { cacheWorkRatio, decodeFlops } from './generation';
import { type PassShape, passSeconds, peakThroughput } from './roofline';

export interface Service {
  readonly batch: number;
  readonly promptTokens: number;
  readonly tokens: number;
  readonly precision: Precision;
  readonly kvPrecision?: Precision;
  readonly attention?: PassShape['attention'];
  readonly kvCache?: boolean;
}

export interface Latency {
  /** To the first token. */
  readonly prefillSeconds: number;
  /** Of all later tokens. */
  readonly decodeSeconds: number;
  readonly totalSeconds: number;
  /** Mean of the later tokens, null where there is but one token. */
  readonly perTokenSeconds: number | null;
  /** Generated tokens a second, over the whole batch. */
  readonly tokensPerSecond: number;
}

/** N tokens from a prompt: one pass over the prompt, then N − 1 steps, cached (the default) or over everything again. */
export function generationLatency(
  model: ModelSpec,
  service: Service,
  gpu: Gpu,
  efficiency = 1,
): Latency {
  const { batch, promptTokens, tokens, kvCache = true } = service;
  for (const field of ['batch', 'promptTokens', 'tokens'] as const)
    requireWhole(field, service[field]);
  const seconds = (queries: number, context: number) =>
    passSeconds(model, { ...service, queries, context }, gpu, efficiency);
  const prefillSeconds = seconds(promptTokens, promptTokens);
  let decodeSeconds = 0;
  for (let step = 1; step < tokens; step++) {
    const length = promptTokens + step;
    decodeSeconds += seconds(kvCache ? 1 : length, length);
  }
  const totalSeconds = prefillSeconds + decodeSeconds;
  return {
    prefillSeconds,
    decodeSeconds,
    totalSeconds,
    perTokenSeconds: tokens > 1 ? decodeSeconds / (tokens - 1) : null,
    tokensPerSecond: (batch * tokens) / totalSeconds,
  };
}

export interface BatchPoint extends Latency {
  readonly batch: number;
  /** Against the first batch of the list. */
  readonly throughputGain: number;
  readonly latencyCost: number;
}

/** Latency and throughput at each batch size. */
export function throughputByBatch(
  model: ModelSpec,
  service: Omit<Service, 'batch'>,
  gpu: Gpu,
  batches: readonly number[],
): readonly BatchPoint[] {
  const points = batches.map((batch) => ({
    batch,
    ...generationLatency(model, { ...service, batch }, gpu),
  }));
  const [first] = points;
  return points.map((point) => ({
    ...point,
    throughputGain: point.tokensPerSecond / (first?.tokensPerSecond ?? point.tokensPerSecond),
    latencyCost: point.totalSeconds / (first?.totalSeconds ?? point.totalSeconds),
  }));
}

interface CacheSpeedup {
  /** FLOPs without over FLOPs with. */
  readonly workRatio: number;
  /** Predicted time without over time with: far lower, since a cached step waits for memory. */
  readonly timeRatio: number;
}

/** What a KV cache saves a generation, in work and in predicted time. */
export function cacheSpeedup(model: ModelSpec, service: Service, gpu: Gpu): CacheSpeedup {
  const time = (kvCache: boolean) =>
    generationLatency(model, { ...service, kvCache }, gpu).totalSeconds;
  return { workRatio: cacheWorkRatio(model, service), timeRatio: time(false) / time(true) };
}

/** Share of the peak, 0..1, that one cached step reaches at best. */
export function decodeUtilization(
  model: ModelSpec,
  service: Pick<Service, 'batch' | 'precision' | 'kvPrecision' | 'attention'>,
  context: number,
  gpu: Gpu,
): number {
  const seconds = passSeconds(model, { ...service, queries: 1, context }, gpu);
  return (
    Number(decodeFlops(model, service.batch, context)) /
    (seconds * peakThroughput(gpu, service.precision))
  );
}
