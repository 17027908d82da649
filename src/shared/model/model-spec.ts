/**
 * What a transformer is. Symbols of the formulas: L layers, d hidden, h heads, d_ff ffn, V vocab.
 *
 * A model is written into session files as it is, so fields are added and never change their meaning; a field that is
 * left out means what it meant before the field was there.
 */
import type { Quantization } from './quantization';

export interface ModelSpec {
  readonly name: string;
  /**
   * Its family in `families/index.ts`, which says how the model's code is written. Left out of sessions recorded before
   * families had names.
   */
  readonly family?: string;
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
  /** learned: a table; rotary: a rotation of queries and keys; none: relative ones, or slopes on the scores (ALiBi). */
  readonly positions: 'learned' | 'rotary' | 'none';
  /** The table of positions holds sines and does not train (Pegasus, Marian). */
  readonly fixedPositions?: boolean;
  readonly norm: 'layernorm' | 'rmsnorm';
  /** Vectors of a norm where they are not those of its kind (LayerNorm 2, RMSNorm 1): 1 without a shift (MPT, Cohere), 0 without a scale too (OLMo). */
  readonly normVectors?: 0 | 1;
  /**
   * swiglu: a gated network of three matrices, whatever the gate's function (`gate`). relu2 is relu squared (Nemotron);
   * xielu has two learned numbers a layer (Apertus).
   */
  readonly activation: 'gelu' | 'relu' | 'silu' | 'relu2' | 'xielu' | 'swiglu';
  /** Function of a gated network's gate; left out, silu. */
  readonly gate?: 'gelu' | 'relu';
  /** The activation, or the gate's, written out operation by operation (Hugging Face's gelu_new) instead of one kernel. */
  readonly activationComposed?: boolean;
  readonly bias: boolean;
  /** Biases of the query, key and value projections where they differ from `bias` (Qwen2: true, and no other bias). */
  readonly qkvBias?: boolean;
  /** The same of attention's output, of the feed-forward network, and of the head, which has none where nothing is said. */
  readonly outputBias?: boolean;
  readonly ffnBias?: boolean;
  readonly headBias?: boolean;
  /** The output projection shares the embedding matrix. */
  readonly tiedHead: boolean;
  /** An output projection to the vocabulary. Left out: decoders have one, encoders do not. */
  readonly lmHead?: boolean;
  /** A dense layer, its activation and a norm before the projection to the vocabulary (BERT's masked-language head). bias: its layer has one where the model has none (Nomic BERT). */
  readonly headTransform?: boolean | 'bias';
  /** A projection to a few labels instead of the vocabulary. */
  readonly classifier?: Classifier;
  /**
   * A norm over queries and keys. true: over each head's, one vector of head width for all (Qwen3); heads: a vector for
   * each head (Cohere, StableLM); width: over all heads' together (OLMo 2).
   */
  readonly qkNorm?: boolean | 'heads' | 'width';
  /** The norms over queries and keys have a shift too (Phi). */
  readonly qkNormBias?: boolean;
  /** Attention and feed-forward network read the same input, and both are added to it at once (GPT-J, NeoX, Falcon, Phi). */
  readonly parallel?: boolean;
  /** Rows of the segment table (BERT: 2). */
  readonly tokenTypes?: number;
  /** Norms after the sums, one after the embeddings and none after the last layer (BERT: post-norm). */
  readonly postNorm?: boolean;
  /** A norm of the embeddings in a model that is not post-norm (BLOOM); first: it stands for the first layer's own too (ModernBERT). */
  readonly embeddingNorm?: boolean | 'first';
  /** No norm after the last layer though the norms come first (OPT-350M has neither). */
  readonly finalNorm?: false;
  /** Norms of a layer where they are not two: one where attention and feed-forward share it (Falcon, Phi, GPT-J), four where their outputs are normalized too (Gemma 2). */
  readonly layerNorms?: 1 | 4;
  /** The two norms stand on the outputs of attention and feed-forward network, none before them (OLMo 2). */
  readonly outputNorms?: boolean;
  /** A dense layer d·d with bias over the first token (BERT). */
  readonly pooler?: boolean;
  /** Width of the embeddings where it is not `hidden`, and the projections between the two (ALBERT, ELECTRA, OPT-350M). */
  readonly embedding?: { readonly width: number; readonly bias: boolean; readonly back: boolean };
  /** Sets of weights that all layers share (ALBERT: 1). */
  readonly sharedLayers?: number;
  /** A learned score a head that takes attention from the tokens (gpt-oss). */
  readonly attentionSinks?: boolean;
  /** Queries are projected twice as wide: the second half gates attention's output (Qwen3-Next). */
  readonly attentionGate?: boolean;
  /** Scores, and logits, are capped by a tanh: cap·tanh(x/cap) (Gemma 2). */
  readonly scoreCap?: boolean;
  readonly logitCap?: boolean;
  /** Layers attend to this many tokens at most (Mistral). */
  readonly slidingWindow?: number;
  /** The same of some of the layers alone (Gemma, gpt-oss). */
  readonly localAttention?: { readonly window: number; readonly layers: number };
  /** Encoder-decoder: layers of the decoder, each with cross-attention; `layers` are the encoder's. */
  readonly decoderLayers?: number;
  /** Buckets of the relative position bias of the first layer of each stack (T5: 32). */
  readonly relativeBuckets?: number;
  /** Every layer has such a bias of its own (UMT5). */
  readonly relativeInEveryLayer?: boolean;
  /** DeBERTa's table of relative positions that attention reads as keys and queries. */
  readonly relativeTable?: {
    readonly rows: number;
    readonly norm: boolean;
    /** How many of content-to-position and position-to-content are scored: none where left out. */
    readonly terms?: number;
  };
  /** Width of the convolution beside the first layer (DeBERTa v2). */
  readonly convolution?: number;
  readonly experts?: Experts;
  readonly latentAttention?: LatentAttention;
  /** Layers over all tokens with heads of a shape of their own, beside those of a window (Gemma 4). */
  readonly globalAttention?: GlobalAttention;
  /** The last layers read the keys and values of earlier ones: how many do, and the width of their network (Gemma 4). */
  readonly sharedKeys?: { readonly layers: number; readonly ffn: number };
  /** A vector a token that each layer is given besides: its width, and the rows of the table behind it (Gemma 4). */
  readonly layerInputs?: { readonly width: number; readonly rows: number };
  readonly linearAttention?: LinearAttention;
  /** The precision it was published in; left out where that is not known. */
  readonly dtype?: 'fp32' | 'fp16' | 'bf16';
  /** Weights are published narrower than `dtype`. */
  readonly quantization?: Quantization;
  /** Parts of the published model that are not counted, by name (vision tower). */
  readonly leftOut?: readonly string[];
}

