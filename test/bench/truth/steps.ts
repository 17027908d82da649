/**
 * The steps that are run as truth: families as their published config.json describes them, with fewer layers (each adds the
 * same again) and the runs that people make. What Plumbline is held to is all here; `run.py` knows none of it.
 */
import { createHash } from 'node:crypto';
import type { RunSpec } from '../../../src/shared/model/spec';

export type Head = 'causal' | 'masked' | 'sequence' | 'encoder' | 'seq2seq';

/** A run in Plumbline's words, and what PEFT is told besides. */
export type TruthRun = Partial<RunSpec> & {
  readonly loraModules?: readonly string[] | 'all-linear';
};

export interface TruthStep {
  readonly id: string;
  /** `model_type` of the config. */
  readonly family: string;
  readonly head: Head;
  readonly config: Readonly<Record<string, unknown>>;
  readonly run: TruthRun;
}

type Config = Readonly<Record<string, unknown>>;

const LLAMA_LIKE = {
  hidden_size: 2048,
  intermediate_size: 5632,
  num_hidden_layers: 4,
  num_attention_heads: 16,
  num_key_value_heads: 4,
  vocab_size: 32_000,
  max_position_embeddings: 4096,
  tie_word_embeddings: false,
};
const FULL_HEADS = { ...LLAMA_LIKE, num_key_value_heads: 16 };
const BERT_LIKE = {
  hidden_size: 1024,
  intermediate_size: 4096,
  num_hidden_layers: 4,
  num_attention_heads: 16,
  vocab_size: 30_522,
  max_position_embeddings: 514,
};
const FEW_EXPERTS = { num_local_experts: 16, num_experts_per_tok: 4 };
/** Three layers of the delta rule, and one of attention. */
const QWEN3_5_LIKE = {
  ...LLAMA_LIKE,
  num_attention_heads: 8,
  num_key_value_heads: 2,
  head_dim: 256,
  linear_num_key_heads: 8,
  linear_num_value_heads: 16,
};
/** Windows and all tokens in turn, with heads of two widths. */
const GEMMA4_LIKE = {
  ...LLAMA_LIKE,
  model_type: 'gemma4_text',
  head_dim: 256,
  num_attention_heads: 8,
  vocab_size: 32_000,
  vocab_size_per_layer_input: 32_000,
  tie_word_embeddings: true,
  sliding_window: 1024,
  // The class takes a float alone, which JSON writes of 30 as a whole number.
  final_logit_softcapping: 30.5,
  layer_types: ['sliding_attention', 'full_attention', 'sliding_attention', 'full_attention'],
};
const T5_LIKE = {
  d_model: 1024,
  d_ff: 2816,
  d_kv: 64,
  num_layers: 3,
  num_decoder_layers: 3,
  num_heads: 16,
  vocab_size: 32_128,
  is_encoder_decoder: true,
};

