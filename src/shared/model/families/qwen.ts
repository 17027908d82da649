/** Qwen2 and Qwen3: Llama's blocks, with biases on the projections (2) or a norm on queries and keys (3), and their experts. */
import type { Experts, ModelSpec } from '../model-spec';
import { type DecoderDefaults, LLAMA_IMPLEMENTATION, readDecoder } from './decoder';
import type { ConfigFile, Family, Implementation } from './family';
import { type LlamaSize, llama } from './llama';
import { everyNth, indices } from './llama4';

export const QWEN: Family = {
  name: 'qwen',
  implementation: LLAMA_IMPLEMENTATION,
  configs: [
    {
      types: ['qwen2', 'qwen2_vl_text', 'qwen2_5_vl_text'],
      classes: /^Qwen2(For|Model)/,
      read: (file) =>
        readDecoder(file, DEFAULTS, {
          ...CODE,
          differences: { qkvBias: true },
        }),
    },
    {
      types: ['qwen3', 'qwen3_vl_text'],
      classes: /^Qwen3(For|Model)/,
      read: (file) =>
        readDecoder(
          file,
          { ...DEFAULTS, headDim: HEAD_DIM_3 },
          { ...CODE, differences: { qkNorm: true } },
        ),
    },
  ],
};

export const QWEN_MOE: Family = {
  name: 'qwen_moe',
  implementation: { ...LLAMA_IMPLEMENTATION, routesInHalf: true },
  configs: [
    {
      types: ['qwen2_moe'],
      classes: /^Qwen2Moe/,
      read(file) {
        const { qkv_bias } = file.parse(({ z }) =>
          z.object({ qkv_bias: z.boolean().default(true) }),
        );
        return readDecoder(file, QWEN2_MOE, {
          ...MOE_CODE,
          differences: {
            ...(qkv_bias && { qkvBias: true }),
            experts: sparseExperts(file, {
              layers: 24,
              total: 60,
              active: 4,
              ffn: 1408,
              shared: 5632,
            }),
          },
        });
      },
    },
    {
      types: ['qwen3_moe', 'qwen3_vl_moe_text'],
      classes: /^Qwen3Moe/,
      read: (file) =>
        readDecoder(file, QWEN3_MOE, {
          ...MOE_CODE,
          differences: {
            qkNorm: true,
            experts: sparseExperts(file, { layers: 24, total: 128, active: 8, ffn: 768 }),
          },
        }),
    },
  ],
};

/** Of both families with layers of the gated delta rule. */
const DELTA_CODE: Implementation = {
  ...LLAMA_IMPLEMENTATION,
  normKeepsInput: false,
  scaledInFp32: true,
  joinsRotated: true,
};

export const QWEN3_NEXT: Family = {
  name: 'qwen3_next',
  implementation: { ...DELTA_CODE, routesInHalf: true, modules: { qkv: 'in_proj_qkvz' } },
  configs: [
    {
      types: ['qwen3_next'],
      classes: /^Qwen3Next/,
      read: (file) =>
        readDecoder(file, QWEN3_NEXT_DEFAULTS, {
          family: 'qwen3_next',
          windowOnRequest: true,
          differences: {
            ...deltaLayers(file, 48),
            experts: sparseExperts(file, {
              layers: 48,
              total: 512,
              active: 10,
              ffn: 512,
              shared: 512,
            }),
          },
        }),
    },
  ],
};

/** Qwen3-Next's layers with each projection of the delta rule a matrix of its own, dense or with experts everywhere. */
export const QWEN3_5: Family = {
  name: 'qwen3_5',
  implementation: {
    ...DELTA_CODE,
    routesInHalf: true,
    splitsDelta: true,
    modules: { qkv: 'in_proj_qkv' },
  },
  configs: [
    {
      types: ['qwen3_5_text'],
      classes: /^Qwen3_5(For|Text|Model)/,
      read: (file) =>
        readDecoder(file, QWEN3_5_DEFAULTS, {
          family: 'qwen3_5',
          differences: deltaLayers(file, 32),
        }),
    },
    {
      types: ['qwen3_5_moe_text'],
      classes: /^Qwen3_5Moe/,
      read: (file) =>
        readDecoder(file, QWEN3_5_MOE_DEFAULTS, {
          family: 'qwen3_5',
          differences: {
            ...deltaLayers(file, 40),
            experts: sparseExperts(file, {
              layers: 40,
              total: 256,
              active: 8,
              ffn: 512,
              shared: 512,
            }),
          },
        }),
    },
  ],
};

