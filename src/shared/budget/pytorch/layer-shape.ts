/** Sizes of one layer on one rank, and its sublayers in the order in which forward runs them. */
import { findImplementation } from '../../model/families';
import type { Role } from '../../model/roles';
import type { ModelSpec } from '../../model/spec';
import type { Shard } from '../sharding/shard';
import { split } from '../weights';

/** A sublayer is what backward takes in one go: it frees what the sublayer saved, and leaves its weights' gradients. */
export const SUBLAYERS = [
  'norm1',
  'qkv',
  'attention',
  'output',
  'norm2',
  'up',
  'activation',
  'down',
] as const;

/** Of a decoder's layer that attends to an encoder's output too. */
export const CROSS_SUBLAYERS = [
  'norm1',
  'qkv',
  'attention',
  'output',
  'crossNorm',
  'crossQkv',
  'crossAttention',
  'crossOutput',
  'norm2',
  'up',
  'activation',
  'down',
] as const;

export type Sublayer = (typeof CROSS_SUBLAYERS)[number];

/** Widths are in elements of one token. */
export interface LayerShape {
  readonly sequences: number;
  readonly tokens: number;
  /** Widths of queries, keys and values on this rank: h·k, h_kv·k each, or those of latent attention. */
  readonly queryWidth: number;
  readonly kvWidth: number;
  readonly valueWidth: number;
  readonly heads: number;
  /** Feed-forward width on this rank, times the experts a token passes through. */
  readonly ffn: number;
  /** Of that, the width of networks that every token passes beside its experts. */
  readonly sharedFfn: number;
  /** Rows that meet experts for each token, 1 where there are none. */
  readonly routed: number;
  /** N·d between tensor-parallel regions. */
  readonly stream: number;
}

/** The sizes for `sequences` sequences of `tokens` tokens each. */
export function layerShape(
  model: ModelSpec,
  shard: Shard,
  sequences: number,
  tokens: number,
): LayerShape {
  const { latentAttention: latent, experts } = model;
  const heads = split(model.heads, shard.tensor);
  const queryWidth = heads * (latent ? latent.plainDim + latent.ropeDim : model.headDim);
  return {
    sequences,
    tokens,
    queryWidth,
    kvWidth: latent ? queryWidth : split(model.kvHeads, shard.kvSplit) * model.headDim,
    valueWidth: latent ? heads * latent.valueDim : queryWidth,
    heads,
    ffn: experts
      ? split(experts.active * experts.ffn, shard.expert > 1 ? 1 : shard.tensor) +
        split(experts.sharedFfn ?? 0, shard.tensor)
      : split(model.ffn, shard.tensor),
    sharedFfn: split(experts?.sharedFfn ?? 0, shard.tensor),
    routed: experts ? experts.active : 1,
    stream: split(sequences * tokens, shard.sequence) * model.hidden,
  };
}

/** Outputs of the matrix with that role, in a layer of that shape over a stream `hidden` wide. */
export function outputWidth(
  role: Role,
  { queryWidth, kvWidth, ffn }: LayerShape,
  hidden: number,
): number {
  switch (role) {
    case 'query':
      return queryWidth;
    case 'key':
    case 'value':
      return kvWidth;
    case 'qkv':
      return queryWidth + 2 * kvWidth;
    case 'gate':
    case 'up':
      return ffn;
    case 'gateUp':
      return 2 * ffn;
    default:
      return hidden;
  }
}

/** Heads whose keys and values the cache holds on this rank; the one head that all share is never expanded. */
export function cachedHeads(model: ModelSpec, shard: Shard): number {
  const { heads, kvHeads } = model;
  const expands = findImplementation(model).expandsGroups && kvHeads > 1;
  return expands ? split(heads, shard.tensor) : split(kvHeads, shard.kvSplit);
}