/** By `model_type`, which a second configuration of a family says itself. */
const DECODERS: Readonly<Record<string, Config>> = {
  gpt2: { n_layer: 4, n_embd: 1024, n_head: 16, vocab_size: 50_257, n_positions: 1024 },
  gpt_neo: {
    num_layers: 4,
    hidden_size: 1024,
    num_heads: 16,
    vocab_size: 50_257,
    max_position_embeddings: 2048,
    attention_types: [[['global', 'local'], 2]],
    window_size: 256,
  },
  gptj: {
    n_layer: 4,
    n_embd: 2048,
    n_head: 16,
    rotary_dim: 64,
    vocab_size: 50_400,
    n_positions: 2048,
  },
  gpt_neox: {
    hidden_size: 1024,
    intermediate_size: 4096,
    num_hidden_layers: 4,
    num_attention_heads: 16,
    vocab_size: 50_432,
    max_position_embeddings: 2048,
  },
  opt: {
    hidden_size: 1024,
    ffn_dim: 4096,
    num_hidden_layers: 4,
    num_attention_heads: 16,
    vocab_size: 50_272,
    word_embed_proj_dim: 1024,
    max_position_embeddings: 2048,
    do_layer_norm_before: true,
  },
  bloom: { hidden_size: 1024, n_layer: 4, n_head: 16, vocab_size: 250_880 },
  falcon: {
    hidden_size: 2048,
    num_hidden_layers: 4,
    num_attention_heads: 32,
    vocab_size: 65_024,
    multi_query: true,
    parallel_attn: true,
    bias: false,
    new_decoder_architecture: false,
  },
  'falcon 40b': {
    model_type: 'falcon',
    hidden_size: 2048,
    num_hidden_layers: 4,
    num_attention_heads: 32,
    num_kv_heads: 4,
    vocab_size: 65_024,
    multi_query: true,
    parallel_attn: true,
    bias: false,
    new_decoder_architecture: true,
  },
  mpt: {
    d_model: 2048,
    n_layers: 4,
    n_heads: 16,
    vocab_size: 50_432,
    expansion_ratio: 4,
    max_seq_len: 2048,
  },
  llama: LLAMA_LIKE,
  mistral: { ...LLAMA_LIKE, sliding_window: null },
  mixtral: { ...LLAMA_LIKE, intermediate_size: 3584, num_local_experts: 8, num_experts_per_tok: 2 },
  qwen2: { ...LLAMA_LIKE, vocab_size: 151_936, tie_word_embeddings: true },
  qwen2_moe: {
    ...FULL_HEADS,
    moe_intermediate_size: 1408,
    shared_expert_intermediate_size: 5632,
    num_experts: 16,
    num_experts_per_tok: 4,
  },
  qwen3: { ...LLAMA_LIKE, head_dim: 128, vocab_size: 151_936, tie_word_embeddings: true },
  qwen3_moe: {
    ...LLAMA_LIKE,
    head_dim: 128,
    moe_intermediate_size: 768,
    num_experts: 16,
    num_experts_per_tok: 4,
  },
  gemma: {
    ...LLAMA_LIKE,
    head_dim: 256,
    num_attention_heads: 8,
    num_key_value_heads: 1,
    vocab_size: 256_000,
    tie_word_embeddings: true,
  },
  gemma2: {
    ...LLAMA_LIKE,
    head_dim: 256,
    num_attention_heads: 8,
    vocab_size: 256_000,
    tie_word_embeddings: true,
    sliding_window: 4096,
  },
  gemma3_text: {
    ...LLAMA_LIKE,
    head_dim: 256,
    num_attention_heads: 8,
    vocab_size: 262_208,
    tie_word_embeddings: true,
    sliding_window: 4096,
  },
  phi: { ...FULL_HEADS, intermediate_size: 8192, vocab_size: 51_200, partial_rotary_factor: 0.5 },
  phi3: { ...FULL_HEADS, intermediate_size: 8192, vocab_size: 32_064, pad_token_id: 0 },
  stablelm: { ...FULL_HEADS, vocab_size: 100_352 },
  starcoder2: { ...LLAMA_LIKE, intermediate_size: 8192, vocab_size: 49_152 },
  cohere: { ...FULL_HEADS, vocab_size: 256_000, tie_word_embeddings: true },
  olmo: { ...FULL_HEADS, vocab_size: 50_304 },
  olmo2: { ...FULL_HEADS, vocab_size: 100_352 },
  olmoe: {
    ...FULL_HEADS,
    intermediate_size: 1024,
    vocab_size: 50_304,
    num_experts: 16,
    num_experts_per_tok: 4,
  },
  // Two experts a token: its router takes no other number (`sparsemixer`).
  phimoe: {
    ...LLAMA_LIKE,
    intermediate_size: 1024,
    num_local_experts: 16,
    num_experts_per_tok: 2,
    sliding_window: null,
  },
  granite: { ...LLAMA_LIKE, vocab_size: 49_152 },
  smollm3: { ...LLAMA_LIKE, vocab_size: 128_256, pad_token_id: 0 },
  glm4: { ...LLAMA_LIKE, head_dim: 128, vocab_size: 151_552, pad_token_id: 0 },
  deepseek_v3: {
    hidden_size: 2048,
    intermediate_size: 6144,
    moe_intermediate_size: 1024,
    num_hidden_layers: 4,
    num_attention_heads: 16,
    num_key_value_heads: 16,
    n_routed_experts: 16,
    n_shared_experts: 1,
    num_experts_per_tok: 4,
    n_group: 1,
    topk_group: 1,
    first_k_dense_replace: 1,
    q_lora_rank: 768,
    kv_lora_rank: 256,
    qk_rope_head_dim: 64,
    qk_nope_head_dim: 128,
    v_head_dim: 128,
    vocab_size: 129_280,
    max_position_embeddings: 4096,
  },
};

