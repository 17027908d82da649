/**
 * Fields of a config.json that no family reads. Most of them change no size: rates, tokens, positions' frequencies, how
 * something is sampled. One whose name speaks of sizes, counts, biases or norms might, and then the file describes a model
 * that nobody here has counted: it is refused by that name.
 */
import { Failure } from '../base/failure';

/** Words that a size-changing field has in its name. */
const SIZES =
  /size|dim|layers?(_|$)|heads?(_|$)|experts?|width|rank|ffn|hidden|bias(_|$)|norm|tie_|_step|embed|proj|conv|kernel|blocks?(_|$)|expansion|groups?(_|$)|memory|^n_|depth|ratio|adapter|lora|altup|laurel|mtp|nextn/;

/** Fields with such words that change no weight of the models known here. */
const HARMLESS = new Set([
  ...['_name_or_path', 'architectures', 'auto_map', 'attn_implementation', '_attn_implementation'],
  ...['chunk_size_feed_forward', 'initializer_range', 'embedding_initializer_range', 'init_std'],
  ...[
    'hidden_act',
    'hidden_activation',
    'hidden_dropout_prob',
    'hidden_dropout',
    'output_hidden_states',
  ],
  ...[
    'embd_pdrop',
    'embed_dropout',
    'embedding_dropout',
    'attn_pdrop',
    'resid_pdrop',
    'ffn_dropout',
  ],
  ...[
    'classifier_dropout_prob',
    'pooler_dropout',
    'pooler_hidden_act',
    'encoder_layerdrop',
    'decoder_layerdrop',
    'layerdrop',
  ],
  ...[
    'layer_norm_eps',
    'layer_norm_epsilon',
    'rms_norm_eps',
    'norm_eps',
    'layernorm_epsilon',
    'norm_epsilon',
    'layer_norm_rms_epsilon',
  ],
  ...[
    'norm_topk_prob',
    'norm_type',
    'normalize_router_prob',
    'moe_norm_min',
    'use_cache',
    'max_window_layers',
    'sliding_window_size',
  ],
  ...[
    'n_group',
    'topk_group',
    'num_expert_groups',
    'expert_capacity',
    'num_beams',
    'num_beam_groups',
    'num_return_sequences',
  ],
  ...['no_repeat_ngram_size', 'encoder_no_repeat_ngram_size', 'temperature', 'length_penalty'],
  ...[
    'embedding_multiplier',
    'embedding_fraction',
    'scale_embedding',
    'normalize_embedding',
    'normalize_before',
    'add_final_layer_norm',
    'add_bias_logits',
    'scale_attn_by_inverse_layer_idx',
    'classif_dropout',
  ],
  ...['is_encoder_decoder', 'is_decoder', 'num_labels', 'label2id', 'id2label', 'vocab_file_size'],
  // What attention reads of positions, and how much of a head is rotated.
  ...[
    'rope_dim',
    'rotary_dim',
    'rotary_pct',
    'partial_rotary_factor',
    'rotary_emb_base',
    'rotary_embedding_base',
    'rope_ratio',
    'original_max_position_embeddings',
  ],
  ...[
    'relative_attention_max_distance',
    'position_embedding_type',
    'no_rope_layers',
    'no_rope_layer_interval',
    'window_size',
    'attention_chunk_size',
    'block_size',
    'seq_length',
    'model_max_length',
    'max_sequence_length',
  ],
  ...[
    'rope_interleave',
    'first_last_layer_scale',
    'pre_seq_len',
    'pretraining_tp',
    'tensor_parallel_size',
  ],
  // Modules that a causal language model is built without: transformers leaves the predictors of further tokens out.
  ...[
    'num_nextn_predict_layers',
    'num_mtp_layers',
    'mtp_num_layers',
    'n_predict',
    'ep_size',
    'moe_layer_freq',
    'aux_loss_alpha',
  ],
  ...[
    'bos_token_id',
    'forced_bos_token_id',
    'layer_types',
    'attention_layers',
    'attn_type_list',
    'qk_head_dim',
    'head_dim',
  ],
  ...[
    'full_attn_alpha_factor',
    'query_pre_attn_scalar',
    'embd_layer_norm',
    'layernorm_full_attention_alpha',
    'scale_depth',
    'dim_model_base',
  ],
  ...[
    'n_special',
    'nm_tokens',
    'task_specific_params',
    'n_ctx',
    'torch_dtype',
    'dtype',
    'logit_scale',
    'use_parallel_residual',
    'hidden_size_per_layer',
  ],
  ...[
    'use_bidirectional_attention',
    'sparse_prediction',
    'classifier_activation',
    'classifier_pooling',
    'compile_block_attention',
  ],
  ...[
    'num_hidden_layers',
    'num_attention_heads',
    'num_key_value_heads',
    'hidden_size',
    'intermediate_size',
    'vocab_size',
    'max_position_embeddings',
    'tie_word_embeddings',
  ],
  ...[
    'conv_act',
    'dense_act_fn',
    'is_gated_act',
    'embedding_size',
    'summary_use_proj',
    'summary_proj_to_labels',
    'summary_type',
    'summary_activation',
    'gradient_checkpointing',
  ],
]);

/** Refuses the fields of `json` that are in no set of `read` names, might change a size and are set to something. */
export function refuseUnreadSizes(
  json: Readonly<Record<string, unknown>>,
  read: ReadonlySet<string>,
): void {
  for (const [field, value] of Object.entries(json)) {
    if (read.has(field) || HARMLESS.has(field) || !SIZES.test(field) || isUnset(value)) continue;
    throw new Failure(
      'bad_input',
      `The model file has ${field} ${JSON.stringify(value)?.slice(0, 60)}, which may change the size of the model, and Plumbline does not know how.`,
      'Leave the field out of the file if it changes no weight of this model.',
    );
  }
}

function isUnset(value: unknown): boolean {
  if (value === null || value === undefined || value === false || value === 0) return true;
  return typeof value === 'object' && Object.keys(value).length === 0;
}