/** A head for a few labels. */
export interface Classifier {
  readonly labels: number;
  readonly bias: boolean;
  /** A dense layer d·d before it: with a bias, or without one and a norm behind it (ModernBERT). */
  readonly dense?: 'bias' | 'norm';
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
  /** That network is the layer's own: experts read the stream beside it, and all have norms of their own (Gemma 4). */
  readonly beside?: boolean;
  /** That network is scaled by a gate d → 1 (Qwen2-MoE). */
  readonly sharedGate?: boolean;
  /** Layers at the start that are dense, of width `ModelSpec.ffn`. */
  readonly denseLayers?: number;
  /** Further layers that are dense, by their index. */
  readonly denseAt?: readonly number[];
  /** The router, and the networks of the experts, have biases (gpt-oss). */
  readonly routerBias?: boolean;
  readonly bias?: boolean;
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

/** Attention whose heads differ from those of the other layers, which `slidingWindow` holds for. */
export interface GlobalAttention {
  /** Its layers, by their index. */
  readonly layers: readonly number[];
  readonly headDim: number;
  readonly kvHeads: number;
  /** One projection makes keys and values. */
  readonly keysAreValues: boolean;
}

/** Attention of constant state instead of a cache, in some of the layers. */
export interface LinearAttention {
  /** delta: gated delta rule behind a convolution (Qwen3-Next); lightning: decayed sums (MiniMax). */
  readonly kind: 'delta' | 'lightning';
  /** Its layers, by their index. */
  readonly layers: readonly number[];
  readonly keyHeads: number;
  readonly valueHeads: number;
  readonly keyDim: number;
  readonly valueDim: number;
  /** Taps of the convolution; 0 where there is none. */
  readonly convolution: number;
}