/** Of 2025 and 2026, tuned on as they were added. */
const LATER: Readonly<Record<string, Config>> = {
  qwen3_5_text: QWEN3_5_LIKE,
  qwen3_5_moe_text: {
    ...QWEN3_5_LIKE,
    moe_intermediate_size: 512,
    shared_expert_intermediate_size: 512,
    num_experts: 16,
    num_experts_per_tok: 4,
  },
  xglm: { d_model: 1024, ffn_dim: 4096, num_layers: 4, attention_heads: 16, vocab_size: 32_000 },
  // As the 31B, whose full layers take their keys for values.
  gemma4_text: {
    ...GEMMA4_LIKE,
    hidden_size_per_layer_input: 0,
    attention_k_eq_v: true,
    num_global_key_value_heads: 2,
  },
  'gemma4 e2b': {
    ...GEMMA4_LIKE,
    num_key_value_heads: 1,
    num_kv_shared_layers: 2,
    use_double_wide_mlp: true,
  },
  'gemma4 a4b': {
    ...GEMMA4_LIKE,
    hidden_size_per_layer_input: 0,
    attention_k_eq_v: true,
    num_global_key_value_heads: 2,
    enable_moe_block: true,
    num_experts: 16,
    top_k_experts: 4,
    moe_intermediate_size: 704,
  },
};

/** Added last: run for the first time when the theory was done, and named by the hash of their name alone (`heldOut`). */
const FRESH: Readonly<Record<string, Config>> = {
  deepseek_v2: {
    hidden_size: 2048,
    intermediate_size: 6144,
    moe_intermediate_size: 1024,
    num_hidden_layers: 4,
    num_attention_heads: 16,
    num_key_value_heads: 16,
    n_routed_experts: 16,
    n_shared_experts: 2,
    num_experts_per_tok: 4,
    first_k_dense_replace: 1,
    q_lora_rank: null,
    kv_lora_rank: 256,
    qk_rope_head_dim: 64,
    qk_nope_head_dim: 128,
    v_head_dim: 128,
    vocab_size: 102_400,
    max_position_embeddings: 4096,
  },
  minimax: { ...LLAMA_LIKE, ...FEW_EXPERTS, head_dim: 128, intermediate_size: 1024 },
  nemotron: { ...LLAMA_LIKE, head_dim: 128, intermediate_size: 8192, vocab_size: 256_000 },
  olmo3: { ...FULL_HEADS, vocab_size: 100_352, sliding_window: 4096 },
  ernie4_5: { ...LLAMA_LIKE, head_dim: 128, tie_word_embeddings: true },
  exaone4: {
    ...LLAMA_LIKE,
    vocab_size: 102_400,
    sliding_window: 4096,
    sliding_window_pattern: 4,
  },
  ministral: { ...LLAMA_LIKE, head_dim: 128, sliding_window: 4096 },
  minimax_m2: { ...LLAMA_LIKE, ...FEW_EXPERTS, head_dim: 128, intermediate_size: 1024 },
  qwen3_next: {
    ...LLAMA_LIKE,
    head_dim: 128,
    moe_intermediate_size: 512,
    shared_expert_intermediate_size: 512,
    num_experts: 16,
    num_experts_per_tok: 4,
    linear_num_key_heads: 8,
    linear_num_value_heads: 16,
  },
  seed_oss: { ...LLAMA_LIKE, head_dim: 128, vocab_size: 155_136 },
  cwm: { ...LLAMA_LIKE, head_dim: 128, sliding_window: 8192 },
  granitemoeshared: {
    ...LLAMA_LIKE,
    ...FEW_EXPERTS,
    intermediate_size: 1024,
    shared_intermediate_size: 1024,
  },
  ernie4_5_moe: {
    ...LLAMA_LIKE,
    moe_num_experts: 16,
    moe_k: 4,
    moe_intermediate_size: 1024,
    moe_num_shared_experts: 2,
    tie_word_embeddings: true,
  },
  glm4_moe_lite: {
    ...FULL_HEADS,
    q_lora_rank: 512,
    kv_lora_rank: 256,
    qk_rope_head_dim: 64,
    qk_nope_head_dim: 128,
    v_head_dim: 128,
    n_routed_experts: 16,
    num_experts_per_tok: 4,
    moe_intermediate_size: 1024,
  },
  solar_open: {
    ...LLAMA_LIKE,
    head_dim: 128,
    n_routed_experts: 16,
    num_experts_per_tok: 4,
    moe_intermediate_size: 1024,
  },
  flex_olmo: {
    ...FULL_HEADS,
    vocab_size: 100_352,
    intermediate_size: 2816,
    num_experts: 7,
    num_experts_per_tok: 5,
  },
};
const FRESH_ENCODERS: Readonly<Record<string, Config>> = {
  camembert: { ...BERT_LIKE, vocab_size: 32_005, type_vocab_size: 1, pad_token_id: 1 },
  'deberta-v2': {
    ...BERT_LIKE,
    vocab_size: 128_100,
    type_vocab_size: 0,
    relative_attention: true,
    position_buckets: 256,
    norm_rel_ebd: 'layer_norm',
    share_att_key: true,
    pos_att_type: ['p2c', 'c2p'],
    position_biased_input: false,
    max_relative_positions: -1,
    max_position_embeddings: 512,
  },
};

