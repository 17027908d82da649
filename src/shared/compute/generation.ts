/**
 * Work of generating token by token, with and without a KV cache.
 *
 * N tokens from a prompt of p: the prompt's forward pass yields the first token, each later one needs a step of its
 * own, N − 1 in all. With a cache a step computes one position against every earlier one; without, it computes the
 * whole sequence again. Attention of a whole sequence is counted in full unless `causal`; the head runs over every
 * position computed, as the bundled and the textbook implementations do.
 */

import { requireWhole } from '../base/big-count';
import { Failure } from '../base/failure';
import type { ModelSpec } from '../model/spec';
import { type FlopOptions, forwardFlops, headFlops, layerFlops } from './flops';
import { listStacks } from './shapes';

interface GenerationShape extends FlopOptions {
  readonly batch: number;
  readonly promptTokens: number;
  readonly tokens: number;
  readonly kvCache: boolean;
}

/** FLOPs of one cached step: one new position in each of B sequences, attending to `context` keys, itself included. */
export function decodeFlops(model: ModelSpec, batch: number, context: number): bigint {
  requireWhole('batch', batch);
  requireWhole('context', context);
  requireDecoder(model);
  const pairs = BigInt(Math.min(context, model.slidingWindow ?? context));
  const layers = listStacks(model).reduce(
    (sum, { layers: times, dense }) =>
      sum + BigInt(times) * layerFlops(model, { batch, queries: 1, dense, pairs }).total,
    0n,
  );
  return layers + headFlops(model, BigInt(batch));
}

/** Cross-attention of an encoder-decoder depends on a source length no run states. */
function requireDecoder(model: ModelSpec): void {
  if (!model.decoderLayers) return;
  throw new Failure(
    'bad_input',
    `Generation of ${model.name} is not counted: it is an encoder-decoder.`,
    'Use a decoder, or count a forward pass.',
  );
}

interface GenerationFlops {
  readonly prefill: bigint;
  readonly decode: bigint;
  readonly total: bigint;
}

/** FLOPs of the prompt's pass and of all later steps, for the whole batch; exact. */
export function generationFlops(model: ModelSpec, shape: GenerationShape): GenerationFlops {
  const { batch, promptTokens, tokens, kvCache } = shape;
  requireWhole('tokens', tokens);
  requireDecoder(model);
  const prefill = forwardFlops(model, batch, promptTokens, shape);
  let decode = 0n;
  for (let step = 1; step < tokens; step++) {
    const length = promptTokens + step;
    decode += kvCache
      ? decodeFlops(model, batch, length)
      : forwardFlops(model, batch, length, shape);
  }
  return { prefill, decode, total: prefill + decode };
}

/** Rows of attention computed for T tokens: T(T+1)/2 without a cache, T with one; their ratio is (T+1)/2. */
export function attentionRows(tokens: number): {
  readonly uncached: number;
  readonly cached: number;
  readonly ratio: number;
} {
  requireWhole('tokens', tokens);
  return { uncached: (tokens * (tokens + 1)) / 2, cached: tokens, ratio: (tokens + 1) / 2 };
}

/** How many times more FLOPs generation takes without a cache than with one, prompt and head included. */
export function cacheWorkRatio(model: ModelSpec, shape: Omit<GenerationShape, 'kvCache'>): number {
  const work = (kvCache: boolean) => Number(generationFlops(model, { ...shape, kvCache }).total);
  return work(false) / work(true);
}
