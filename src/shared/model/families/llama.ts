/**
 * Llama, Mistral and Mixtral: rotary positions, RMSNorm, SwiGLU, no biases, grouped keys and values. The blocks that
 * Qwen, Gemma and DeepSeek start from.
 */
import type { z } from 'zod';
import type { ModelSpec } from '../model-spec';
import { gatedActivation } from './activations';
import type { ConfigFile, Family, Implementation, SchemaKit } from './family';

/** Of Llama's code, and of what is written after it. */
export const LLAMA_IMPLEMENTATION: Implementation = {
  fusedProjection: false,
  softmaxInFp32: true,
  residualDropout: false,
  normKeepsInput: false,
  buffers: 'none',
};

export const LLAMA: Family = {
  name: 'llama',
  implementation: LLAMA_IMPLEMENTATION,
  configs: [
    {
      types: ['llama'],
      classes: /^Llama/,
      read: (file) => fromDecoder(file.name, parseDecoder(file, LLAMA_DEFAULTS)),
    },
    {
      types: ['mistral'],
      classes: /^Mistral/,
      read: (file) => fromDecoder(file.name, parseDecoder(file, MISTRAL_DEFAULTS)),
    },
    {
      types: ['mixtral'],
      classes: /^Mixtral/,
      read(file) {
        const config = parseDecoder(file, { ...MISTRAL_DEFAULTS, window: null });
        return fromDecoder(file.name, config, {
          experts: {
            total: config.num_local_experts ?? 8,
            active: config.num_experts_per_tok ?? 2,
            ffn: config.intermediate_size,
          },
        });
      },
    },
  ],
};

export interface LlamaSize {
  readonly layers: number;
  readonly hidden: number;
  readonly heads: number;
  readonly kvHeads?: number;
  readonly ffn: number;
  readonly vocab: number;
  readonly maxPositions: number;
}

/** Llama's blocks, and those of all that differ from them in a few fields. */
export function llama(
  name: string,
  size: LlamaSize,
  differences: Partial<ModelSpec> = {},
): ModelSpec {
  const { hidden, heads, kvHeads = heads } = size;
  return {
    name,
    family: LLAMA.name,
    architecture: 'decoder',
    ...size,
    kvHeads,
    headDim: hidden / heads,
    positions: 'rotary',
    norm: 'rmsnorm',
    activation: 'swiglu',
    bias: false,
    tiedHead: false,
    ...differences,
  };
}

/** What a configuration class of this shape fills in. */
export interface DecoderDefaults {
  readonly vocab: number;
  readonly hidden: number;
  readonly ffn: number;
  readonly layers: number;
  readonly heads: number;
  /** null: as many as heads. */
  readonly kvHeads: number | null;
  readonly positions: number;
  readonly window: number | null;
}

const LLAMA_DEFAULTS: DecoderDefaults = {
  vocab: 32_000,
  hidden: 4096,
  ffn: 11_008,
  layers: 32,
  heads: 32,
  kvHeads: null,
  positions: 2048,
  window: null,
};
const MISTRAL_DEFAULTS: DecoderDefaults = {
  ...LLAMA_DEFAULTS,
  ffn: 14_336,
  kvHeads: 8,
  positions: 131_072,
  window: 4096,
};

/** Fields that Llama and its descendants share. */
function decoderFields({ z, count }: SchemaKit, defaults: DecoderDefaults) {
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
    tie_word_embeddings: z.boolean().default(false),
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

export type DecoderConfig = z.infer<ReturnType<typeof decoderFields>>;

export function parseDecoder(file: ConfigFile, defaults: DecoderDefaults): DecoderConfig {
  return file.parse((kit) => decoderFields(kit, defaults));
}

/** The model of a parsed file; `differences` are what its family does unlike Llama. */
export function fromDecoder(
  name: string,
  config: DecoderConfig,
  differences: Partial<ModelSpec> = {},
): ModelSpec {
  const { hidden_size: hidden, num_attention_heads: heads, sliding_window: window } = config;
  return llama(
    name,
    {
      layers: config.num_hidden_layers,
      hidden,
      heads,
      kvHeads: config.num_key_value_heads ?? heads,
      ffn: config.intermediate_size,
      vocab: config.vocab_size,
      maxPositions: config.max_position_embeddings,
    },
    {
      headDim: config.head_dim ?? hidden / heads,
      ...gatedActivation('hidden_act', config.hidden_act),
      bias: config.attention_bias && config.mlp_bias,
      ...(config.attention_bias !== config.mlp_bias && { qkvBias: config.attention_bias }),
      tiedHead: config.tie_word_embeddings,
      ...(window !== null && config.use_sliding_window !== false && { slidingWindow: window }),
      ...differences,
    },
  );
}