const ENCODERS: Readonly<Record<string, Config>> = {
  bert: { ...BERT_LIKE, type_vocab_size: 2 },
  roberta: { ...BERT_LIKE, vocab_size: 50_265, type_vocab_size: 1, pad_token_id: 1 },
  distilbert: { dim: 768, hidden_dim: 3072, n_layers: 4, n_heads: 12, vocab_size: 30_522 },
  electra: { ...BERT_LIKE, embedding_size: 1024, type_vocab_size: 2 },
};

/** Of unlike code, tuned on as they were added. */
const LATER_ENCODERS: Readonly<Record<string, Config>> = {
  eurobert: { ...FULL_HEADS, vocab_size: 128_256, tie_word_embeddings: undefined },
  nomic_bert: { ...BERT_LIKE, vocab_size: 30_528 },
};

const BART_LIKE = {
  d_model: 1024,
  encoder_layers: 3,
  decoder_layers: 3,
  encoder_attention_heads: 16,
  decoder_attention_heads: 16,
  encoder_ffn_dim: 4096,
  decoder_ffn_dim: 4096,
  max_position_embeddings: 1024,
};

const ENCODER_DECODERS: Readonly<Record<string, Config>> = {
  t5: T5_LIKE,
  mt5: {
    ...T5_LIKE,
    vocab_size: 250_112,
    feed_forward_proj: 'gated-gelu',
    tie_word_embeddings: false,
  },
  bart: { ...BART_LIKE, vocab_size: 50_265 },
  pegasus: { ...BART_LIKE, vocab_size: 96_103, activation_function: 'relu' },
  marian: { ...BART_LIKE, vocab_size: 58_101, activation_function: 'swish' },
  blenderbot: { ...BART_LIKE, vocab_size: 8_008 },
};

/** Runs that every decoder is held to. */
const EVERY_DECODER: Readonly<Record<string, TruthRun>> = {
  'fp32 eager': { precision: 'fp32', attention: 'eager' },
  'bf16 eager sgd': { precision: 'bf16', attention: 'eager', optimizer: 'sgd' },
  'bf16 sdpa': { precision: 'bf16', attention: 'sdpa' },
  'fp32 sdpa momentum': { precision: 'fp32', attention: 'sdpa', optimizer: 'momentum' },
  'autocast eager': { precision: 'mixed-bf16', attention: 'eager' },
  'autocast flash fused': { precision: 'mixed-bf16', attention: 'flash', optimizerKernel: 'fused' },
  'bf16 eager full': { precision: 'bf16', attention: 'eager', checkpointing: 'full' },
  generate: { mode: 'generate', precision: 'bf16', attention: 'sdpa' },
};

const EVERY_ENCODER: Readonly<Record<string, TruthRun>> = {
  'fp32 eager': { precision: 'fp32', attention: 'eager' },
  'bf16 sdpa sgd': { precision: 'bf16', attention: 'sdpa', optimizer: 'sgd' },
  'autocast eager': { precision: 'mixed-bf16', attention: 'eager' },
};

