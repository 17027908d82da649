/** Mixtures of experts. */
import { BF16, type ConfiguredRelease, type Fields, sizes } from './fields';

const FP8_BLOCKS = {
  quantization_config: { quant_method: 'fp8', weight_block_size: [128, 128] },
};
const MXFP4 = { quantization_config: { quant_method: 'mxfp4' } };

const qwenExperts = (of: Fields, differences: Fields): Fields => ({
  model_type: 'qwen3_moe',
  architectures: ['Qwen3MoeForCausalLM'],
  ...BF16,
  head_dim: 128,
  num_experts_per_tok: 8,
  ...of,
  ...differences,
});
const deepseek = (of: Fields, differences: Fields): Fields => ({
  model_type: 'deepseek_v3',
  architectures: ['DeepseekV3ForCausalLM'],
  ...BF16,
  kv_lora_rank: 512,
  qk_rope_head_dim: 64,
  qk_nope_head_dim: 128,
  v_head_dim: 128,
  ...of,
  ...differences,
});

/** Of every Qwen3.5, dense or not: what is left out is as its configuration class has it. */
const qwen35 = (kind: string, className: string, text: Fields): Fields => ({
  model_type: kind,
  architectures: [className],
  vision_config: {},
  tie_word_embeddings: false,
  text_config: { model_type: `${kind}_text`, ...BF16, head_dim: 256, ...text },
});

/** Copies of config.json that a planner of deployments carries. */
const CARRIED =
  'github.com/ai-dynamo/aiconfigurator aic-core/src/aiconfigurator_core/model_configs @095f58a';