/** Attention with a gate in every fourth layer, the gated delta rule in the others; or as the file says layer by layer. */
function deltaLayers(
  file: ConfigFile,
  usualLayers: number,
): Pick<ModelSpec, 'qkNorm' | 'attentionGate' | 'linearAttention'> {
  const config = file.parse(({ z, count }) =>
    z.object({
      num_hidden_layers: count.default(usualLayers),
      full_attention_interval: count.default(4),
      layer_types: z.array(z.string()).nullish(),
      linear_num_key_heads: count.default(16),
      linear_num_value_heads: count.default(32),
      linear_key_head_dim: count.default(128),
      linear_value_head_dim: count.default(128),
      linear_conv_kernel_dim: count.default(4),
    }),
  );
  const layers = config.num_hidden_layers;
  const full = new Set(everyNth(layers, config.full_attention_interval));
  const linear = config.layer_types
    ? indices(layers).filter((index) => config.layer_types?.[index] === 'linear_attention')
    : indices(layers).filter((index) => !full.has(index));
  return {
    qkNorm: true,
    attentionGate: true,
    linearAttention: {
      kind: 'delta',
      layers: linear,
      keyHeads: config.linear_num_key_heads,
      valueHeads: config.linear_num_value_heads,
      keyDim: config.linear_key_head_dim,
      valueDim: config.linear_value_head_dim,
      convolution: config.linear_conv_kernel_dim,
    },
  };
}

const CODE = { family: 'qwen', windowOnRequest: true };
const MOE_CODE = { ...CODE, family: 'qwen_moe' };

/**
 * Experts in every `decoder_sparse_step`-th layer but those of `mlp_only_layers`; with `shared`, a network for every token
 * behind a gate besides.
 */
function sparseExperts(
  file: ConfigFile,
  usual: { layers: number; total: number; active: number; ffn: number; shared?: number },
): Experts {
  const config = file.parse(({ z, count }) =>
    z.object({
      num_hidden_layers: count.default(usual.layers),
      num_experts: count.nullish(),
      num_local_experts: count.nullish(),
      num_experts_per_tok: count.default(usual.active),
      moe_intermediate_size: count.default(usual.ffn),
      shared_expert_intermediate_size: count.default(usual.shared ?? 1),
      decoder_sparse_step: count.default(1),
      mlp_only_layers: z.array(z.number().int().nonnegative()).nullish(),
    }),
  );
  const only = new Set(config.mlp_only_layers);
  const sparse = new Set(everyNth(config.num_hidden_layers, config.decoder_sparse_step));
  const denseAt = indices(config.num_hidden_layers).filter(
    (index) => only.has(index) || !sparse.has(index),
  );
  return {
    total: config.num_local_experts ?? config.num_experts ?? usual.total,
    active: config.num_experts_per_tok,
    ffn: config.moe_intermediate_size,
    ...(usual.shared !== undefined && {
      sharedFfn: config.shared_expert_intermediate_size,
      sharedGate: true,
    }),
    ...(denseAt.length > 0 && { denseAt }),
  };
}

/** Width of a head in Qwen3, whatever the model's. */
const HEAD_DIM_3 = 128;

const DEFAULTS: DecoderDefaults = {
  vocab: 151_936,
  hidden: 4096,
  ffn: 22_016,
  layers: 32,
  heads: 32,
  kvHeads: 32,
  positions: 32_768,
};
const QWEN2_MOE: DecoderDefaults = {
  ...DEFAULTS,
  hidden: 2048,
  ffn: 5632,
  layers: 24,
  heads: 16,
  kvHeads: 16,
};
const QWEN3_MOE: DecoderDefaults = {
  ...DEFAULTS,
  hidden: 2048,
  ffn: 6144,
  layers: 24,
  kvHeads: 4,
};
const QWEN3_NEXT_DEFAULTS: DecoderDefaults = {
  ...DEFAULTS,
  hidden: 2048,
  ffn: 5632,
  layers: 48,
  heads: 16,
  kvHeads: 2,
  headDim: 256,
};
const QWEN3_5_DEFAULTS: DecoderDefaults = {
  ...QWEN3_NEXT_DEFAULTS,
  vocab: 248_320,
  hidden: 4096,
  ffn: 12_288,
  layers: 32,
  kvHeads: 4,
};
const QWEN3_5_MOE_DEFAULTS: DecoderDefaults = {
  ...QWEN3_NEXT_DEFAULTS,
  vocab: 248_320,
  layers: 40,
};

export function qwen2(
  name: string,
  size: LlamaSize,
  differences: Partial<ModelSpec> = {},
): ModelSpec {
  return llama(name, size, { family: QWEN.name, qkvBias: true, ...differences });
}

export function qwen3(
  name: string,
  size: Omit<LlamaSize, 'vocab' | 'maxPositions'>,
  differences: Partial<ModelSpec> = {},
): ModelSpec {
  return llama(
    name,
    { ...size, vocab: 151_936, maxPositions: 40_960 },
    {
      family: differences.experts ? QWEN_MOE.name : QWEN.name,
      headDim: HEAD_DIM_3,
      qkNorm: true,
      ...differences,
    },
  );
}
