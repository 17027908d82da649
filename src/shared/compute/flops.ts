/**
 * Floating-point operations of a transformer, counted exactly.
 *
 * Conventions: a multiply-add is 2; only matrix products are in the totals (biases, norms, activations and softmax are
 * not); attention is counted over all n² pairs unless causal, then over the lower triangle with its diagonal, n(n+1)/2;
 * the forward pass includes the output head over every position; the backward pass is twice the forward one, since each
 * product has a gradient for its input and one for its weights.
 *
 * Symbols: B batch, n tokens of a sequence, d width, h heads of width k, h_kv key-value heads, d_ff feed-forward width,
 * m matrices of the feed-forward block (3 for SwiGLU, else 2), L layers, V vocabulary, P parameters. Layers of
 * other families (experts, latent attention) are the sums over their own matrices: shapes.ts.
 */

import { type Count, count, errorPercent, requireWhole } from '../base/big-count';
import { activeParameterCount, hasLmHead } from '../model/parameters';
import type { ModelSpec } from '../model/spec';
import { attentionWidths, layerLinears, listStacks, usedWeights } from './shapes';

export interface FlopOptions {
  /** Count attention over the lower triangle only. */
  readonly causal?: boolean;
}

interface LayerWork<N> {
  /** Q, K and V: 2·B·n·d·(h + 2·h_kv)·k. */
  readonly qkv: N;
  /** QKᵀ: 2·B·pairs·h·k. */
  readonly scores: N;
  /** 5·B·h·pairs, outside the total: compare for the maximum, subtract, exponentiate, add to the sum, divide. */
  readonly softmax: N;
  /** Weights times V: 2·B·pairs·h·k. */
  readonly attentionOutput: N;
  /** 2·B·n·h·k·d. */
  readonly projection: N;
  /** 2·B·n·m·d·d_ff. */
  readonly ffn: N;
  /** All of the above but softmax. */
  readonly total: N;
}
type LayerFlops = LayerWork<Count>;

/** Short: attention costs less than its projections; long: more; crossover: exactly as much. */
type Regime = 'short' | 'crossover' | 'long';

export interface Crossover {
  /** n at which QKᵀ and AV cost what the four attention projections cost; 2d for MHA counted in full. */
  readonly attentionEqualsProjections: number | null;
  /** n at which they cost what all the rest of the layer costs; 6d for MHA with d_ff = 4d. */
  readonly attentionEqualsLayer: number | null;
  /** n at which they cost what the feed-forward block costs; 4d for d_ff = 4d. */
  readonly attentionEqualsFfn: number | null;
}

export interface FlopCount {
  /** One layer; of a mixture of experts an expert layer, of an encoder-decoder one of the encoder. */
  readonly perLayer: LayerFlops;
  readonly head: Count;
  readonly forward: Count;
  readonly backward: Count;
  readonly train: Count;
  readonly perToken: Count;
  readonly crossover: Crossover;
  readonly regime: Regime;
  /** The largest single share of the forward pass. */
  readonly dominant: 'ffn' | 'projections' | 'attention' | 'head';
  readonly approximations: Approximations;
}

interface Approximations {
  /** 2·P·B·n for the forward pass; P counts the experts a token passes through. */
  readonly twoP: Count;
  /** 6·P·B·n for a training step. */
  readonly sixPD: Count;
  /** (6N + 12·L·h·k·n) a token, N without position table (Chowdhery et al. 2022, PaLM, appendix B). */
  readonly palm: Count;
  /** Percent by which 2P and 6PD (alike) miss the count; negative is too low. */
  readonly errorPercent: number;
  readonly palmErrorPercent: number;
}

interface Shape {
  readonly batch: number;
  /** Positions computed. */
  readonly queries: number;
  /** Query-key pairs a sequence and head. */
  readonly pairs: bigint;
  /** A dense layer of a mixture of experts. */
  readonly dense?: boolean;
}

/** n², or n(n+1)/2 under a causal mask; where layers attend to `window` tokens at most, Σ min(i, window). */
export function attentionPairs(n: number, causal = false, window?: number): bigint {
  const N = BigInt(n);
  if (!causal) return N * N;
  const w = window === undefined || window > n ? N : BigInt(window);
  return (w * (w + 1n)) / 2n + (N - w) * w;
}

