/**
 * What a transformer is and what a run of it does: the two inputs of every formula in Plumbline.
 * Symbols of the formulas: L layers, d hidden, h heads, d_ff ffn, V vocab, B batch, n seq.
 */

export interface ModelSpec {
  readonly name: string;
  readonly architecture: 'decoder' | 'encoder' | 'encoder-decoder';
  readonly layers: number;
  readonly hidden: number;
  readonly heads: number;
  /** Key-value heads: equal to `heads` for MHA, 1 for MQA. */
  readonly kvHeads: number;
  readonly headDim: number;
  readonly ffn: number;
  readonly vocab: number;
  /** Length of the position table, and the longest sequence the model takes. */
  readonly maxPositions: number;
  readonly positions: 'learned' | 'rotary' | 'none';
  readonly norm: 'layernorm' | 'rmsnorm';
  readonly activation: 'gelu' | 'relu' | 'swiglu';
  readonly bias: boolean;
  /** The output projection shares the embedding matrix. */
  readonly tiedHead: boolean;
  /** An output projection to the vocabulary. Left out: decoders have one, encoders do not. */
  readonly lmHead?: boolean;
  /** Biases of the query, key and value projections where they differ from `bias` (Qwen2: true, and no other bias). */
  readonly qkvBias?: boolean;
  /** A norm over each head's queries and keys (Qwen3): two vectors of head width a layer. */
  readonly qkNorm?: boolean;
  /** Rows of the segment table (BERT: 2). */
  readonly tokenTypes?: number;
  /** A norm after the embeddings and none after the last layer (BERT: post-norm). */
  readonly postNorm?: boolean;
  /** Norms of a layer where they are not two: one where attention and feed-forward run side by side (Falcon, Phi, GPT-J), four where their outputs are normalized too (Gemma 2). */
  readonly layerNorms?: 1 | 4;
  /** A dense layer d·d with bias over the first token (BERT). */
  readonly pooler?: boolean;
  /** The activation written out operation by operation (Hugging Face's gelu_new) instead of one kernel. */
  readonly activationComposed?: boolean;
  /** Layers attend to this many tokens at most (Mistral, Mixtral). */
  readonly slidingWindow?: number;
  /** Encoder-decoder: layers of the decoder, each with cross-attention; `layers` are the encoder's. */
  readonly decoderLayers?: number;
  /** Encoder-decoder: buckets of the relative position bias of the first layer of each stack (T5: 32). */
  readonly relativeBuckets?: number;
  readonly experts?: Experts;
  readonly latentAttention?: LatentAttention;
}

/** Mixture of experts: the feed-forward network of a layer is chosen among several. */
export interface Experts {
  readonly total: number;
  /** Experts a token passes through. */
  readonly active: number;
  /** Inner width of one expert. */
  readonly ffn: number;
  /** Inner width of the network every token passes through besides (DeepSeek: shared experts). */
  readonly sharedFfn?: number;
  /** Layers at the start that are dense, of width `ModelSpec.ffn`. */
  readonly denseLayers?: number;
  /** A learned or balanced offset for each expert in the router (DeepSeek-V3). */
  readonly routerBias?: boolean;
}

/** Multi-head latent attention (DeepSeek): keys and values are kept as one low-rank vector a token. */
export interface LatentAttention {
  /** Rank of the query's compression; null where queries are projected at once. */
  readonly queryRank: number | null;
  readonly kvRank: number;
  /** Rotary and plain width of a query or key head, and the width of a value head. */
  readonly ropeDim: number;
  readonly plainDim: number;
  readonly valueDim: number;
}

export const MODES = ['train', 'generate', 'infer'] as const;
export type Mode = (typeof MODES)[number];
export const PRECISIONS = [
  'fp32',
  'fp16',
  'bf16',
  'mixed-fp16',
  'mixed-bf16',
  'int8',
  'int4',
] as const;
export type Precision = (typeof PRECISIONS)[number];
export const OPTIMIZERS = [
  'adamw',
  'adam',
  'momentum',
  'sgd',
  'adam8bit',
  'adafactor',
  'lion',
  'muon',
] as const;
export type Optimizer = (typeof OPTIMIZERS)[number];
export const FRAMEWORKS = ['tfjs', 'pytorch'] as const;
export type Framework = (typeof FRAMEWORKS)[number];
export const BACKENDS = ['webgpu', 'wasm', 'cpu'] as const;
export type Backend = (typeof BACKENDS)[number];
export const OFFLOADS = ['none', 'optimizer', 'all'] as const;
export type Offload = (typeof OFFLOADS)[number];
export const LOSSES = ['plain', 'in-place', 'fused'] as const;
export const CACHE_GROWTHS = ['append', 'rebuild', 'static'] as const;
export const LORA_TARGETS = ['query-value', 'all-linear'] as const;
export type Checkpointing = 'none' | 'full' | 'selective' | `every=${number}`;

