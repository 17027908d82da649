/** What a transformer is. Symbols of the formulas: L layers, d hidden, h heads, d_ff ffn, V vocab. */

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