/**
 * One layer for any number of queries and query-key pairs: exact. Of a mixture of experts it is an expert layer with
 * its router, and the experts a token passes through; latent attention is counted with keys and values expanded once.
 */
export function layerFlops(
  model: ModelSpec,
  { batch, queries, pairs, dense }: Shape,
): LayerWork<bigint> {
  const linears = layerLinears(model, dense);
  const { keys, values } = attentionWidths(model);
  const tokens = BigInt(batch) * BigInt(queries);
  const allPairs = BigInt(batch) * pairs;
  const qkv = 2n * tokens * usedWeights(linears, 'qkv');
  const scores = 2n * allPairs * BigInt(keys);
  const attentionOutput = 2n * allPairs * BigInt(values);
  const projection = 2n * tokens * usedWeights(linears, 'projection');
  const ffn = 2n * tokens * usedWeights(linears, 'ffn');
  return {
    qkv,
    scores,
    softmax: 5n * allPairs * BigInt(model.heads),
    attentionOutput,
    projection,
    ffn,
    total: qkv + scores + attentionOutput + projection + ffn,
  };
}

/** The output head over `positions` positions: 2·positions·V·d; 0 for a model without one. BERT's pooler is left out. */
export function headFlops(model: ModelSpec, positions: bigint): bigint {
  return hasLmHead(model) ? 2n * positions * BigInt(model.vocab) * BigInt(model.hidden) : 0n;
}

/**
 * All layers over B sequences of n tokens. The encoder of an encoder-decoder sees its whole input whatever the mask; its
 * decoder takes as many tokens, and each of its layers attends to all of the encoder's output as well.
 */
function stackFlops(
  model: ModelSpec,
  batch: number,
  seq: number,
  { causal = false }: FlopOptions,
): LayerWork<bigint> {
  const sum = {
    qkv: 0n,
    scores: 0n,
    softmax: 0n,
    attentionOutput: 0n,
    projection: 0n,
    ffn: 0n,
    total: 0n,
  };
  const add = (
    times: bigint,
    layer: LayerWork<bigint>,
    parts: readonly (keyof LayerWork<bigint>)[],
  ) => {
    for (const part of parts) sum[part] += times * layer[part];
  };
  for (const { layers, dense, cross, bidirectional } of listStacks(model)) {
    const times = BigInt(layers);
    add(
      times,
      layerFlops(model, {
        batch,
        queries: seq,
        dense,
        pairs: attentionPairs(seq, causal && !bidirectional, model.slidingWindow),
      }),
      ALL,
    );
    if (cross)
      add(
        times,
        layerFlops(model, { batch, queries: seq, dense, pairs: attentionPairs(seq) }),
        ATTENTION,
      );
  }
  return { ...sum, total: sum.qkv + sum.scores + sum.attentionOutput + sum.projection + sum.ffn };
}

const ATTENTION = ['qkv', 'scores', 'softmax', 'attentionOutput', 'projection'] as const;
const ALL = [...ATTENTION, 'ffn'] as const;

/** L layers and the head, exact; `bad_input` where batch or seq is no whole number of at least 1. */
export function forwardFlops(
  model: ModelSpec,
  batch: number,
  seq: number,
  options: FlopOptions = {},
): bigint {
  requireWhole('batch', batch);
  requireWhole('seq', seq);
  return (
    stackFlops(model, batch, seq, options).total + headFlops(model, BigInt(batch) * BigInt(seq))
  );
}

/** A step of training: forward and backward, 3·forward; one more forward where everything is recomputed. */
export function trainFlops(
  model: ModelSpec,
  batch: number,
  seq: number,
  options: FlopOptions & { readonly recompute?: boolean } = {},
): bigint {
  return (options.recompute ? 4n : 3n) * forwardFlops(model, batch, seq, options);
}

/**
 * Lengths at which attention overtakes the rest of its layer. With key and value widths q and v over all heads, and W
 * weights a token is multiplied with, attention costs 2·n·(q + v) a token and the rest 2·W:
 *
 *     attention = the rest   n = W/(q + v)    projections of MHA: 4d²/2d = 2d    feed-forward: 8d²/2d = 4d    both: 6d
 *
 * Under a causal mask a token sees (n + 1)/2 keys on average, so each length x becomes 2x − 1; where layers attend to a
 * window of w tokens at most the average tends to w, and a length that needs w or more is never reached: null.
 */
