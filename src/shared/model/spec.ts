/**
 * What a transformer is and what a run of it does: the two inputs of every formula in Plumbline.
 * Symbols of the formulas: L layers, d hidden, h heads, d_ff ffn, V vocab, B batch, n seq.
 */
import type { Checkpointing } from './checkpointing';
import type {
  Backend,
  CACHE_GROWTHS,
  Framework,
  LORA_TARGETS,
  LOSSES,
  Mode,
  Offload,
  Optimizer,
  Precision,
} from './choices';

export type { Checkpointing } from './checkpointing';
export * from './choices';
export type { Experts, LatentAttention, ModelSpec } from './model-spec';

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
