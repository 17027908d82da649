/**
 * Gemma 4's language model: layers of a window and layers over all tokens, whose heads are wider and may take their keys for
 * values; late layers that read the keys and values of earlier ones (E2B, E4B), which get a vector of their own for each token
 * besides; or experts beside the dense network (26B A4B). Values are normalized too.
 */
import type { ModelSpec } from '../model-spec';
import { type DecoderDefaults, LLAMA_IMPLEMENTATION, readDecoder } from './decoder';
import type { ConfigFile, Family } from './family';
import { everyNth, indices } from './llama4';

export const GEMMA4: Family = {
  name: 'gemma4',
  implementation: { ...LLAMA_IMPLEMENTATION, scaledInFp32: true, normsValues: true },
  configs: [{ types: ['gemma4_text'], classes: /^Gemma4(For|Text)/, read }],
};

function read(file: ConfigFile): ModelSpec {
  const config = file.parse(({ z, count }) => {
    const whole = z.number().int().nonnegative();
    return z.object({
      num_hidden_layers: count.default(DEFAULTS.layers),
      num_key_value_heads: count.default(4),
      intermediate_size: count.default(DEFAULTS.ffn),
      layer_types: z.array(z.string()).nullish(),
      global_head_dim: count.nullish(),
      per_layer_config: z
        .record(
          z.string(),
          z.object({ head_dim: count.optional(), num_key_value_heads: count.optional() }).strict(),
        )
        .nullish(),
      num_global_key_value_heads: count.nullish(),
      attention_k_eq_v: z.boolean().default(false),
      num_kv_shared_layers: whole.default(0),
      use_double_wide_mlp: z.boolean().default(false),
      hidden_size_per_layer_input: whole.nullable().default(256),
      vocab_size_per_layer_input: count.default(DEFAULTS.vocab),
      final_logit_softcapping: z.number().nullish(),
      sliding_window: count.default(512),
    });
  });
  const layers = config.num_hidden_layers;
  const {
    attention_k_eq_v: keysAreValues,
    num_kv_shared_layers: shared,
    hidden_size_per_layer_input: width,
  } = config;
  // The last layer sees all tokens whatever the list says.
  const globals = config.layer_types
    ? indices(layers).filter(
        (index) => config.layer_types?.[index] === 'full_attention' || index === layers - 1,
      )
    : [...new Set([...everyNth(layers, 6), layers - 1])];
  if (shared >= layers)
    file.refuse('num_kv_shared_layers', shared, `Fewer than the ${layers} layers there are.`);
  return {
    ...readDecoder(file, DEFAULTS, { family: 'gemma4' }),
    slidingWindow: config.sliding_window,
    layerNorms: 4,
    qkNorm: true,
    globalAttention: {
      layers: globals,
      headDim: config.global_head_dim ?? GLOBAL_HEAD_DIM,
      kvHeads:
        (keysAreValues ? config.num_global_key_value_heads : null) ?? config.num_key_value_heads,
      keysAreValues,
      ...saidByLayer(file, config.per_layer_config, globals),
    },
    ...(shared > 0 && {
      sharedKeys: {
        layers: shared,
        ffn: config.intermediate_size * (config.use_double_wide_mlp ? 2 : 1),
      },
    }),
    ...(width && { layerInputs: { width, rows: config.vocab_size_per_layer_input } }),
    ...experts(file, config.intermediate_size),
    ...(config.final_logit_softcapping && { logitCap: true }),
  };
}

/** transformers since 5.18 writes heads down layer by layer: of all those over all tokens the same, and of no other. */
function saidByLayer(
  file: ConfigFile,
  said: LayerSizes | null | undefined,
  globals: readonly number[],
): { headDim?: number; kvHeads?: number } {
  if (!said) return {};
  const sizes = new Map(Object.entries(said).map(([index, each]) => [Number(index), each]));
  const [first] = sizes.values();
  const isAlike =
    sizes.size === globals.length &&
    globals.every((index) => JSON.stringify(sizes.get(index)) === JSON.stringify(first));
  if (!first || !isAlike)
    file.refuse(
      'per_layer_config',
      said,
      'Heads of one shape in all layers over all tokens are known.',
    );
  const { head_dim: headDim, num_key_value_heads: kvHeads } = first;
  return { ...(headDim && { headDim }), ...(kvHeads && { kvHeads }) };
}

/** In every layer, where there are any: those and the layer's own network, which counts as one that all tokens pass. */
function experts(file: ConfigFile, sharedFfn: number): Pick<ModelSpec, 'experts'> {
  const { enable_moe_block: isMixed, ...config } = file.parse(({ z, count }) =>
    z.object({
      enable_moe_block: z.boolean().default(false),
      num_experts: count.nullish(),
      top_k_experts: count.nullish(),
      moe_intermediate_size: count.nullish(),
    }),
  );
  if (!isMixed) return {};
  const { num_experts: total, top_k_experts: active, moe_intermediate_size: ffn } = config;
  for (const field of ['num_experts', 'top_k_experts', 'moe_intermediate_size'] as const)
    if (!config[field]) file.refuse(field, config[field], 'Give it as the release has it.');
  return {
    experts: { total: total ?? 1, active: active ?? 1, ffn: ffn ?? 1, sharedFfn, beside: true },
  };
}

/** Width of a head over all tokens, where nothing is said. */
const GLOBAL_HEAD_DIM = 512;

type LayerSizes = Readonly<
  Record<string, { head_dim?: number | undefined; num_key_value_heads?: number | undefined }>
>;

const DEFAULTS: DecoderDefaults = {
  vocab: 262_144,
  hidden: 2304,
  ffn: 9216,
  layers: 30,
  heads: 8,
  kvHeads: 4,
  headDim: 256,
  positions: 131_072,
  tied: true,
  activation: 'gelu_pytorch_tanh',
};