export function crossover(model: ModelSpec, { causal = false }: FlopOptions = {}): Crossover {
  const linears = layerLinears(model);
  const { keys, values } = attentionWidths(model);
  const projections =
    Number(usedWeights(linears, 'qkv') + usedWeights(linears, 'projection')) / (keys + values);
  const ffn = Number(usedWeights(linears, 'ffn')) / (keys + values);
  const length = (average: number) =>
    causal ? causalLength(average, model.slidingWindow ?? Number.POSITIVE_INFINITY) : average;
  return {
    attentionEqualsProjections: length(projections),
    attentionEqualsLayer: length(projections + ffn),
    attentionEqualsFfn: length(ffn),
  };
}

/** The length at which a causal token sees `average` keys on average. */
function causalLength(average: number, window: number): number | null {
  const plain = 2 * average - 1;
  if (plain <= window) return plain;
  // w(w+1)/2 + (n − w)·w = average·n
  return average < window ? (window * (window - 1)) / (2 * (window - average)) : null;
}

/** 2P, 6PD and PaLM's formula beside the count they stand for. */
export function approximations(
  model: ModelSpec,
  batch: number,
  seq: number,
  options: FlopOptions = {},
): Approximations {
  const tokens = BigInt(batch) * BigInt(seq);
  const P = BigInt(activeParameterCount(model));
  const forward = forwardFlops(model, batch, seq, options);
  const positions =
    model.positions === 'learned' ? BigInt(model.maxPositions) * BigInt(model.hidden) : 0n;
  const { keys, values } = attentionWidths(model);
  const palm =
    tokens *
    (6n * (P - positions) +
      6n * BigInt(model.layers + (model.decoderLayers ?? 0)) * BigInt(keys + values) * BigInt(seq));
  return {
    twoP: count(2n * P * tokens),
    sixPD: count(6n * P * tokens),
    palm: count(palm),
    errorPercent: errorPercent(2n * P * tokens, forward),
    palmErrorPercent: errorPercent(palm, 3n * forward),
  };
}

/** Everything `plumbline flops` says about a batch of sequences. `bad_input` for impossible sizes. */
export function countFlops(
  model: ModelSpec,
  batch: number,
  seq: number,
  options: FlopOptions = {},
): FlopCount {
  const forward = forwardFlops(model, batch, seq, options);
  const bidirectional = listStacks(model)[0]?.bidirectional ?? false;
  const pairs = attentionPairs(seq, options.causal === true && !bidirectional, model.slidingWindow);
  const { qkv, scores, softmax, attentionOutput, projection, ffn, total } = layerFlops(model, {
    batch,
    queries: seq,
    pairs,
  });
  const tokens = BigInt(batch) * BigInt(seq);
  const head = headFlops(model, tokens);
  const lengths = crossover(model, options);
  return {
    perLayer: {
      qkv: count(qkv),
      scores: count(scores),
      softmax: count(softmax),
      attentionOutput: count(attentionOutput),
      projection: count(projection),
      ffn: count(ffn),
      total: count(total),
    },
    head: count(head),
    forward: count(forward),
    backward: count(2n * forward),
    train: count(3n * forward),
    perToken: forward % tokens === 0n ? count(forward / tokens) : Number(forward) / Number(tokens),
    crossover: lengths,
    regime: classifyRegime(seq, lengths.attentionEqualsProjections),
    dominant: largest(stackFlops(model, batch, seq, options), head),
    approximations: approximations(model, batch, seq, options),
  };
}

function classifyRegime(seq: number, edge: number | null): Regime {
  if (edge === null || seq < edge) return 'short';
  return seq > edge ? 'long' : 'crossover';
}

function largest(layers: LayerWork<bigint>, head: bigint): FlopCount['dominant'] {
  const shares: readonly (readonly [FlopCount['dominant'], bigint])[] = [
    ['ffn', layers.ffn],
    ['projections', layers.qkv + layers.projection],
    ['attention', layers.scores + layers.attentionOutput],
    ['head', head],
  ];
  return shares.reduce((most, share) => (share[1] > most[1] ? share : most))[0];
}
