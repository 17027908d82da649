/**
 * Floating-point operations of a transformer, counted exactly.
 *
 * Conventions: a multiply-add is 2; only matrix products are in the totals (biases, norms, activations and softmax are
 * not); attention is counted over all n² pairs unless causal, then over the lower triangle with its diagonal, n(n+1)/2;
 * the forward pass includes the output head over every position; the backward pass is twice the forward one, since each
 * product has a gradient for its input and one for its weights.
 *
 * Symbols: B batch, n tokens of a sequence, d width, h heads of width k, h_kv key-value heads, d_ff feed-forward width,
 * m matrices of the feed-forward block (3 for SwiGLU, else 2), L layers, V vocabulary, P parameters.
 */
import { parameterCount } from '../model/parameters';
import type { ModelSpec } from '../model/spec';
import { type Count, count, errorPercent, requireWhole } from './exact';

export interface FlopOptions {
  /** Count attention over the lower triangle only. */
  readonly causal?: boolean;
}

interface Layer<N> {
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
export type LayerFlops = Layer<Count>;

/** Short: attention costs less than its projections; long: more; crossover: exactly as much. */
export type Regime = 'short' | 'crossover' | 'long';

export interface Crossover {
  /** n at which QKᵀ and AV cost what the four attention projections cost; 2d for MHA counted in full. */
  readonly attentionEqualsProjections: number;
  /** n at which they cost what all the rest of the layer costs; 6d for MHA with d_ff = 4d. */
  readonly attentionEqualsLayer: number;
  /** n at which they cost what the feed-forward block costs; 4d for d_ff = 4d. */
  readonly attentionEqualsFfn: number;
}

export interface FlopCount {
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

export interface Approximations {
  /** 2·P·B·n for the forward pass. */
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
}

/** Matrices of the feed-forward block. */
export function ffnMatrices(model: Pick<ModelSpec, 'activation'>): 2 | 3 {
  return model.activation === 'swiglu' ? 3 : 2;
}

/** n², or n(n+1)/2 under a causal mask. */
export function attentionPairs(n: number, causal = false): bigint {
  const N = BigInt(n);
  return causal ? (N * (N + 1n)) / 2n : N * N;
}

/** One layer for any number of queries and query-key pairs: exact. */
export function layerFlops(model: ModelSpec, { batch, queries, pairs }: Shape): Layer<bigint> {
  const d = BigInt(model.hidden);
  const k = BigInt(model.headDim);
  const q = BigInt(model.heads) * k;
  const kv = BigInt(model.kvHeads) * k;
  const tokens = BigInt(batch) * BigInt(queries);
  const allPairs = BigInt(batch) * pairs;
  const qkv = 2n * tokens * d * (q + 2n * kv);
  const scores = 2n * allPairs * q;
  const projection = 2n * tokens * q * d;
  const ffn = 2n * tokens * BigInt(ffnMatrices(model)) * d * BigInt(model.ffn);
  return {
    qkv,
    scores,
    softmax: 5n * allPairs * BigInt(model.heads),
    attentionOutput: scores,
    projection,
    ffn,
    total: qkv + 2n * scores + projection + ffn,
  };
}

/** The output head over `positions` positions: 2·positions·V·d. */
export function headFlops(model: ModelSpec, positions: bigint): bigint {
  return 2n * positions * BigInt(model.vocab) * BigInt(model.hidden);
}

/** L layers and the head, exact; `bad_input` where batch or seq is no whole number of at least 1. */
export function forwardFlops(model: ModelSpec, batch: number, seq: number, { causal = false }: FlopOptions = {}): bigint {
  requireWhole('batch', batch);
  requireWhole('seq', seq);
  const layer = layerFlops(model, { batch, queries: seq, pairs: attentionPairs(seq, causal) });
  return BigInt(model.layers) * layer.total + headFlops(model, BigInt(batch) * BigInt(seq));
}

/** A step of training: forward and backward, 3·forward; one more forward where everything is recomputed. */
export function trainFlops(model: ModelSpec, batch: number, seq: number, options: FlopOptions & { readonly recompute?: boolean } = {}): bigint {
  return (options.recompute ? 4n : 3n) * forwardFlops(model, batch, seq, options);
}

/**
 * Lengths at which attention overtakes the rest. With q = h·k and kv = h_kv·k, a token's attention costs 4·n·q, its
 * projections 4·d·(q + kv), its feed-forward block 2·m·d·d_ff:
 *
 *     attention = projections   n = d(q + kv)/q                      (2d for MHA)
 *     attention = feed-forward  n = m·d·d_ff/(2q)                    (4d for d_ff = 4d)
 *     attention = both          the sum of the two                   (6d)
 *
 * Under a causal mask a token sees (n + 1)/2 keys on average, so each length x becomes 2x − 1.
 */
export function crossover(model: ModelSpec, { causal = false }: FlopOptions = {}): Crossover {
  const { hidden: d, headDim: k } = model;
  const q = model.heads * k;
  const kv = model.kvHeads * k;
  const projections = (d * (q + kv)) / q;
  const ffn = (ffnMatrices(model) * d * model.ffn) / (2 * q);
  const length = (full: number) => (causal ? 2 * full - 1 : full);
  return { attentionEqualsProjections: length(projections), attentionEqualsLayer: length(projections + ffn), attentionEqualsFfn: length(ffn) };
}

/** 2P, 6PD and PaLM's formula beside the count they stand for. */
export function approximations(model: ModelSpec, batch: number, seq: number, options: FlopOptions = {}): Approximations {
  const tokens = BigInt(batch) * BigInt(seq);
  const P = BigInt(parameterCount(model));
  const forward = forwardFlops(model, batch, seq, options);
  const positions = model.positions === 'learned' ? BigInt(model.maxPositions) * BigInt(model.hidden) : 0n;
  const width = BigInt(model.heads) * BigInt(model.headDim);
  const palm = tokens * (6n * (P - positions) + 12n * BigInt(model.layers) * width * BigInt(seq));
  return {
    twoP: count(2n * P * tokens),
    sixPD: count(6n * P * tokens),
    palm: count(palm),
    errorPercent: errorPercent(2n * P * tokens, forward),
    palmErrorPercent: errorPercent(palm, 3n * forward),
  };
}

/** Everything `plumbline flops` says about a batch of sequences. `bad_input` for impossible sizes. */
export function flopsOf(model: ModelSpec, batch: number, seq: number, options: FlopOptions = {}): FlopCount {
  const forward = forwardFlops(model, batch, seq, options);
  const layer = layerFlops(model, { batch, queries: seq, pairs: attentionPairs(seq, options.causal) });
  const tokens = BigInt(batch) * BigInt(seq);
  const head = headFlops(model, tokens);
  const lengths = crossover(model, options);
  const { qkv, scores, softmax, attentionOutput, projection, ffn, total } = layer;
  return {
    perLayer: {
      qkv: count(qkv), scores: count(scores), softmax: count(softmax), attentionOutput: count(attentionOutput),
      projection: count(projection), ffn: count(ffn), total: count(total),
    },
    head: count(head),
    forward: count(forward),
    backward: count(2n * forward),
    train: count(3n * forward),
    // Whole even under a causal mask: 4·h·k·(n + 1)/2 is.
    perToken: count(forward / tokens),
    crossover: lengths,
    regime: seq < lengths.attentionEqualsProjections ? 'short' : seq > lengths.attentionEqualsProjections ? 'long' : 'crossover',
    dominant: largest(BigInt(model.layers), layer, head),
    approximations: approximations(model, batch, seq, options),
  };
}

function largest(layers: bigint, layer: Layer<bigint>, head: bigint): FlopCount['dominant'] {
  const shares: readonly (readonly [FlopCount['dominant'], bigint])[] = [
    ['ffn', layers * layer.ffn],
    ['projections', layers * (layer.qkv + layer.projection)],
    ['attention', layers * (layer.scores + layer.attentionOutput)],
    ['head', head],
  ];
  return shares.reduce((most, share) => (share[1] > most[1] ? share : most))[0];
}
