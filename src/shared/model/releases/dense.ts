/** Decoders whose tokens all pass the same weights. */
import {
  BF16,
  COMPILED,
  type ConfiguredRelease,
  type Fields,
  FP16,
  FP32,
  sizes,
  TIMED,
} from './fields';

const llama = (of: Fields, differences: Fields = {}): Fields => ({
  model_type: 'llama',
  architectures: ['LlamaForCausalLM'],
  ...BF16,
  ...of,
  ...differences,
});
const mistral = (of: Fields, differences: Fields = {}): Fields => ({
  model_type: 'mistral',
  architectures: ['MistralForCausalLM'],
  ...BF16,
  sliding_window: null,
  head_dim: 128,
  ...of,
  ...differences,
});
const phi3 = (of: Fields, differences: Fields = {}): Fields => ({
  model_type: 'phi3',
  architectures: ['Phi3ForCausalLM'],
  ...BF16,
  ...of,
  ...differences,
});
const gemma2 = (of: Fields, differences: Fields = {}): Fields => ({
  model_type: 'gemma2',
  architectures: ['Gemma2ForCausalLM'],
  ...BF16,
  head_dim: 256,
  sliding_window: 4096,
  ...of,
  ...differences,
});
const gemma4 = (of: Fields): Fields => ({
  model_type: 'gemma4',
  architectures: ['Gemma4ForConditionalGeneration'],
  ...BF16,
  vision_config: {},
  text_config: { model_type: 'gemma4_text', head_dim: 256, final_logit_softcapping: 30, ...of },
});
/** Of the two that no phone is meant for. */
const LARGE_GEMMA4 = {
  sliding_window: 1024,
  attention_k_eq_v: true,
  hidden_size_per_layer_input: 0,
};
/** Every `step`-th of `layers` sees all tokens. */
const windowsBut = (layers: number, step: number): readonly string[] =>
  Array.from({ length: layers }, (_, index) =>
    (index + 1) % step === 0 ? 'full_attention' : 'sliding_attention',
  );
const gemma3 = (of: Fields): Fields => ({
  model_type: 'gemma3',
  architectures: ['Gemma3ForConditionalGeneration'],
  ...BF16,
  vision_config: {},
  text_config: { model_type: 'gemma3_text', sliding_window: 1024, ...of },
});

