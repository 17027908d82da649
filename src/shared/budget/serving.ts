/**
 * What a serving engine holds: weights, what it measures in a pass of its own before it serves, and the cache, which gets
 * the rest of the engine's share of the card.
 *
 *  - vLLM runs the model once on as many tokens as it may batch and its sampler for as many sequences as it may run; the
 *    higher of the two stays set aside. The sampler's tensors are as wide as the vocabulary: logits in half precision and
 *    fp32 (2 + 4 bytes), sorted values with 64-bit indices (4 + 8), the sort's copies of both (12), probabilities and their
 *    sums (4 + 4): rows of three vocabularies that llm-d-planner published agree to 5%. What it calls non-torch is 0.13 GiB
 *    there, in rows of four models on one H100.
 *  - SGLang gives weights and cache its share, and passes run in what is left beside it.
 *  - llama.cpp takes what the context asked for needs: weights by GGUF type, a cache in fp16, and a compute buffer for one
 *    physical batch, which is its fp32 logits and one activation (258.5 MiB for Llama 3 8B, as its log says). The table of
 *    embeddings stays in host memory, whose rows are looked up there; a head that shares it is a copy on the device.
 */
import { type Bytes, GiB, MiB } from '../base/units';
import { gpuByName } from '../hardware/gpu-names';
import { ggufBytes } from '../model/gguf';
import { kvElementsPerToken } from '../model/kv';
import { bytesPerElement } from '../model/precision';
import { quantizedBytes } from '../model/quantization';
import type { ModelSpec, RunSpec } from '../model/spec';
import { findStorage } from '../model/stored-precision';
import { groupLayers, hasOwnShapes, modelOfKind } from '../model/weights';
import { contextBytes } from './pytorch/device';
import type { Shard } from './sharding/shard';
import { buildTier, occurrence } from './tier';
import type { ComponentBytes, TierBudget } from './types';
import { countWeights, split, type WeightTensor } from './weights';

type Engine = NonNullable<RunSpec['engine']>;

const BYTES_A_LOGIT = 2 + 4 + 4 + 8 + 12 + 4 + 4;
const NON_TORCH = 0.13 * GiB;
const SHARE: Readonly<Record<Engine, number>> = { vllm: 0.9, sglang: 0.88, 'llama.cpp': 1 };
const BLOCK: Readonly<Record<Engine, number>> = { vllm: 16, sglang: 1, 'llama.cpp': 256 };
const PASS: Readonly<Record<Engine, number>> = { vllm: 2048, sglang: 8192, 'llama.cpp': 512 };
/**
 * Cards on which vLLM batches more: of 70 GiB and no A100, 8,192 tokens and 1,024 sequences instead of 2,048 and 256
 * (vllm/engine/arg_utils.py, get_batch_defaults for its server; v0.27.1). Its share of 0.9 was the default until it became
 * 0.92 by v0.27.1 (vllm/config/cache.py, gpu_memory_utilization), a block there has 16 tokens (DEFAULT_BLOCK_SIZE).
 */
const LARGE_CARD = 70 * GiB;
const LARGE_PASS = 8192;

/** What one rank holds beside its cache, and what the cache takes. */
export interface ServingNeeds {
  /** All there are; those of them that the host keeps. */
  readonly weights: Bytes;
  readonly hostWeights: Bytes;
  /** Set aside for passes and sampling, inside the engine's share (vLLM) or beside it (SGLang). */
  readonly passes: Bytes;
  readonly insideShare: boolean;
  /** Libraries, and CUDA graphs. */
  readonly besides: Bytes;
  readonly context: Bytes;
  readonly share: number;
  readonly blockTokens: number;
  readonly blockBytes: Bytes;
  readonly maxSequences: number;
}

export function servingNeeds(model: ModelSpec, run: RunSpec, shard: Shard): ServingNeeds {
  const engine = run.engine ?? 'vllm';
  const blockTokens = run.kvBlock ?? BLOCK[engine];
  const maxSequences = run.maxSequences ?? usualSequences(run);
  return {
    weights: weightBytes(model, run, shard),
    hostWeights:
      engine === 'llama.cpp' && !model.tiedHead
        ? weightBytes(model, run, shard, ({ part }) => part === 'embedding')
        : 0,
    passes: passBytes(model, run, shard, maxSequences),
    insideShare: engine !== 'sglang',
    besides: (engine === 'vllm' ? NON_TORCH : 0) + (run.graphMemory ?? 0) * MiB,
    context: contextBytes(run.gpu),
    share: run.gpuShare ?? SHARE[engine],
    blockTokens,
    blockBytes: blockTokens * tokenBytes(model, run, shard),
    maxSequences,
  };
}

function usualSequences(run: RunSpec): number {
  return Math.max(run.batch, batchesMore(run) ? 1024 : 256);
}

function batchesMore({ gpu }: RunSpec): boolean {
  if (gpu === undefined) return false;
  const { memoryBytes, name } = gpuByName(gpu);
  return memoryBytes >= LARGE_CARD && !name.startsWith('A100');
}

