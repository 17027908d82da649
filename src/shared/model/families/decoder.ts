/**
 * The fields that Llama's configuration and those written after it share, and the model they make. A family says the
 * defaults of its configuration class, and what its code does unlike Llama's.
 */
import type { z } from 'zod';
import type { ModelSpec } from '../model-spec';
import { type Activation, gatedActivation } from './activations';
import type { ConfigFile, Implementation, SchemaKit } from './family';
import { decoderHead } from './heads';

/** Of Llama's code, and of what is written after it. */
export const LLAMA_IMPLEMENTATION: Implementation = {
  fusedProjection: false,
  fusedGate: false,
  softmaxInFp32: true,
  residualDropout: false,
  normKeepsInput: false,
  buffers: 'none',
};

/** What a configuration class of this shape fills in. */
export interface DecoderDefaults {
  readonly vocab: number;
  readonly hidden: number;
  readonly ffn: number;
  readonly layers: number;
  readonly heads: number;
  /** null: as many as heads. */
  readonly kvHeads: number | null;
  /** Width of a head; left out, that of the model over its heads. */
  readonly headDim?: number;
  readonly positions: number;
  /** Left out, none. */
  readonly window?: number;
  /** The head shares the embeddings; left out, it does not. */
  readonly tied?: boolean;
  /** Left out, silu. */
  readonly activation?: string;
  /** Biases of attention; left out, none. */
  readonly attentionBias?: boolean;
}

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
    hidden_act: z.string().nullish(),
    hidden_activation: z.string().nullish(),
    tie_word_embeddings: z
      .boolean()
      .nullish()
      .transform((given) => given ?? defaults.tied ?? false),
    attention_bias: z
      .boolean()
      .nullish()
      .transform((given) => given ?? defaults.attentionBias ?? false),
    mlp_bias: z.boolean().nullish(),
    sliding_window: z
      .number()
      .int()
      .nonnegative()
      .nullish()
      .transform((given) => (given === undefined ? (defaults.window ?? null) : given)),
    use_sliding_window: z.boolean().optional(),
    max_window_layers: z.number().int().nonnegative().optional(),
    layer_types: z.array(z.string()).nullish(),
    sliding_window_pattern: z.union([z.number(), z.string()]).nullish(),
    _sliding_window_pattern: count.nullish(),
  });
}

type DecoderConfig = z.infer<ReturnType<typeof decoderFields>>;

/** What a family does unlike Llama. */
export interface DecoderCode {
  readonly family: string;
  /** How the network's activation is read; left out, as that of a gated one. */
  readonly activation?: (field: string, value: string) => Activation;
  /** `attention_bias` is one of queries, keys and values alone (GLM). */
  readonly outputBias?: false;
  /** Where biases are, if other fields than `attention_bias` and `mlp_bias` say so. */
  readonly biases?: ReturnType<typeof biases>;
  /** Layers of every `pattern` slide but the last; left out, all do where there is a window. */
  readonly pattern?: number;
  /** The window counts only where the file says so by `use_sliding_window` (Qwen). */
  readonly windowOnRequest?: boolean;
  /** What stands behind the last layer; left out, as in classes of decoders. */
  readonly head?: Partial<ModelSpec>;
  readonly differences?: Partial<ModelSpec>;
}

/** Reads the shared fields; a family with fields of its own parses those beside. */
export function readDecoder(
  file: ConfigFile,
  defaults: DecoderDefaults,
  code: DecoderCode,
): ModelSpec {
  const config = file.parse((kit) => decoderFields(kit, defaults));
  const { hidden_size: hidden, num_attention_heads: heads } = config;
  const activation = code.activation ?? gatedActivation;
  const field = config.hidden_activation ? 'hidden_activation' : 'hidden_act';
  const named = config.hidden_activation ?? config.hidden_act ?? defaults.activation ?? 'silu';
  return {
    name: file.name,
    family: code.family,
    architecture: 'decoder',
    layers: config.num_hidden_layers,
    hidden,
    heads,
    kvHeads: config.num_key_value_heads ?? heads,
    headDim: config.head_dim ?? defaults.headDim ?? hidden / heads,
    ffn: config.intermediate_size,
    vocab: config.vocab_size,
    maxPositions: config.max_position_embeddings,
    positions: 'rotary',
    norm: 'rmsnorm',
    ...activation(field, named),
    ...(code.biases ??
      biases({
        qkv: config.attention_bias,
        output: config.attention_bias && code.outputBias !== false,
        ffn: config.mlp_bias ?? false,
      })),
    tiedHead: config.tie_word_embeddings,
    ...(code.head ?? decoderHead(file)),
    ...windows(config, code),
    ...code.differences,
  };
}

/** Biases by where they are, as one word where they are everywhere or nowhere. */
export function biases({
  qkv,
  output,
  ffn,
}: {
  qkv: boolean;
  output: boolean;
  ffn: boolean;
}): Pick<ModelSpec, 'bias' | 'qkvBias' | 'outputBias' | 'ffnBias'> {
  if (qkv === output && output === ffn) return { bias: ffn };
  return {
    bias: false,
    ...(qkv && { qkvBias: true }),
    ...(output && { outputBias: true }),
    ...(ffn && { ffnBias: true }),
  };
}

/** A window that all layers have, or how many have it. */
function windows(
  config: DecoderConfig,
  { pattern, windowOnRequest }: DecoderCode,
): Pick<ModelSpec, 'slidingWindow' | 'localAttention'> {
  const { sliding_window: window, use_sliding_window: isUsed, num_hidden_layers: L } = config;
  if (!window || isUsed === false || (windowOnRequest && isUsed !== true)) return {};
  const layers = slidingLayers(config, pattern);
  if (layers === L) return { slidingWindow: window };
  return layers === 0 ? {} : { localAttention: { window, layers } };
}

function slidingLayers(config: DecoderConfig, usual: number | undefined): number {
  const { layer_types: types, num_hidden_layers: L, max_window_layers: full } = config;
  if (types) return types.filter((type) => type === 'sliding_attention').length;
  const given = config._sliding_window_pattern ?? config.sliding_window_pattern;
  const pattern = typeof given === 'number' && given > 0 ? given : usual;
  if (pattern !== undefined) return L - Math.floor(L / pattern);
  return full === undefined ? L : Math.max(0, L - full);
}
