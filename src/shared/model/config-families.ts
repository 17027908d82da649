/**
 * Architectures by their config.json, one reader each. Defaults are those of the transformers configuration classes.
 */
import { z } from 'zod';
import { count, gatedActivation, parsed, plainActivation } from './config-shape';
import type { ModelSpec } from './spec';

export interface Family {
  /** Values of `model_type`, and class names among `architectures`, that mean this family. */
  readonly types: readonly string[];
  readonly classes: RegExp;
  read(json: unknown, name: string, architectures: readonly string[]): ModelSpec;
}

const gpt2Config = z.object({
  vocab_size: count.default(50_257),
  n_positions: count.optional(),
  n_ctx: count.optional(),
  n_embd: count.default(768),
  n_layer: count.default(12),
  n_head: count.default(12),
  n_inner: count.nullish(),
  activation_function: z.string().default('gelu_new'),
  tie_word_embeddings: z.boolean().default(true),
});

function fromGpt2(json: unknown, name: string): ModelSpec {
  const config = parsed(gpt2Config, json);
  const { n_embd: hidden, n_head: heads } = config;
  return {
    name,
    architecture: 'decoder',
    layers: config.n_layer,
    hidden,
    heads,
    kvHeads: heads,
    headDim: hidden / heads,
    ffn: config.n_inner ?? 4 * hidden,
    vocab: config.vocab_size,
    maxPositions: config.n_positions ?? config.n_ctx ?? 1024,
    positions: 'learned',
    norm: 'layernorm',
    ...plainActivation('activation_function', config.activation_function),
    bias: true,
    tiedHead: config.tie_word_embeddings,
  };
}

/** Fields that Llama and its descendants share; each gives its own defaults. */
function decoderConfig(defaults: {
  vocab: number;
  hidden: number;
  ffn: number;
  layers: number;
  heads: number;
  kvHeads: number | null;
  positions: number;
  window: number | null;
  tied: boolean;
}) {
  return z.object({
    vocab_size: count.default(defaults.vocab),
    hidden_size: count.default(defaults.hidden),
    intermediate_size: count.default(defaults.ffn),
    num_hidden_layers: count.default(defaults.layers),
    num_attention_heads: count.default(defaults.heads),
    num_key_value_heads: count.nullish().transform((given) => given ?? defaults.kvHeads),
    head_dim: count.nullish(),
    max_position_embeddings: count.default(defaults.positions),
    hidden_act: z.string().default('silu'),
    tie_word_embeddings: z.boolean().default(defaults.tied),
    attention_bias: z.boolean().default(false),
    mlp_bias: z.boolean().default(false),
    sliding_window: count
      .nullish()
      .transform((given) => (given === undefined ? defaults.window : given)),
    use_sliding_window: z.boolean().optional(),
    num_local_experts: count.optional(),
    num_experts: count.optional(),
    num_experts_per_tok: count.optional(),
    moe_intermediate_size: count.optional(),
  });
}

const llamaConfig = decoderConfig({
  vocab: 32_000,
  hidden: 4096,
  ffn: 11_008,
  layers: 32,
  heads: 32,
  kvHeads: null,
  positions: 2048,
  window: null,
  tied: false,
});
const mistralConfig = decoderConfig({
  vocab: 32_000,
  hidden: 4096,
  ffn: 14_336,
  layers: 32,
  heads: 32,
  kvHeads: 8,
  positions: 131_072,
  window: 4096,
  tied: false,
});
const mixtralConfig = decoderConfig({
  vocab: 32_000,
  hidden: 4096,
  ffn: 14_336,
  layers: 32,
  heads: 32,
  kvHeads: 8,
  positions: 131_072,
  window: null,
  tied: false,
});
const qwen2Config = decoderConfig({
  vocab: 151_936,
  hidden: 4096,
  ffn: 22_016,
  layers: 32,
  heads: 32,
  kvHeads: 32,
  positions: 32_768,
  window: null,
  tied: false,
});

type DecoderConfig = z.infer<typeof llamaConfig>;