export const DENSE: Readonly<Record<string, ConfiguredRelease>> = {
  'tinyllama-1.1b': {
    id: 'TinyLlama/TinyLlama-1.1B-Chat-v1.0',
    read: COMPILED,
    config: llama(sizes(2048, 22, 32, 4, 5632, 32_000, 2048)),
  },
  'smollm2-135m': {
    id: 'HuggingFaceTB/SmolLM2-135M',
    read: COMPILED,
    config: llama(sizes(576, 30, 9, 3, 1536, 49_152, 8192), { tie_word_embeddings: true }),
  },
  'smollm2-1.7b': {
    id: 'HuggingFaceTB/SmolLM2-1.7B',
    config: llama(sizes(2048, 24, 32, 32, 8192, 49_152, 8192), { tie_word_embeddings: true }),
  },
  'codellama-34b': {
    id: 'codellama/CodeLlama-34b-hf',
    read: COMPILED,
    config: llama(sizes(8192, 48, 64, 8, 22_016, 32_000, 16_384)),
  },
  'yi-34b': {
    id: '01-ai/Yi-34B',
    config: llama(sizes(7168, 60, 56, 8, 20_480, 64_000, 4096)),
  },
  'mistral-7b-v0.3': {
    id: 'mistralai/Mistral-7B-v0.3',
    read: COMPILED,
    same: ['mistralai/Mistral-7B-Instruct-v0.3'],
    config: mistral(sizes(4096, 32, 32, 8, 14_336, 32_768, 32_768)),
  },
  'ministral-8b': {
    id: 'mistralai/Ministral-8B-Instruct-2410',
    config: mistral(sizes(4096, 36, 32, 8, 12_288, 131_072, 32_768), { sliding_window: 32_768 }),
  },
  'mistral-nemo-12b': {
    id: 'mistralai/Mistral-Nemo-Base-2407',
    read: TIMED,
    same: ['mistralai/Mistral-Nemo-Instruct-2407'],
    config: mistral(sizes(5120, 40, 32, 8, 14_336, 131_072, 131_072)),
  },
  'codestral-22b': {
    id: 'mistralai/Codestral-22B-v0.1',
    config: mistral(sizes(6144, 56, 48, 8, 16_384, 32_768, 32_768)),
  },
  'mistral-small-24b': {
    id: 'mistralai/Mistral-Small-24B-Base-2501',
    same: ['mistralai/Mistral-Small-24B-Instruct-2501'],
    config: mistral(sizes(5120, 40, 32, 8, 32_768, 131_072, 32_768)),
  },
  'mistral-large-123b': {
    id: 'mistralai/Mistral-Large-Instruct-2407',
    config: mistral(sizes(12_288, 88, 96, 8, 28_672, 32_768, 131_072)),
  },
  'qwen2-7b': {
    id: 'Qwen/Qwen2-7B',
    read: COMPILED,
    config: {
      model_type: 'qwen2',
      architectures: ['Qwen2ForCausalLM'],
      ...BF16,
      ...sizes(3584, 28, 28, 4, 18_944, 152_064, 131_072),
    },
  },
  'qwen2-72b': {
    id: 'Qwen/Qwen2-72B',
    config: {
      model_type: 'qwen2',
      architectures: ['Qwen2ForCausalLM'],
      ...BF16,
      ...sizes(8192, 80, 64, 8, 29_568, 152_064, 131_072),
    },
  },
  'gemma-2b': {
    id: 'google/gemma-2b',
    read: COMPILED,
    config: {
      model_type: 'gemma',
      architectures: ['GemmaForCausalLM'],
      ...BF16,
      ...sizes(2048, 18, 8, 1, 16_384, 256_000, 8192),
      head_dim: 256,
    },
  },
  'gemma-7b': {
    id: 'google/gemma-7b',
    config: {
      model_type: 'gemma',
      architectures: ['GemmaForCausalLM'],
      ...BF16,
      ...sizes(3072, 28, 16, 16, 24_576, 256_000, 8192),
      head_dim: 256,
    },
  },
  // Base models are in fp32, and those tuned to instructions in bf16.
  'gemma-2-27b': {
    id: 'google/gemma-2-27b',
    config: gemma2(sizes(4608, 46, 32, 16, 36_864, 256_000, 8192), { head_dim: 128, ...FP32 }),
  },
  'gemma-2-2b-it': {
    id: 'google/gemma-2-2b-it',
    read: COMPILED,
    config: gemma2(sizes(2304, 26, 8, 4, 9216, 256_000, 8192)),
  },
  'gemma-2-9b-it': {
    id: 'google/gemma-2-9b-it',
    read: COMPILED,
    config: gemma2(sizes(3584, 42, 16, 8, 14_336, 256_000, 8192)),
  },
  'gemma-2-27b-it': {
    id: 'google/gemma-2-27b-it',
    read: COMPILED,
    config: gemma2(sizes(4608, 46, 32, 16, 36_864, 256_000, 8192), { head_dim: 128 }),
  },
  'gemma-3-1b': {
    id: 'google/gemma-3-1b-pt',
    read: COMPILED,
    same: ['google/gemma-3-1b-it'],
    config: {
      model_type: 'gemma3_text',
      architectures: ['Gemma3ForCausalLM'],
      ...BF16,
      ...sizes(1152, 26, 4, 1, 6912, 262_144, 32_768),
      head_dim: 256,
      sliding_window: 512,
    },
  },
  'gemma-3-4b': {
    id: 'google/gemma-3-4b-pt',
    same: ['google/gemma-3-4b-it'],
    config: gemma3({ ...sizes(2560, 34, 8, 4, 10_240, 262_208, 131_072), head_dim: 256 }),
  },
  'gemma-3-12b': {
    id: 'google/gemma-3-12b-pt',
    same: ['google/gemma-3-12b-it'],
    config: gemma3({ ...sizes(3840, 48, 16, 8, 15_360, 262_208, 131_072), head_dim: 256 }),
  },
  'gemma-3-27b': {
    id: 'google/gemma-3-27b-pt',
    same: ['google/gemma-3-27b-it'],
    config: gemma3({ ...sizes(5376, 62, 32, 16, 21_504, 262_208, 131_072), head_dim: 128 }),
  },
  'gemma-4-e2b': {
    id: 'google/gemma-4-E2B',
    same: ['google/gemma-4-E2B-it'],
    config: gemma4({
      ...sizes(1536, 35, 8, 1, 6144, 262_144, 131_072),
      sliding_window: 512,
      num_kv_shared_layers: 20,
      use_double_wide_mlp: true,
      layer_types: windowsBut(35, 5),
    }),
  },
  'gemma-4-e4b': {
    id: 'google/gemma-4-E4B',
    same: ['google/gemma-4-E4B-it'],
    config: gemma4({
      ...sizes(2560, 42, 8, 2, 10_240, 262_144, 131_072),
      sliding_window: 512,
      num_kv_shared_layers: 18,
    }),
  },
  'gemma-4-31b': {
    id: 'google/gemma-4-31B',
    same: ['google/gemma-4-31B-it'],
    config: gemma4({
      ...sizes(5376, 60, 32, 16, 21_504, 262_144, 262_144),
      ...LARGE_GEMMA4,
      num_global_key_value_heads: 4,
    }),
  },
  'gemma-4-26b-a4b': {
    id: 'google/gemma-4-26B-A4B',
    same: ['google/gemma-4-26B-A4B-it'],
    config: gemma4({
      ...sizes(2816, 30, 16, 8, 2112, 262_144, 262_144),
      ...LARGE_GEMMA4,
      num_global_key_value_heads: 2,
      enable_moe_block: true,
      num_experts: 128,
      top_k_experts: 8,
      moe_intermediate_size: 704,
    }),
  },
  'phi-2': {
    id: 'microsoft/phi-2',
    read: COMPILED,
    config: {
      model_type: 'phi',
      architectures: ['PhiForCausalLM'],
      ...FP16,
      ...sizes(2560, 32, 32, 32, 10_240, 51_200, 2048),
      partial_rotary_factor: 0.4,
    },
  },
  'phi-3-mini': {
    id: 'microsoft/Phi-3-mini-4k-instruct',
    same: ['microsoft/Phi-3-mini-4k'],
    config: phi3(sizes(3072, 32, 32, 32, 8192, 32_064, 4096), { sliding_window: 2047 }),
  },
  'phi-3-medium': {
    id: 'microsoft/Phi-3-medium-4k-instruct',
    config: phi3(sizes(5120, 40, 40, 10, 17_920, 32_064, 4096), { sliding_window: 2047 }),
  },
  'phi-3.5-mini': {
    id: 'microsoft/Phi-3.5-mini-instruct',
    read: COMPILED,
    config: phi3(sizes(3072, 32, 32, 32, 8192, 32_064, 131_072), { sliding_window: 262_144 }),
  },
  'phi-4': {
    id: 'microsoft/phi-4',
    config: phi3(sizes(5120, 40, 40, 10, 17_920, 100_352, 16_384)),
  },
  'phi-4-mini': {
    id: 'microsoft/Phi-4-mini-instruct',
    read: COMPILED,
    config: phi3(sizes(3072, 32, 24, 8, 8192, 200_064, 131_072), {
      tie_word_embeddings: true,
      partial_rotary_factor: 0.75,
      sliding_window: 262_144,
    }),
  },
  'glm-4-9b': {
    id: 'zai-org/glm-4-9b-hf',
    config: {
      model_type: 'glm',
      architectures: ['GlmForCausalLM'],
      ...BF16,
      ...sizes(4096, 40, 32, 2, 13_696, 151_552, 8192),
      head_dim: 128,
      attention_bias: true,
    },
  },
  'command-r': {
    id: 'CohereLabs/c4ai-command-r-v01',
    config: {
      model_type: 'cohere',
      architectures: ['CohereForCausalLM'],
      ...FP16,
      ...sizes(8192, 40, 64, 64, 22_528, 256_000, 8192),
    },
  },
  'command-r-plus': {
    id: 'CohereLabs/c4ai-command-r-plus',
    config: {
      model_type: 'cohere',
      architectures: ['CohereForCausalLM'],
      ...FP16,
      ...sizes(12_288, 64, 96, 8, 33_792, 256_000, 8192),
      use_qk_norm: true,
    },
  },
  'olmo-2-7b': {
    id: 'allenai/OLMo-2-1124-7B',
    read: COMPILED,
    config: {
      model_type: 'olmo2',
      architectures: ['Olmo2ForCausalLM'],
      ...FP32,
      ...sizes(4096, 32, 32, 32, 11_008, 100_352, 4096),
    },
  },
  'smollm3-3b': {
    id: 'HuggingFaceTB/SmolLM3-3B',
    config: {
      model_type: 'smollm3',
      architectures: ['SmolLM3ForCausalLM'],
      ...BF16,
      ...sizes(2048, 36, 16, 4, 11_008, 128_256, 65_536),
      tie_word_embeddings: true,
    },
  },
  'granite-3.1-8b': {
    id: 'ibm-granite/granite-3.1-8b-base',
    same: ['ibm-granite/granite-3.1-8b-instruct'],
    config: {
      model_type: 'granite',
      architectures: ['GraniteForCausalLM'],
      ...BF16,
      ...sizes(4096, 40, 32, 8, 12_800, 49_155, 131_072),
      tie_word_embeddings: true,
    },
  },
  'seed-oss-36b': {
    id: 'ByteDance-Seed/Seed-OSS-36B-Instruct',
    config: {
      model_type: 'seed_oss',
      architectures: ['SeedOssForCausalLM'],
      ...BF16,
      ...sizes(5120, 64, 80, 8, 27_648, 155_136, 524_288),
      head_dim: 128,
      attention_bias: true,
      attention_out_bias: false,
      mlp_bias: false,
    },
  },
};
