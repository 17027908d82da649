/**
 * Which code computes attention on a GPU, and how wide the tensors are that it works on. `eager` is the model's own; SDPA
 * takes a fused kernel where it can, and where it cannot its plain one, which keeps the scores as eager attention does.
 */
import { findImplementation } from '../../model/families';
import { isMixed } from '../../model/precision';
import type { ModelSpec, RunSpec } from '../../model/spec';
import { TensorSum } from './allocator';
import { type ElementBytes, storedBytes } from './types';

export interface AttentionKernel {
  /** Scores are tensors of [B, h, n, n], and grouped keys and values are repeated for every head. */
  readonly keepsScores: boolean;
  /** Bytes of one element of queries and keys, of values, and of the scores before softmax. */
  readonly queries: number;
  readonly values: number;
  readonly scores: number;
  /** Of the weights that softmax makes, and of those that multiply the values: one tensor where they are the same. */
  readonly weights: readonly [softmax: number, multiplied?: number];
  /** It is given a mask, [B, n, n] at its precision, which each layer makes of one of bytes. */
  readonly masked: boolean;
  /** Keys and values of grouped heads are copied for every head. */
  readonly expandsKeys: boolean;
  /** Its output is copied, so that the heads of a token lie together for the output projection. */
  readonly copiesOutput: boolean;
  /** The scores go through a tanh, whose result is kept (Gemma 2). */
  readonly capped: boolean;
}

export function findAttention(
  model: ModelSpec,
  run: RunSpec,
  types: ElementBytes,
): AttentionKernel {
  const c = types.compute;
  if (takesPlainKernel(model, run))
    // Made of plain operators, in fp32 whatever it is given (ATen/native/transformers/attention.cpp).
    return {
      keepsScores: true,
      queries: 4,
      values: 4,
      scores: 4,
      weights: [4],
      capped: false,
      masked: false,
      expandsKeys: true,
      copiesOutput: false,
    };
  const code = findImplementation(model);
  if (run.attention !== 'eager')
    return {
      keepsScores: false,
      queries: c,
      values: c,
      scores: c,
      weights: [c],
      capped: false,
      masked: run.attention === 'sdpa' && hidesInAll(model, run),
      expandsKeys: repeatsKeys(model, run),
      copiesOutput: code.joinsRotated === true && takesFlash(model, run, c),
    };
  const isWide = c < 4 && code.queriesInFp32 === true && !types.autocast;
  const softmaxInFp32 = c < 4 && (isMixed(run.precision) || code.softmaxInFp32);
  return {
    keepsScores: true,
    queries: isWide ? 4 : c,
    values: c,
    scores: isWide ? 4 : c,
    weights: softmaxInFp32 || isWide ? [4, c] : [c],
    capped: model.scoreCap === true,
    masked: false,
    expandsKeys: true,
    copiesOutput: false,
  };
}

/**
 * The flash kernels lay their output out as the queries are; the memory-efficient one, which SDPA takes for fp32, for a mask
 * and for wide heads, always token by token (ATen/native/transformers/cuda/attention.cu).
 */
function takesFlash(model: ModelSpec, run: RunSpec, compute: number): boolean {
  return (
    run.attention === 'flash' || (compute < 4 && model.headDim <= 256 && !needsMask(model, run))
  );
}

/** Windows no longer than the sequence take a mask, in some of the layers or in all. */
function needsMask({ slidingWindow, localAttention }: ModelSpec, { seq }: RunSpec): boolean {
  return (slidingWindow ?? localAttention?.window ?? Number.POSITIVE_INFINITY) <= seq;
}

/**
 * transformers repeats keys and values for SDPA where a mask or wide heads keep it from telling of groups
 * (integrations/sdpa_attention.py, use_gqa_in_sdpa); one head for all it expands, which copies nothing.
 */
function repeatsKeys(model: ModelSpec, run: RunSpec): boolean {
  const isGrouped = model.kvHeads > 1 && model.kvHeads < model.heads && !model.latentAttention;
  return run.attention === 'sdpa' && isGrouped && (hidesInAll(model, run) || model.headDim > 256);
}

/** The same in every layer. Where some have a window it is not known which of them this is. */
function hidesInAll(
  { slidingWindow = Number.POSITIVE_INFINITY }: ModelSpec,
  { seq }: RunSpec,
): boolean {
  return slidingWindow <= seq;
}

/**
 * SDPA on CUDA with fewer key heads than query heads: flash knows grouped heads where the caller says so, for half
 * precision without a mask; the memory-efficient kernel knows none (ATen/native/transformers/cuda/sdp_utils.cpp). transformers
 * says so where no mask is needed, and repeats keys and values where one is (integrations/sdpa_attention.py,
 * use_gqa_in_sdpa); a family that calls SDPA by itself does neither.
 */
function takesPlainKernel(model: ModelSpec, run: RunSpec): boolean {
  const { kvHeads, heads, headDim, latentAttention } = model;
  if (run.attention !== 'sdpa' || kvHeads === heads || latentAttention !== undefined) return false;
  if (findImplementation(model).sharesKeysInSdpa) return kvHeads === 1;
  return storedBytes(run.precision).compute === 4 && headDim <= 256 && !needsMask(model, run);
}

/** Masks of `tokens` tokens over `length` that eager attention adds to its scores: one, and one for the layers with a window. */
export function attentionMasks(
  model: ModelSpec,
  run: RunSpec,
  types: ElementBytes,
  tokens: number,
  length = tokens,
): TensorSum {
  const { keepsScores } = findAttention(model, run, types);
  return new TensorSum().add(
    keepsScores ? types.compute * run.batch * tokens * length : 0,
    model.globalAttention ? 2 : 1,
  );
}