function fromDecoder(
  config: DecoderConfig,
  name: string,
  differences: Partial<ModelSpec> = {},
): ModelSpec {
  const { hidden_size: hidden, num_attention_heads: heads } = config;
  return {
    name,
    architecture: 'decoder',
    layers: config.num_hidden_layers,
    hidden,
    heads,
    kvHeads: config.num_key_value_heads ?? heads,
    headDim: config.head_dim ?? hidden / heads,
    ffn: config.intermediate_size,
    vocab: config.vocab_size,
    maxPositions: config.max_position_embeddings,
    positions: 'rotary',
    norm: 'rmsnorm',
    ...gatedActivation('hidden_act', config.hidden_act),
    bias: config.attention_bias && config.mlp_bias,
    ...(config.attention_bias !== config.mlp_bias ? { qkvBias: config.attention_bias } : {}),
    tiedHead: config.tie_word_embeddings,
    ...(config.sliding_window !== null && config.use_sliding_window !== false
      ? { slidingWindow: config.sliding_window }
      : {}),
    ...differences,
  };
}

function fromMixtral(json: unknown, name: string): ModelSpec {
  const config = parsed(mixtralConfig, json);
  return fromDecoder(config, name, {
    experts: {
      total: config.num_local_experts ?? 8,
      active: config.num_experts_per_tok ?? 2,
      ffn: config.intermediate_size,
    },
  });
}

function fromQwen(json: unknown, name: string): ModelSpec {
  const config = parsed(qwen2Config, json);
  // Its window is used only where the file says so.
  const model = fromDecoder(config, name, { qkvBias: true });
  const { slidingWindow, ...rest } = model;
  return config.use_sliding_window === true && slidingWindow !== undefined ? model : rest;
}

function fromQwen3(json: unknown, name: string): ModelSpec {
  const config = parsed(qwen2Config, json);
  const { slidingWindow: _, ...model } = fromDecoder(
    { ...config, head_dim: config.head_dim ?? 128 },
    name,
    { qkNorm: true },
  );
  if (config.num_experts === undefined) return model;
  return {
    ...model,
    experts: {
      total: config.num_experts,
      active: config.num_experts_per_tok ?? 8,
      ffn: config.moe_intermediate_size ?? 768,
    },
  };
}

const neoxConfig = z.object({
  vocab_size: count.default(50_432),
  hidden_size: count.default(6144),
  num_hidden_layers: count.default(44),
  num_attention_heads: count.default(64),
  intermediate_size: count.default(24_576),
  hidden_act: z.string().default('gelu'),
  max_position_embeddings: count.default(2048),
  tie_word_embeddings: z.boolean().default(false),
});

function fromNeox(json: unknown, name: string): ModelSpec {
  const config = parsed(neoxConfig, json);
  const { hidden_size: hidden, num_attention_heads: heads } = config;
  return {
    name,
    architecture: 'decoder',
    layers: config.num_hidden_layers,
    hidden,
    heads,
    kvHeads: heads,
    headDim: hidden / heads,
    ffn: config.intermediate_size,
    vocab: config.vocab_size,
    maxPositions: config.max_position_embeddings,
    positions: 'rotary',
    norm: 'layernorm',
    ...plainActivation('hidden_act', config.hidden_act),
    bias: true,
    tiedHead: config.tie_word_embeddings,
  };
}

const bertConfig = z.object({
  vocab_size: count.default(30_522),
  hidden_size: count.default(768),
  num_hidden_layers: count.default(12),
  num_attention_heads: count.default(12),
  intermediate_size: count.default(3072),
  hidden_act: z.string().default('gelu'),
  max_position_embeddings: count.default(512),
  type_vocab_size: z.number().int().nonnegative().default(2),
});

function fromBert(json: unknown, name: string, architectures: readonly string[]): ModelSpec {
  const config = parsed(bertConfig, json);
  return encoder(name, {
    layers: config.num_hidden_layers,
    hidden: config.hidden_size,
    heads: config.num_attention_heads,
    ffn: config.intermediate_size,
    vocab: config.vocab_size,
    maxPositions: config.max_position_embeddings,
    tokenTypes: config.type_vocab_size,
    activation: plainActivation('hidden_act', config.hidden_act),
    // Models for masked language modelling, tokens and spans are built without the pooler; bare ones have it.
    pooler:
      !architectures.some((one) =>
        /ForMaskedLM|ForTokenClassification|ForQuestionAnswering|LMHeadModel/.test(one),
      ) || architectures.length === 0,
  });
}

