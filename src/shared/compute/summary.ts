/**
 * The chapter's table of inference optimizations, computed for a model and a device instead of quoted. Accuracy is no
 * arithmetic: it has to be measured, so it is not here.
 */

import type { Gpu } from '../hardware/gpus';
import { parameterCount } from '../model/parameters';
import { bytesPerElement } from '../model/precision';
import type { ModelSpec } from '../model/spec';
import { cacheSpeedup, generationLatency, type Service, throughputByBatch } from './latency';
import { floatKvCache, quantizedModel } from './quantization';

interface OptimizationRow {
  readonly technique: 'kv-cache' | 'batching' | 'fp16' | 'int8' | 'int4';
  /** Predicted time without over time with; for batching, throughput with over throughput without. */
  readonly speedup: number;
  /** Bytes without over bytes with; below 1 where the technique costs memory. */
  readonly memoryRatio: number;
}

interface OptimizationSummary {
  readonly rows: readonly OptimizationRow[];
  /** All of them against fp32, batch 1, no cache: throughput over throughput. */
  readonly combinedThroughput: number;
}

/** The service is that of the baseline: fp32, batch 1. */
export function optimizationSummary(
  model: ModelSpec,
  gpu: Gpu,
  promptTokens: number,
  tokens: number,
  batch = 32,
): OptimizationSummary {
  const base: Service = { batch: 1, promptTokens, tokens, precision: 'fp32', kvPrecision: 'fp16' };
  const seconds = (service: Partial<Service>) =>
    generationLatency(model, { ...base, ...service }, gpu).totalSeconds;
  const weights = 4 * parameterCount(model);
  const cache = floatKvCache(model, 1, promptTokens + tokens, 'fp16');
  const [, batched] = throughputByBatch(model, { ...base }, gpu, [1, batch]);
  const plain = seconds({});
  const int8 = quantizedModel(model, { bits: 8, granularity: 'channel' });
  const int4 = quantizedModel(model, {
    bits: 4,
    granularity: 'group',
    groupSize: 128,
    zeroPoint: true,
  });
  const everything = generationLatency(model, { ...base, batch, precision: 'int8' }, gpu);
  const nothing = generationLatency(model, { ...base, kvCache: false }, gpu);
  return {
    rows: [
      {
        technique: 'kv-cache',
        speedup: cacheSpeedup(model, base, gpu).timeRatio,
        memoryRatio: weights / (weights + cache),
      },
      {
        technique: 'batching',
        speedup: batched?.throughputGain ?? 1,
        memoryRatio: (weights + cache) / (weights + batch * cache),
      },
      {
        technique: 'fp16',
        speedup: plain / seconds({ precision: 'fp16' }),
        memoryRatio: bytesPerElement('fp32') / bytesPerElement('fp16'),
      },
      {
        technique: 'int8',
        speedup: plain / seconds({ precision: 'int8' }),
        memoryRatio: int8.versusFp32,
      },
      {
        technique: 'int4',
        speedup: plain / seconds({ precision: 'int4' }),
        memoryRatio: int4.versusFp32,
      },
    ],
    combinedThroughput: everything.tokensPerSecond / nothing.tokensPerSecond,
  };
}
