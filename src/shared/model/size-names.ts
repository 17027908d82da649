/** What the sizes of a model are called where people read them: by labels of fields, and in refusals. */
import type { Experts, LatentAttention, ModelSpec } from './model-spec';

type Named<Sizes> = { readonly [Name in keyof Sizes]?: string };

export const SIZE_NAMES = {
  layers: 'Layers',
  decoderLayers: 'Decoder layers',
  hidden: 'Width',
  heads: 'Heads',
  kvHeads: 'Key-value heads',
  headDim: 'Width of a head',
  ffn: 'Feed-forward width',
  vocab: 'Vocabulary',
  maxPositions: 'Positions',
  slidingWindow: 'Sliding window',
  tokenTypes: 'Token types',
  relativeBuckets: 'Buckets of relative positions',
} as const satisfies Named<ModelSpec>;

export const EXPERT_NAMES = {
  total: 'Experts',
  active: 'Experts of a token',
  ffn: 'Feed-forward width of an expert',
  sharedFfn: 'Feed-forward width of the shared experts',
  denseLayers: 'Layers without experts',
} as const satisfies Named<Experts>;

export const LATENT_NAMES = {
  kvRank: 'Rank of keys and values',
  queryRank: 'Rank of queries',
  ropeDim: 'Rotary width of a head',
  plainDim: 'Width of a head without positions',
  valueDim: 'Width of a value head',
} as const satisfies Named<LatentAttention>;