export const EXPERTS: Readonly<Record<string, ConfiguredRelease>> = {
  'llama-4-scout': {
    id: 'meta-llama/Llama-4-Scout-17B-16E',
    config: {
      model_type: 'llama4',
      architectures: ['Llama4ForConditionalGeneration'],
      ...BF16,
      vision_config: {},
      text_config: {
        model_type: 'llama4_text',
        ...sizes(5120, 48, 40, 8, 8192, 202_048, 10_485_760),
        head_dim: 128,
        intermediate_size_mlp: 16_384,
        num_local_experts: 16,
        num_experts_per_tok: 1,
        interleave_moe_layer_step: 1,
      },
    },
  },
  'qwen3-235b-a22b': {
    id: 'Qwen/Qwen3-235B-A22B',
    read: CARRIED,
    config: qwenExperts(sizes(4096, 94, 64, 4, 12_288, 151_936, 40_960), {
      moe_intermediate_size: 1536,
      num_experts: 128,
    }),
  },
  'qwen3-coder-480b-a35b': {
    id: 'Qwen/Qwen3-Coder-480B-A35B-Instruct',
    read: CARRIED,
    config: qwenExperts(sizes(6144, 62, 96, 8, 8192, 151_936, 262_144), {
      moe_intermediate_size: 2560,
      num_experts: 160,
    }),
  },
  'qwen3-next-80b-a3b': {
    id: 'Qwen/Qwen3-Next-80B-A3B-Instruct',
    config: {
      model_type: 'qwen3_next',
      architectures: ['Qwen3NextForCausalLM'],
      ...BF16,
      ...sizes(2048, 48, 16, 2, 5120, 151_936, 262_144),
      head_dim: 256,
      moe_intermediate_size: 512,
      shared_expert_intermediate_size: 512,
      num_experts: 512,
      num_experts_per_tok: 10,
      linear_num_key_heads: 16,
      linear_num_value_heads: 32,
      linear_key_head_dim: 128,
      linear_value_head_dim: 128,
      linear_conv_kernel_dim: 4,
      full_attention_interval: 4,
    },
  },
  'qwen3.5-27b': {
    id: 'Qwen/Qwen3.5-27B',
    config: qwen35('qwen3_5', 'Qwen3_5ForConditionalGeneration', {
      ...sizes(5120, 64, 24, 4, 17_408, 248_320, 262_144),
      linear_num_value_heads: 48,
    }),
  },
  'qwen3.5-35b-a3b': {
    id: 'Qwen/Qwen3.5-35B-A3B',
    config: qwen35('qwen3_5_moe', 'Qwen3_5MoeForConditionalGeneration', {
      ...sizes(2048, 40, 16, 2, 512, 248_320, 262_144),
      moe_intermediate_size: 512,
      shared_expert_intermediate_size: 512,
      num_experts: 256,
      num_experts_per_tok: 8,
    }),
  },
  'qwen3.5-397b-a17b': {
    id: 'Qwen/Qwen3.5-397B-A17B',
    config: qwen35('qwen3_5_moe', 'Qwen3_5MoeForConditionalGeneration', {
      ...sizes(4096, 60, 32, 2, 1024, 248_320, 262_144),
      moe_intermediate_size: 1024,
      shared_expert_intermediate_size: 1024,
      num_experts: 512,
      num_experts_per_tok: 10,
      linear_num_value_heads: 64,
    }),
  },
  'phi-3.5-moe': {
    id: 'microsoft/Phi-3.5-MoE-instruct',
    config: {
      model_type: 'phimoe',
      architectures: ['PhiMoEForCausalLM'],
      ...BF16,
      ...sizes(4096, 32, 32, 8, 6400, 32_064, 131_072),
      num_local_experts: 16,
      num_experts_per_tok: 2,
      attention_bias: true,
      lm_head_bias: true,
    },
  },
  'gpt-oss-20b': {
    id: 'openai/gpt-oss-20b',
    config: {
      model_type: 'gpt_oss',
      architectures: ['GptOssForCausalLM'],
      ...BF16,
      ...MXFP4,
      ...sizes(2880, 24, 64, 8, 2880, 201_088, 131_072),
      head_dim: 64,
      num_local_experts: 32,
      num_experts_per_tok: 4,
      sliding_window: 128,
    },
  },
  'gpt-oss-120b': {
    id: 'openai/gpt-oss-120b',
    config: {
      model_type: 'gpt_oss',
      architectures: ['GptOssForCausalLM'],
      ...BF16,
      ...MXFP4,
      ...sizes(2880, 36, 64, 8, 2880, 201_088, 131_072),
      head_dim: 64,
      num_local_experts: 128,
      num_experts_per_tok: 4,
      sliding_window: 128,
    },
  },
  'deepseek-v2': {
    id: 'deepseek-ai/DeepSeek-V2',
    same: ['deepseek-ai/DeepSeek-V2-Chat', 'deepseek-ai/DeepSeek-V2.5'],
    config: deepseek(sizes(5120, 60, 128, 128, 12_288, 102_400, 163_840), {
      model_type: 'deepseek_v2',
      architectures: ['DeepseekV2ForCausalLM'],
      moe_intermediate_size: 1536,
      n_routed_experts: 160,
      n_shared_experts: 2,
      num_experts_per_tok: 6,
      first_k_dense_replace: 1,
      q_lora_rank: 1536,
    }),
  },
  'kimi-k2': {
    id: 'moonshotai/Kimi-K2-Instruct',
    same: ['moonshotai/Kimi-K2-Base', 'moonshotai/Kimi-K2-Instruct-0905'],
    config: deepseek(sizes(7168, 61, 64, 64, 18_432, 163_840, 131_072), {
      model_type: 'kimi_k2',
      ...FP8_BLOCKS,
      moe_intermediate_size: 2048,
      n_routed_experts: 384,
      n_shared_experts: 1,
      num_experts_per_tok: 8,
      first_k_dense_replace: 1,
      q_lora_rank: 1536,
    }),
  },
  'moonlight-16b-a3b': {
    id: 'moonshotai/Moonlight-16B-A3B',
    config: deepseek(sizes(2048, 27, 16, 16, 11_264, 163_840, 8192), {
      moe_intermediate_size: 1408,
      n_routed_experts: 64,
      n_shared_experts: 2,
      num_experts_per_tok: 6,
      first_k_dense_replace: 1,
      q_lora_rank: null,
    }),
  },
  'glm-4.5-air': {
    id: 'zai-org/GLM-4.5-Air',
    config: {
      model_type: 'glm4_moe',
      architectures: ['Glm4MoeForCausalLM'],
      ...BF16,
      ...sizes(4096, 46, 96, 8, 10_944, 151_552, 131_072),
      head_dim: 128,
      moe_intermediate_size: 1408,
      n_routed_experts: 128,
      n_shared_experts: 1,
      num_experts_per_tok: 8,
      first_k_dense_replace: 1,
      attention_bias: true,
      use_qk_norm: false,
    },
  },
  'glm-4.5': {
    id: 'zai-org/GLM-4.5',
    same: ['zai-org/GLM-4.6'],
    config: {
      model_type: 'glm4_moe',
      architectures: ['Glm4MoeForCausalLM'],
      ...BF16,
      ...sizes(5120, 92, 96, 8, 12_288, 151_552, 131_072),
      head_dim: 128,
      moe_intermediate_size: 1536,
      n_routed_experts: 160,
      n_shared_experts: 1,
      num_experts_per_tok: 8,
      first_k_dense_replace: 3,
      attention_bias: true,
      use_qk_norm: true,
    },
  },
  'glm-4.7-flash': {
    id: 'zai-org/GLM-4.7-Flash',
    read: 'github.com/ai-dynamo/aiconfigurator src/aiconfigurator/model_configs @19d098a',
    config: {
      model_type: 'glm4_moe_lite',
      architectures: ['Glm4MoeLiteForCausalLM'],
      ...BF16,
      ...sizes(2048, 47, 20, 20, 10_240, 154_880, 202_752),
      kv_lora_rank: 512,
      q_lora_rank: 768,
      qk_rope_head_dim: 64,
      qk_nope_head_dim: 192,
      v_head_dim: 256,
      moe_intermediate_size: 1536,
      n_routed_experts: 64,
      n_shared_experts: 1,
      num_experts_per_tok: 4,
      first_k_dense_replace: 1,
    },
  },
  'minimax-m2': {
    id: 'MiniMaxAI/MiniMax-M2',
    config: {
      model_type: 'minimax_m2',
      architectures: ['MiniMaxM2ForCausalLM'],
      ...BF16,
      ...FP8_BLOCKS,
      ...sizes(3072, 62, 48, 8, 1536, 200_064, 196_608),
      head_dim: 128,
      num_local_experts: 256,
      num_experts_per_tok: 8,
    },
  },
  dbrx: {
    id: 'databricks/dbrx-base',
    same: ['databricks/dbrx-instruct'],
    config: {
      model_type: 'dbrx',
      architectures: ['DbrxForCausalLM'],
      ...BF16,
      d_model: 6144,
      n_heads: 48,
      n_layers: 40,
      max_seq_len: 32_768,
      vocab_size: 100_352,
      attn_config: { kv_n_heads: 8 },
      ffn_config: { ffn_hidden_size: 10_752, moe_num_experts: 16, moe_top_k: 4 },
    },
  },
  'olmoe-1b-7b': {
    id: 'allenai/OLMoE-1B-7B-0924',
    config: {
      model_type: 'olmoe',
      architectures: ['OlmoeForCausalLM'],
      ...BF16,
      ...sizes(2048, 16, 16, 16, 1024, 50_304, 4096),
      num_experts: 64,
      num_experts_per_tok: 8,
    },
  },
};
