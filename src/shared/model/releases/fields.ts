/** How the files beside this one write a release down: the fields of its config.json, shortened where many name them alike. */
export type Fields = Readonly<Record<string, unknown>>;

/** A release, by its page. */
export interface ReleasePage {
  /** https://huggingface.co/<id>, where its config.json is. */
  readonly id: string;
  /** Ids of releases of the same shape. */
  readonly same?: readonly string[];
  /** Where a copy of the config.json was read and found to give the dtype. */
  readonly read?: string;
}

/** A release whose dtype and quantization stand in its `config`. */
export interface ConfiguredRelease extends ReleasePage {
  readonly config: Fields;
}

/** Copies of config.json that a compiler of models, a benchmark of their layers, a trainer and a planner of deployments carry. */
export const COMPILED = 'github.com/mlc-ai/mlc-llm python/mlc_llm/model/model_preset.py @79d603f';
export const TIMED =
  'github.com/kevinstephano/thunder_model_blocks hf_mistral/mistral_config.py @6447bd7';
export const TRAINED = 'github.com/kohya-ss/sd-scripts library/lumina_util.py @e0fcb51';
export const CARRIED =
  'github.com/ai-dynamo/aiconfigurator aic-core/src/aiconfigurator_core/model_configs @095f58a';

export const BF16 = { torch_dtype: 'bfloat16' };
export const FP16 = { torch_dtype: 'float16' };
export const FP32 = { torch_dtype: 'float32' };

/** Sizes that nearly all decoders name alike. */
export function sizes(
  hidden_size: number,
  num_hidden_layers: number,
  num_attention_heads: number,
  num_key_value_heads: number,
  intermediate_size: number,
  vocab_size: number,
  max_position_embeddings: number,
): Fields {
  return {
    hidden_size,
    num_hidden_layers,
    num_attention_heads,
    num_key_value_heads,
    intermediate_size,
    vocab_size,
    max_position_embeddings,
  };
}