export interface RunSpec {
  readonly mode: Mode;
  /** Sequences per micro-batch and rank (B). */
  readonly batch: number;
  /** Tokens per sequence (n). For generation: prompt plus generated tokens. */
  readonly seq: number;
  /** Generation only: tokens of the prompt, taken in by prefill. */
  readonly promptTokens: number;
  /** Generation only: tokens produced. */
  readonly tokens: number;
  readonly kvCache: boolean;
  /**
   * How the cache takes in a token. append (left out): layer by layer, one old tensor beside its successor, as
   * transformers' DynamicCache; rebuild (PyTorch): the whole old cache beside the new, as the tuples of models older
   * than it; static: at full length from the start, written in place.
   */
  readonly cacheGrowth?: (typeof CACHE_GROWTHS)[number];
  readonly precision: Precision;
  readonly kvPrecision: Precision;
  readonly optimizer: Optimizer;
  readonly gradAccum: number;
  readonly checkpointing: Checkpointing;
  readonly attention: 'eager' | 'sdpa' | 'flash';
  readonly causal: boolean;
  readonly framework: Framework;
  /** tfjs only; null until a workload has chosen one. */
  readonly backend: Backend | null;
  /** Training steps. */
  readonly steps: number;
  readonly seed: number;
  /** Generation: the next token is drawn at this temperature. Without it, top-k and top-p, the likeliest is taken. */
  readonly temperature?: number;
  /** Drawn among this many likeliest tokens. */
  readonly topK?: number;
  /** Drawn among the fewest likeliest tokens whose probabilities reach this. */
  readonly topP?: number;
  /** Bundled workload: what the tokens of training are; left out, random. Inference over the text scores the part that training never sees. */
  readonly data?: 'random' | 'text';
  /** Bundled workload: the texts that generation goes on from, one for all sequences or one for each. Left out, random tokens. */
  readonly prompts?: readonly string[];
  /** Sequence lengths of a ragged batch, padded to the longest; `batch` of them. */
  readonly lengths?: readonly number[];
  /** Low-rank adapters: their rank; left out or 0, every weight is trained. */
  readonly loraRank?: number;
  readonly loraTargets?: (typeof LORA_TARGETS)[number];
  /** The first so many layers and the embeddings, a head tied to them too, are not trained; left out or 0, all is. */
  readonly frozenLayers?: number;
  /** Probability of dropout in training; left out, 0. */
  readonly dropout?: number;
  /**
   * How the loss is computed: over all logits at once (plain, left out); by a kernel that leaves the gradient in their
   * place (in-place: Liger, Unsloth, flash-attention); or chunk by chunk with the head (fused).
   */
  readonly loss?: (typeof LOSSES)[number];
  /** PyTorch optimizers: over lists of tensors (left out; Adam then holds one temporary a parameter), or one kernel. */
  readonly optimizerKernel?: 'foreach' | 'fused';
  /** ZeRO stage: 1 shards optimizer states over `dp` ranks, 2 gradients too, 3 parameters too (FSDP). */
  readonly zero?: 0 | 1 | 2 | 3;
  /** Data-parallel, tensor-parallel and pipeline-parallel ranks. */
  readonly dp?: number;
  readonly tp?: number;
  readonly pp?: number;
  /** Pipeline: micro-batches of a step. */
  readonly microBatches?: number;
  /** Tensor parallelism splits what lies between its regions along the sequence. */
  readonly sequenceParallel?: boolean;
  /** Ranks over which experts are spread. */
  readonly expertParallel?: number;
  /** What is kept in host memory: optimizer states and masters, or parameters too. */
  readonly offload?: Offload;
  /** GPU the run is meant for: decides context and workspace. */
  readonly gpu?: string;
}
