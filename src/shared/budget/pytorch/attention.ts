/**
 * Which code computes attention on a GPU, and how wide the tensors are that it works on. `eager` is the model's own; SDPA
 * takes a fused kernel where it can, and where it cannot its plain one, which keeps the scores as eager attention does.
 */
import { findImplementation } from '../../model/families';
import { isMixed } from '../../model/precision';
import type { ModelSpec, RunSpec } from '../../model/spec';
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

/** Windows shorter than the sequence hide what causal attention sees. */
function needsMask({ slidingWindow, localAttention }: ModelSpec, { seq }: RunSpec): boolean {
  return (slidingWindow ?? localAttention?.window ?? Number.POSITIVE_INFINITY) < seq;
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