const FULL: TruthRun = { precision: 'fp32', attention: 'eager', checkpointing: 'full' };

/** Of a few families of unlike code. */
const MORE: Readonly<Record<string, TruthRun>> = {
  'bf16 eager every=2': { precision: 'bf16', attention: 'eager', checkpointing: 'every=2' },
  'autocast eager full': { precision: 'mixed-bf16', attention: 'eager', checkpointing: 'full' },
  'fp32 eager two steps': { precision: 'fp32', attention: 'eager', steps: 2 },
  'bf16 sdpa two micro-batches': { precision: 'bf16', attention: 'sdpa', gradAccum: 2 },
  'infer eager': { mode: 'infer', precision: 'fp32', attention: 'eager' },
  'infer sdpa': { mode: 'infer', precision: 'bf16', attention: 'sdpa' },
  'bf16 sdpa in backward': {
    precision: 'bf16',
    attention: 'sdpa',
    optimizerInBackward: true,
    steps: 2,
  },
  'evaluation bf16 sdpa': {
    mode: 'infer',
    precision: 'bf16',
    attention: 'sdpa',
    evaluation: true,
  },
  'generate static': {
    mode: 'generate',
    precision: 'bf16',
    attention: 'sdpa',
    cacheGrowth: 'static',
  },
  'generate eager': { mode: 'generate', precision: 'fp32', attention: 'eager' },
  'bf16 eager dropout': { precision: 'bf16', attention: 'eager', dropout: 0.1 },
};
const MORE_OF = ['gpt2', 'llama', 'qwen2', 'gpt_neox'];

/** Layers that outweigh the ends, whose number no group divides: the highest moment of backward is among the layers. */
const DEEP: Config = {
  ...LLAMA_LIKE,
  model_type: 'llama',
  num_hidden_layers: 7,
  vocab_size: 1024,
};
const DEEP_RUNS: Readonly<Record<string, TruthRun>> = {
  'fp32 eager every=3': { precision: 'fp32', attention: 'eager', checkpointing: 'every=3' },
  'bf16 eager every=4 sgd': {
    precision: 'bf16',
    attention: 'eager',
    checkpointing: 'every=4',
    optimizer: 'sgd',
  },
  'bf16 sdpa in backward': {
    precision: 'bf16',
    attention: 'sdpa',
    optimizerInBackward: true,
    steps: 2,
  },
  'fp32 sdpa two micro-batches': { precision: 'fp32', attention: 'sdpa', gradAccum: 2 },
};

/** One of eight ranks; of three steps the last is kept. */
const SHARDED: TruthRun = { zero: 3, dp: 8, steps: 3 };
const FSDP: Readonly<Record<string, TruthRun>> = {
  'fsdp bf16 sdpa': { ...SHARDED, precision: 'bf16', attention: 'sdpa' },
  'fsdp bf16 eager full': {
    ...SHARDED,
    precision: 'bf16',
    attention: 'eager',
    checkpointing: 'full',
  },
  'fsdp fp32 eager momentum': {
    ...SHARDED,
    precision: 'fp32',
    attention: 'eager',
    optimizer: 'momentum',
  },
};
const FSDP_OF = ['gpt2', 'opt', 'llama', 'mistral', 'qwen2', 'gpt_neox', 'gemma'];

/** Adapters of query and value projections, and of every linear layer, as PEFT is told. */
const LORA: Readonly<Record<string, TruthRun>> = {
  'lora query-value bf16 eager': {
    precision: 'bf16',
    attention: 'eager',
    loraTargets: 'query-value',
    loraModules: ['q_proj', 'v_proj'],
  },
  'lora all-linear bf16 sdpa': {
    precision: 'bf16',
    attention: 'sdpa',
    loraTargets: 'all-linear',
    loraModules: 'all-linear',
  },
  'lora all-linear fp32 eager': {
    precision: 'fp32',
    attention: 'eager',
    loraTargets: 'all-linear',
    loraModules: 'all-linear',
  },
  'lora all-linear bf16 eager full': {
    precision: 'bf16',
    attention: 'eager',
    checkpointing: 'full',
    loraTargets: 'all-linear',
    loraModules: 'all-linear',
  },
};
/** DoRA's magnitudes besides. */
const DORA: Readonly<Record<string, TruthRun>> = {
  'dora all-linear bf16 sdpa': {
    precision: 'bf16',
    attention: 'sdpa',
    dora: true,
    loraRank: 16,
    loraTargets: 'all-linear',
    loraModules: 'all-linear',
  },
  'dora query-value fp32 eager': {
    precision: 'fp32',
    attention: 'eager',
    dora: true,
    loraRank: 16,
    loraTargets: 'query-value',
    loraModules: ['q_proj', 'v_proj'],
  },
};
const LORA_OF = ['llama', 'mistral', 'qwen2'];

