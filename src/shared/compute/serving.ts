/** A generation as a whole: its work with and without a KV cache, and on a device its latency, what a batch buys, and whether it fits. */

import { type Count, count } from '../base/big-count';
import type { Bytes } from '../base/units';
import { peakBytes } from '../budget/peak';
import type { Gpu } from '../hardware/gpus';
import type { ModelSpec, RunSpec } from '../model/spec';
import { decodeFlops, generationFlops } from './generation';
import {
  type BatchPoint,
  cacheSpeedup,
  generationLatency,
  type Latency,
  throughputByBatch,
} from './latency';

export interface GenerationReport {
  readonly promptTokens: number;
  readonly tokens: number;
  readonly prefill: Count;
  /** All steps after the prompt, as the run is: with its cache or without. */
  readonly decode: Count;
  readonly total: Count;
  /** One cached step at the first length and at the last. */
  readonly firstStep: Count;
  readonly lastStep: Count;
  /** FLOPs without a cache over FLOPs with one. */
  readonly cacheWorkRatio: number;
  readonly device: DeviceGeneration | null;
}

interface DeviceGeneration extends Latency {
  readonly gpu: string;
  /** Predicted time without a cache over time with one. */
  readonly cacheTimeRatio: number;
  readonly batches: readonly (BatchPoint & { readonly peakBytes: Bytes; readonly fits: boolean })[];
}

const BATCHES = [1, 2, 4, 8, 16, 32, 64] as const;

/** Null for what generates nothing step by step: other modes, encoder-decoders. `unavailable` where the GPU lacks the arithmetic. */
export function generationReport(
  model: ModelSpec,
  run: RunSpec,
  gpu: Gpu | null,
): GenerationReport | null {
  if (run.mode !== 'generate' || model.decoderLayers) return null;
  const { batch, promptTokens, tokens, kvCache } = run;
  const work = (cached: boolean) => generationFlops(model, { ...run, kvCache: cached });
  const [cached, uncached] = [work(true), work(false)];
  const chosen = kvCache ? cached : uncached;
  return {
    promptTokens,
    tokens,
    prefill: count(chosen.prefill),
    decode: count(chosen.decode),
    total: count(chosen.total),
    firstStep: count(decodeFlops(model, batch, promptTokens + 1)),
    lastStep: count(decodeFlops(model, batch, promptTokens + tokens)),
    cacheWorkRatio: Number(uncached.total) / Number(cached.total),
    device: gpu && onDevice(model, run, gpu),
  };
}

function onDevice(model: ModelSpec, run: RunSpec, gpu: Gpu): DeviceGeneration {
  const { promptTokens, tokens, precision, kvPrecision, attention, kvCache } = run;
  return {
    gpu: gpu.name,
    ...generationLatency(model, run, gpu),
    cacheTimeRatio: cacheSpeedup(model, run, gpu).timeRatio,
    batches: throughputByBatch(
      model,
      { promptTokens, tokens, precision, kvPrecision, attention, kvCache },
      gpu,
      BATCHES,
    ).map((point) => {
      const peak = peakBytes(model, { ...run, batch: point.batch, gpu: gpu.name });
      return { ...point, peakBytes: peak, fits: peak <= gpu.memoryBytes };
    }),
  };
}