/** Tokens of one pass at most. */
function batchedTokens(run: RunSpec): number {
  const engine = run.engine ?? 'vllm';
  return (
    run.maxBatchedTokens ?? (engine === 'vllm' && batchesMore(run) ? LARGE_PASS : PASS[engine])
  );
}

function weightBytes(
  model: ModelSpec,
  run: RunSpec,
  shard: Shard,
  isWanted: (tensor: WeightTensor) => boolean = () => true,
): Bytes {
  const { tensors } = countWeights(model, run, shard);
  const { gguf, precision } = run;
  const storage = findStorage(model, precision);
  const element = storage ? 2 : bytesPerElement(precision);
  let bytes = 0;
  for (const tensor of tensors.filter(isWanted)) {
    const { rows, columns, count, role, expert, layered } = tensor;
    const isNarrow = storage && layered && role !== undefined && !(storage.expertsAlone && !expert);
    if (gguf) bytes += ggufBytes(model, tensor, gguf);
    else if (isNarrow) bytes += count * quantizedBytes(storage, rows, columns);
    else bytes += count * rows * columns * element;
  }
  return Math.ceil(bytes);
}

/** Keys and values of a token in every layer of the rank that keeps any. */
function tokenBytes(model: ModelSpec, run: RunSpec, shard: Shard): Bytes {
  if (hasOwnShapes(model)) {
    let elements = 0;
    for (const { layers, ...kind } of groupLayers(model, shard.first, shard.first + shard.layers)) {
      const { kvHeads, headDim } = modelOfKind(model, kind);
      if (!kind.reading) elements += layers * 2 * split(kvHeads, shard.kvSplit) * headDim;
    }
    return elements * bytesPerElement(run.kvPrecision);
  }
  const cached = Math.max(0, shard.layers - (model.linearAttention?.layers.length ?? 0));
  const isLatent = model.latentAttention !== undefined;
  const elements = isLatent
    ? kvElementsPerToken(model)
    : 2 * split(model.kvHeads, shard.kvSplit) * model.headDim;
  return cached * elements * bytesPerElement(run.kvPrecision);
}

/** The higher of a pass over as many tokens as may be, in which a layer's widest tensors are alive, and of sampling. */
function passBytes(model: ModelSpec, run: RunSpec, shard: Shard, sequences: number): Bytes {
  const engine = run.engine ?? 'vllm';
  const tokens = batchedTokens(run);
  const vocab = split(model.vocab, shard.tensor);
  if (engine === 'llama.cpp') return 4 * tokens * (vocab + model.hidden);
  const { hidden, experts } = model;
  const width = experts ? experts.active * experts.ffn + (experts.sharedFfn ?? 0) : model.ffn;
  const gates = model.activation === 'swiglu' ? 3 : 2;
  const pass = 2 * tokens * (2 * hidden + gates * split(width, shard.tensor));
  return Math.max(pass, sequences * model.vocab * BYTES_A_LOGIT);
}

/** Tokens that `count` sequences of `tokens` each take of the cache, in whole blocks. */
export function cacheBytes(needs: ServingNeeds, count: number, tokens: number): Bytes {
  return count * Math.ceil(tokens / needs.blockTokens) * needs.blockBytes;
}

/** Bytes that a card leaves for the cache; negative where not even the rest fits. */
export function bytesForCache(needs: ServingNeeds, memory: Bytes): Bytes {
  const { passes, besides, insideShare, context, share } = needs;
  const weights = needs.weights - needs.hostWeights;
  const inside = weights + besides + (insideShare ? passes : 0);
  const ofShare = Math.floor(memory * share) - inside;
  return Math.floor(Math.min(ofShare, memory - weights - passes - besides - context));
}

/** The smallest card on which the run's sequences fit. */
export function servingPeak(model: ModelSpec, run: RunSpec, shard: Shard): Bytes {
  const needs = servingNeeds(model, run, shard);
  const cache = cacheBytes(needs, run.batch, run.seq);
  const { passes, besides, insideShare, context, share } = needs;
  const weights = needs.weights - needs.hostWeights;
  const inside = weights + besides + (insideShare ? passes : 0) + cache;
  return Math.ceil(Math.max(inside / share, weights + passes + besides + cache + context));
}

/** While the engine loads, and while the run's sequences are all at their length. */
export function servingBudget(model: ModelSpec, run: RunSpec, shard: Shard): TierBudget {
  const needs = servingNeeds(model, run, shard);
  const base: ComponentBytes = {
    params: needs.weights - needs.hostWeights,
    context: needs.context,
  };
  const full: ComponentBytes = {
    ...base,
    logits: needs.passes,
    workspace: Math.ceil(needs.besides),
    kv_cache: cacheBytes(needs, run.batch, run.seq),
  };
  return buildTier([
    occurrence('load', null, null, base, base),
    occurrence('decode', null, null, full, full),
  ]);
}