/** Attention that transformers has no code for in a family: what asks for it is no step. */
const LACKS: Readonly<Record<string, readonly string[]>> = {
  // Their code is chosen as the model is built, and flash-attn is not there then.
  gpt_neo: ['sdpa', 'flash'],
  gptj: ['sdpa', 'flash'],
  bloom: ['sdpa', 'flash'],
  falcon: ['flash'],
  'falcon 40b': ['flash'],
  // Values are narrower than keys, which the flash kernels refuse.
  deepseek_v2: ['flash'],
  deepseek_v3: ['flash'],
  glm4_moe_lite: ['flash'],
  // Wider heads than the flash kernels take.
  gemma4_text: ['flash'],
  'gemma4 e2b': ['flash'],
  'gemma4 a4b': ['flash'],
  mpt: ['sdpa', 'flash'],
  xglm: ['sdpa', 'flash'],
  'deberta-v2': ['sdpa', 'flash'],
};

/** Held out like their neighbours until their misses were mended: they are told with those the theory was tuned on. */
const MENDED = new Set([
  'qwen3_next',
  'deberta-v2',
  'minimax',
  'minimax_m2',
  'deepseek_v2',
  'nemotron',
  'granitemoeshared',
]);

/**
 * Families nobody looked at while the theory was tuned: of those that have been added last, the names whose hash leaves 0, and
 * of the last four 1, when it is divided by four.
 */
export function heldOut(family: string): boolean {
  const added = family in FRESH || family in FRESH_ENCODERS;
  const left = createHash('sha256').update(family).digest()[0]! % 4;
  return added && left <= 1 && !MENDED.has(family);
}

export function listSteps(): readonly TruthStep[] {
  const steps: TruthStep[] = [];
  const add = (
    family: string,
    head: Head,
    config: Config,
    runs: Readonly<Record<string, TruthRun>>,
  ) => {
    for (const [name, run] of Object.entries(runs)) {
      if (LACKS[family]?.includes(run.attention ?? '')) continue;
      const seq = head === 'causal' ? 1024 : 512;
      const length = run.mode === 'generate' ? { promptTokens: 512, tokens: 4, seq: 516 } : { seq };
      steps.push({
        id: `${family} ${head === 'sequence' ? 'classifier ' : ''}${name}`,
        family,
        head,
        config: { model_type: family, ...config },
        run: { mode: 'train', framework: 'pytorch', batch: 2, steps: 1, ...length, ...run },
      });
    }
  };
  for (const [family, config] of Object.entries({ ...DECODERS, ...LATER, ...FRESH })) {
    add(family, 'causal', config, EVERY_DECODER);
    if (MORE_OF.includes(family)) add(family, 'causal', config, MORE);
    if (LORA_OF.includes(family)) add(family, 'causal', config, DORA);
    if (FSDP_OF.includes(family)) add(family, 'causal', config, FSDP);
    if (LORA_OF.includes(family))
      add(
        family,
        'causal',
        config,
        Object.fromEntries(
          Object.entries(LORA).map(([name, run]) => [name, { ...run, loraRank: 16 }]),
        ),
      );
  }
  add('llama deep', 'causal', DEEP, DEEP_RUNS);
  for (const [family, config] of Object.entries({
    ...ENCODERS,
    ...LATER_ENCODERS,
    ...FRESH_ENCODERS,
  })) {
    add(family, 'masked', config, EVERY_ENCODER);
    add(family, 'sequence', config, { 'fp32 eager': EVERY_ENCODER['fp32 eager']! });
  }
  for (const [family, config] of Object.entries(ENCODER_DECODERS)) {
    add(family, 'seq2seq', config, EVERY_ENCODER);
    add(family, 'seq2seq', config, { 'fp32 eager full': FULL });
  }
  return steps;
}
