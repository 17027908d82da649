/**
 * How the families of Hugging Face checkpoints that the bundled workload reads are laid out: which of our parameters lies
 * where, how its matrices lie, and what config.json must say for the numbers to be right. Names are without the prefix
 * that models with a head put before the model itself.
 */
import type { ModelSpec } from '../../shared/model/spec';

export interface CheckpointLayout {
  readonly family: string;
  readonly modelType: string;
  readonly architecture: ModelSpec['architecture'];
  readonly prefix: string;
  /** The modules outside the layers, by the name our parameter begins with. */
  readonly outer: Readonly<Record<string, string>>;
  /** What stands before a layer's number, and the modules of a layer. */
  readonly layers: string;
  readonly layer: Readonly<Record<string, string>>;
  /** Conv1D has [in, out] as we do, torch's Linear [out, in]. */
  readonly matrices: '[in, out]' | '[out, in]';
  /** Query, key and value are one matrix, side by side. */
  readonly joint: boolean;
  /** Modules of a head for masked words: a dense layer, a norm, a table [V, d] if not the embedding, a bias; null where the family has none. */
  readonly maskedHead: Readonly<Record<string, string>> | null;
  /** A head that must be the embedding, where one is saved. */
  readonly tiedHead: string | null;
  /** What may lie beside: buffers, and heads for tasks that a run has no use for. */
  readonly beside: RegExp;
  /** Fields of config.json that hold the model's sizes. */
  readonly sizes: Readonly<Partial<Record<keyof ModelSpec, string>>>;
  /** What config.json must say where it says anything. */
  required(model: ModelSpec): Readonly<Record<string, readonly unknown[]>>;
}

export const GPT2: CheckpointLayout = {
  family: 'GPT-2',
  modelType: 'gpt2',
  architecture: 'decoder',
  prefix: 'transformer.',
  outer: { tokens: 'wte', positions: 'wpe', finalNorm: 'ln_f' },
  layers: 'h.',
  layer: {
    norm1: 'ln_1',
    norm2: 'ln_2',
    query: 'attn.c_attn',
    key: 'attn.c_attn',
    value: 'attn.c_attn',
    projection: 'attn.c_proj',
    up: 'mlp.c_fc',
    down: 'mlp.c_proj',
  },
  matrices: '[in, out]',
  joint: true,
  maskedHead: null,
  tiedHead: 'lm_head.weight',
  beside:
    /^(h\.\d+\.attn\.(bias|masked_bias)|lm_head\.weight|(score|classifier|multiple_choice_head)\..+)$/,
  sizes: {
    layers: 'n_layer',
    hidden: 'n_embd',
    heads: 'n_head',
    ffn: 'n_inner',
    vocab: 'vocab_size',
    maxPositions: 'n_positions',
  },
  required: () => ({
    activation_function: ['gelu_new', 'gelu_pytorch_tanh', 'gelu_fast'],
    layer_norm_epsilon: [1e-5],
    scale_attn_weights: [true],
    scale_attn_by_inverse_layer_idx: [false],
    tie_word_embeddings: [true],
  }),
};

const BERT: CheckpointLayout = {
  family: 'BERT',
  modelType: 'bert',
  architecture: 'encoder',
  prefix: 'bert.',
  outer: {
    tokens: 'embeddings.word_embeddings',
    positions: 'embeddings.position_embeddings',
    types: 'embeddings.token_type_embeddings',
    embeddingNorm: 'embeddings.LayerNorm',
    pooler: 'pooler.dense',
  },
  layers: 'encoder.layer.',
  layer: {
    query: 'attention.self.query',
    key: 'attention.self.key',
    value: 'attention.self.value',
    projection: 'attention.output.dense',
    norm1: 'attention.output.LayerNorm',
    up: 'intermediate.dense',
    down: 'output.dense',
    norm2: 'output.LayerNorm',
  },
  matrices: '[out, in]',
  joint: false,
  maskedHead: {
    transform: 'cls.predictions.transform.dense',
    norm: 'cls.predictions.transform.LayerNorm',
    decoder: 'cls.predictions.decoder',
    head: 'cls.predictions',
  },
  tiedHead: null,
  // TinyBERT's fit_dense maps its states to the teacher's width.
  beside:
    /^(embeddings\.(position_ids|token_type_ids)|pooler\.dense\.(weight|bias)|(cls|classifier|qa_outputs|fit_denses?)\..+)$/,
  sizes: {
    layers: 'num_hidden_layers',
    hidden: 'hidden_size',
    heads: 'num_attention_heads',
    ffn: 'intermediate_size',
    vocab: 'vocab_size',
    maxPositions: 'max_position_embeddings',
    tokenTypes: 'type_vocab_size',
  },
  required: (model) => ({
    hidden_act: activations(model),
    layer_norm_eps: [1e-12],
    position_embedding_type: ['absolute'],
    is_decoder: [false],
  }),
};

const DISTILBERT: CheckpointLayout = {
  family: 'DistilBERT',
  modelType: 'distilbert',
  architecture: 'encoder',
  prefix: 'distilbert.',
  outer: {
    tokens: 'embeddings.word_embeddings',
    positions: 'embeddings.position_embeddings',
    embeddingNorm: 'embeddings.LayerNorm',
  },
  layers: 'transformer.layer.',
  layer: {
    query: 'attention.q_lin',
    key: 'attention.k_lin',
    value: 'attention.v_lin',
    projection: 'attention.out_lin',
    norm1: 'sa_layer_norm',
    up: 'ffn.lin1',
    down: 'ffn.lin2',
    norm2: 'output_layer_norm',
  },
  matrices: '[out, in]',
  joint: false,
  maskedHead: {
    transform: 'vocab_transform',
    norm: 'vocab_layer_norm',
    decoder: 'vocab_projector',
    head: 'vocab_projector',
  },
  tiedHead: null,
  beside:
    /^(embeddings\.position_ids|(vocab_transform|vocab_layer_norm|vocab_projector|pre_classifier|classifier|qa_outputs)\..+)$/,
  sizes: {
    layers: 'n_layers',
    hidden: 'dim',
    heads: 'n_heads',
    ffn: 'hidden_dim',
    vocab: 'vocab_size',
    maxPositions: 'max_position_embeddings',
  },
  required: (model) => ({ activation: activations(model) }),
};

export const LAYOUTS: readonly CheckpointLayout[] = [GPT2, BERT, DISTILBERT];

/** What an encoder's config.json may call the function that the workload computes for this model. */
function activations({ activation, activationComposed }: ModelSpec): readonly string[] {
  if (activation === 'relu') return ['relu'];
  return activationComposed ? ['gelu_new', 'gelu_fast'] : ['gelu'];
}