const distilbertConfig = z.object({
  vocab_size: count.default(30_522),
  dim: count.default(768),
  n_layers: count.default(6),
  n_heads: count.default(12),
  hidden_dim: count.default(3072),
  activation: z.string().default('gelu'),
  max_position_embeddings: count.default(512),
});

function fromDistilbert(json: unknown, name: string): ModelSpec {
  const config = parsed(distilbertConfig, json);
  return encoder(name, {
    layers: config.n_layers,
    hidden: config.dim,
    heads: config.n_heads,
    ffn: config.hidden_dim,
    vocab: config.vocab_size,
    maxPositions: config.max_position_embeddings,
    tokenTypes: 0,
    activation: plainActivation('activation', config.activation),
    pooler: false,
  });
}

interface EncoderSize {
  readonly layers: number;
  readonly hidden: number;
  readonly heads: number;
  readonly ffn: number;
  readonly vocab: number;
  readonly maxPositions: number;
  readonly tokenTypes: number;
  readonly activation: {
    readonly activation: ModelSpec['activation'];
    readonly activationComposed?: boolean;
  };
  readonly pooler: boolean;
}

/** The encoder itself; heads for a task are small, and a masked-language head is tied. */
function encoder(name: string, { activation, ...size }: EncoderSize): ModelSpec {
  return {
    name,
    architecture: 'encoder',
    ...size,
    kvHeads: size.heads,
    headDim: size.hidden / size.heads,
    positions: 'learned',
    norm: 'layernorm',
    ...activation,
    bias: true,
    tiedHead: true,
    postNorm: true,
  };
}

const deepseekConfig = z.object({
  vocab_size: count.default(129_280),
  hidden_size: count.default(7168),
  intermediate_size: count.default(18_432),
  moe_intermediate_size: count.default(2048),
  num_hidden_layers: count.default(61),
  num_attention_heads: count.default(128),
  n_shared_experts: count.nullish(),
  n_routed_experts: count.nullish(),
  num_experts_per_tok: count.nullish(),
  first_k_dense_replace: z.number().int().nonnegative().default(0),
  q_lora_rank: count.nullish(),
  kv_lora_rank: count.default(512),
  qk_rope_head_dim: count.default(64),
  qk_nope_head_dim: count.default(128),
  v_head_dim: count.default(128),
  hidden_act: z.string().default('silu'),
  max_position_embeddings: count.default(4096),
  tie_word_embeddings: z.boolean().default(false),
  model_type: z.string().optional(),
});

function fromDeepseek(json: unknown, name: string): ModelSpec {
  const config = parsed(deepseekConfig, json);
  const { num_attention_heads: heads } = config;
  return {
    name,
    architecture: 'decoder',
    layers: config.num_hidden_layers,
    hidden: config.hidden_size,
    heads,
    kvHeads: heads,
    headDim: config.qk_nope_head_dim + config.qk_rope_head_dim,
    ffn: config.intermediate_size,
    vocab: config.vocab_size,
    maxPositions: config.max_position_embeddings,
    positions: 'rotary',
    norm: 'rmsnorm',
    ...gatedActivation('hidden_act', config.hidden_act),
    bias: false,
    tiedHead: config.tie_word_embeddings,
    latentAttention: {
      queryRank: config.q_lora_rank ?? null,
      kvRank: config.kv_lora_rank,
      ropeDim: config.qk_rope_head_dim,
      plainDim: config.qk_nope_head_dim,
      valueDim: config.v_head_dim,
    },
    ...(config.n_routed_experts == null
      ? {}
      : {
          experts: {
            total: config.n_routed_experts,
            active: config.num_experts_per_tok ?? 8,
            ffn: config.moe_intermediate_size,
            sharedFfn: (config.n_shared_experts ?? 0) * config.moe_intermediate_size,
            denseLayers: config.first_k_dense_replace,
            routerBias: config.model_type === 'deepseek_v3',
          },
        }),
  };
}

