/** Families of models that share everything but their sizes. */
import type { ModelSpec } from './spec';

export function gpt2(
  name: string,
  size: { layers: number; hidden: number; heads: number; vocab?: number; maxPositions?: number },
): ModelSpec {
  const { layers, hidden, heads, vocab = 50_257, maxPositions = 1024 } = size;
  return {
    name,
    architecture: 'decoder',
    layers,
    hidden,
    heads,
    kvHeads: heads,
    headDim: hidden / heads,
    ffn: 4 * hidden,
    vocab,
    maxPositions,
    positions: 'learned',
    norm: 'layernorm',
    activation: 'gelu',
    activationComposed: true,
    bias: true,
    tiedHead: true,
  };
}

/** Llama's blocks, and those of Mistral, Qwen and all that differ from them in a few fields. */
export function llama(
  name: string,
  size: {
    layers: number;
    hidden: number;
    heads: number;
    kvHeads?: number;
    ffn: number;
    vocab: number;
    maxPositions: number;
  },
  differences: Partial<ModelSpec> = {},
): ModelSpec {
  const { hidden, heads, kvHeads = heads } = size;
  return {
    name,
    architecture: 'decoder',
    ...size,
    kvHeads,
    headDim: hidden / heads,
    positions: 'rotary',
    norm: 'rmsnorm',
    activation: 'swiglu',
    bias: false,
    tiedHead: false,
    ...differences,
  };
}

export function bert(
  name: string,
  size: { layers: number; hidden: number; heads: number; ffn?: number },
  differences: Partial<ModelSpec> = {},
): ModelSpec {
  const { hidden, heads } = size;
  return {
    name,
    architecture: 'encoder',
    layers: size.layers,
    hidden,
    heads,
    kvHeads: heads,
    headDim: hidden / heads,
    ffn: size.ffn ?? 4 * hidden,
    vocab: 30_522,
    maxPositions: 512,
    positions: 'learned',
    norm: 'layernorm',
    activation: 'gelu',
    bias: true,
    tiedHead: true,
    postNorm: true,
    tokenTypes: 2,
    pooler: true,
    ...differences,
  };
}

interface LlamaSize {
  readonly layers: number;
  readonly hidden: number;
  readonly heads: number;
  readonly kvHeads?: number;
  readonly ffn: number;
  readonly vocab: number;
  readonly maxPositions: number;
}

/** Qwen3: heads of width 128 whatever the model's, a norm on queries and keys, no biases. */
export function qwen3(
  name: string,
  size: Omit<LlamaSize, 'vocab' | 'maxPositions'>,
  differences: Partial<ModelSpec> = {},
): ModelSpec {
  return llama(
    name,
    { ...size, vocab: 151_936, maxPositions: 40_960 },
    { headDim: 128, qkNorm: true, ...differences },
  );
}

/** Gemma 2: heads of width 256, four norms a layer, a tied table. Its gate is GELU, which keeps what SwiGLU keeps. */
export function gemma2(
  name: string,
  size: Omit<LlamaSize, 'vocab' | 'maxPositions'>,
  differences: Partial<ModelSpec> = {},
): ModelSpec {
  return llama(
    name,
    { ...size, vocab: 256_000, maxPositions: 8192 },
    { headDim: 256, layerNorms: 4, tiedHead: true, ...differences },
  );
}

/** T5: no biases, relative positions in the first layer of each stack, heads whose width need not add up to the model's. */
export function t5(
  name: string,
  size: { layers: number; hidden: number; heads: number; headDim?: number; ffn: number },
): ModelSpec {
  const { headDim = 64, ...rest } = size;
  return {
    name,
    architecture: 'encoder-decoder',
    ...rest,
    decoderLayers: size.layers,
    kvHeads: size.heads,
    headDim,
    vocab: 32_128,
    maxPositions: 512,
    positions: 'none',
    relativeBuckets: 32,
    norm: 'rmsnorm',
    activation: 'relu',
    bias: false,
    tiedHead: true,
  };
}

/** BART: BERT's layers in both stacks, a table of positions with two rows to spare for each. */
export function bart(
  name: string,
  size: { layers: number; hidden: number; heads: number },
): ModelSpec {
  const { hidden, heads } = size;
  return {
    name,
    architecture: 'encoder-decoder',
    ...size,
    decoderLayers: size.layers,
    kvHeads: heads,
    headDim: hidden / heads,
    ffn: 4 * hidden,
    vocab: 50_265,
    maxPositions: 1026,
    positions: 'learned',
    norm: 'layernorm',
    activation: 'gelu',
    bias: true,
    tiedHead: true,
    postNorm: true,
  };
}

/** DeepSeek V2 and V3: latent attention and many small experts, some of them for every token. */
export function deepseek(
  name: string,
  size: {
    layers: number;
    hidden: number;
    heads: number;
    ffn: number;
    vocab: number;
    queryRank: number | null;
    experts: NonNullable<ModelSpec['experts']>;
  },
): ModelSpec {
  const { queryRank, ...rest } = size;
  return llama(
    name,
    { ...rest, maxPositions: 163_840 },
    {
      headDim: 192,
      latentAttention: { queryRank, kvRank: 512, ropeDim: 64, plainDim: 128, valueDim: 128 },
    },
  );
}