const t5Config = z.object({
  vocab_size: count.default(32_128),
  d_model: count.default(512),
  d_kv: count.default(64),
  d_ff: count.default(2048),
  num_layers: count.default(6),
  num_decoder_layers: count.nullish(),
  num_heads: count.default(8),
  relative_attention_num_buckets: count.default(32),
  n_positions: count.default(512),
  feed_forward_proj: z.string().default('relu'),
  tie_word_embeddings: z.boolean().default(true),
});

function fromT5(json: unknown, name: string): ModelSpec {
  const config = parsed(t5Config, json);
  const gated = /^gated-(.+)$/.exec(config.feed_forward_proj)?.[1];
  return {
    name,
    architecture: 'encoder-decoder',
    layers: config.num_layers,
    decoderLayers: config.num_decoder_layers ?? config.num_layers,
    hidden: config.d_model,
    heads: config.num_heads,
    kvHeads: config.num_heads,
    headDim: config.d_kv,
    ffn: config.d_ff,
    vocab: config.vocab_size,
    maxPositions: config.n_positions,
    positions: 'none',
    relativeBuckets: config.relative_attention_num_buckets,
    norm: 'rmsnorm',
    ...(gated === undefined
      ? plainActivation('feed_forward_proj', config.feed_forward_proj)
      : gatedActivation('feed_forward_proj', gated)),
    bias: false,
    tiedHead: config.tie_word_embeddings,
  };
}

const bartConfig = z.object({
  vocab_size: count.default(50_265),
  d_model: count.default(1024),
  encoder_layers: count.default(12),
  decoder_layers: count.default(12),
  encoder_attention_heads: count.default(16),
  encoder_ffn_dim: count.default(4096),
  max_position_embeddings: count.default(1024),
  activation_function: z.string().default('gelu'),
});

function fromBart(json: unknown, name: string): ModelSpec {
  const config = parsed(bartConfig, json);
  const { d_model: hidden, encoder_attention_heads: heads } = config;
  return {
    name,
    architecture: 'encoder-decoder',
    layers: config.encoder_layers,
    decoderLayers: config.decoder_layers,
    hidden,
    heads,
    kvHeads: heads,
    headDim: hidden / heads,
    ffn: config.encoder_ffn_dim,
    vocab: config.vocab_size,
    // Its tables have two rows to spare for padding.
    maxPositions: config.max_position_embeddings + 2,
    positions: 'learned',
    norm: 'layernorm',
    ...plainActivation('activation_function', config.activation_function),
    bias: true,
    tiedHead: true,
    postNorm: true,
  };
}

export const FAMILIES: readonly Family[] = [
  { types: ['gpt2'], classes: /^GPT2/, read: fromGpt2 },
  {
    types: ['llama'],
    classes: /^Llama/,
    read: (json, name) => fromDecoder(parsed(llamaConfig, json), name),
  },
  {
    types: ['mistral'],
    classes: /^Mistral/,
    read: (json, name) => fromDecoder(parsed(mistralConfig, json), name),
  },
  { types: ['mixtral'], classes: /^Mixtral/, read: fromMixtral },
  { types: ['qwen2'], classes: /^Qwen2(For|Model)/, read: fromQwen },
  { types: ['qwen3', 'qwen3_moe'], classes: /^Qwen3(Moe)?(For|Model)/, read: fromQwen3 },
  { types: ['gpt_neox'], classes: /^GPTNeoX(For|Model)/, read: fromNeox },
  { types: ['bert'], classes: /^Bert/, read: fromBert },
  { types: ['distilbert'], classes: /^DistilBert/, read: fromDistilbert },
  { types: ['deepseek_v2', 'deepseek_v3'], classes: /^DeepseekV[23]/, read: fromDeepseek },
  { types: ['t5'], classes: /^T5/, read: fromT5 },
  { types: ['bart'], classes: /^Bart/, read: fromBart },
];
