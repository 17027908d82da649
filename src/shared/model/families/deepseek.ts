/**
 * DeepSeek V2 and V3, Kimi K2 and Moonlight by their class, and GLM 4.7 Flash: Llama's blocks with latent attention and many
 * small experts, some of them for every token. The offsets that balance V3's experts are a buffer, no parameter.
 */
import type { Experts, LatentAttention, ModelSpec } from '../model-spec';
import { type DecoderDefaults, LLAMA_IMPLEMENTATION, readDecoder } from './decoder';
import type { ConfigFile, Family } from './family';
import { type LlamaSize, llama } from './llama';

export const DEEPSEEK: Family = {
  name: 'deepseek',
  implementation: { ...LLAMA_IMPLEMENTATION, routerInFp32: true },
  configs: [
    {
      types: ['deepseek_v2'],
      classes: /^DeepseekV2/,
      read: (file) => read(file, V2, { total: 64, active: 6, ffn: 1407, shared: 2, dense: 0 }),
    },
    {
      types: ['deepseek_v3', 'kimi_k2', 'moonlight'],
      classes: /^DeepseekV3/,
      read: (file) => read(file, V3, { total: 256, active: 8, ffn: 2048, shared: 1, dense: 3 }),
    },
    {
      types: ['glm4_moe_lite'],
      classes: /^Glm4MoeLite(For|Model)/,
      read: (file) =>
        read(
          file,
          GLM_LITE,
          { total: 64, active: 4, ffn: 1536, shared: 1, dense: 1 },
          { queryRank: 768, kvRank: 512, ropeDim: 64, plainDim: 192, valueDim: 256 },
        ),
    },
  ],
};

const V2: DecoderDefaults = {
  vocab: 102_400,
  hidden: 4096,
  ffn: 11_008,
  layers: 32,
  heads: 32,
  kvHeads: null,
  positions: 2048,
};
const V3: DecoderDefaults = {
  vocab: 129_280,
  hidden: 7168,
  ffn: 18_432,
  layers: 61,
  heads: 128,
  kvHeads: null,
  positions: 4096,
};

const GLM_LITE: DecoderDefaults = {
  vocab: 154_880,
  hidden: 2048,
  ffn: 10_240,
  layers: 47,
  heads: 20,
  kvHeads: null,
  positions: 202_752,
};

/** Widths that DeepSeek's published models share. */
export const DEEPSEEK_WIDTHS: Omit<LatentAttention, 'queryRank'> = {
  kvRank: 512,
  ropeDim: 64,
  plainDim: 128,
  valueDim: 128,
};

function read(
  file: ConfigFile,
  defaults: DecoderDefaults,
  usual: SharedExperts,
  widths: LatentAttention = { ...DEEPSEEK_WIDTHS, queryRank: 1536 },
): ModelSpec {
  const config = file.parse(({ z, count }) =>
    z.object({
      q_lora_rank: count
        .nullish()
        .transform((given) => (given === undefined ? widths.queryRank : given)),
      kv_lora_rank: count.default(widths.kvRank),
      qk_rope_head_dim: count.default(widths.ropeDim),
      qk_nope_head_dim: count.default(widths.plainDim),
      v_head_dim: count.default(widths.valueDim),
      qk_head_dim: count.nullish(),
    }),
  );
  const latentAttention = {
    queryRank: config.q_lora_rank,
    kvRank: config.kv_lora_rank,
    ropeDim: config.qk_rope_head_dim,
    plainDim: config.qk_nope_head_dim,
    valueDim: config.v_head_dim,
  };
  const model = readDecoder(file, defaults, { family: 'deepseek' });
  return {
    ...model,
    kvHeads: model.heads,
    headDim: latentAttention.plainDim + latentAttention.ropeDim,
    latentAttention,
    experts: sharedExperts(file, usual),
  };
}

/** What a configuration class fills in. */
interface SharedExperts {
  readonly total: number;
  readonly active: number;
  readonly ffn: number;
  readonly shared: number;
  readonly dense: number;
}

/** Experts of which some are for every token, behind a few dense layers at the start. */
export function sharedExperts(file: ConfigFile, usual: SharedExperts): Experts {
  const config = file.parse(({ z, count }) =>
    z.object({
      moe_intermediate_size: count.default(usual.ffn),
      n_routed_experts: count.nullish(),
      n_shared_experts: z.number().int().nonnegative().nullish(),
      num_experts_per_tok: count.nullish(),
      first_k_dense_replace: z.number().int().nonnegative().default(usual.dense),
      moe_layer_freq: z.literal(1).default(1),
      mlp_layer_types: z.array(z.string()).nullish(),
    }),
  );
  return {
    total: config.n_routed_experts ?? usual.total,
    active: config.num_experts_per_tok ?? usual.active,
    ffn: config.moe_intermediate_size,
    sharedFfn: (config.n_shared_experts ?? usual.shared) * config.moe_intermediate_size,
    ...denseIndices(config.mlp_layer_types, config.first_k_dense_replace),
  };
}

/** Layers without experts: those that a list of kinds names, or so many at the start where there is none. */
export function denseIndices(
  kinds: readonly string[] | null | undefined,
  atStart: number,
): Pick<Experts, 'denseLayers' | 'denseAt'> {
  if (!kinds) return { denseLayers: atStart };
  const denseAt = kinds.flatMap((kind, index) => (kind === 'dense' ? [index] : []));
  return denseAt.length > 0 ? { denseAt } : {};
}

export function deepseek(
  name: string,
  size: Omit<LlamaSize, 'kvHeads'>,
  latentAttention: LatentAttention,
  differences: Partial<ModelSpec>,
): ModelSpec {
  return llama(name, size, {
    family: DEEPSEEK.name,
    headDim: latentAttention.plainDim + latentAttention.ropeDim,
    latentAttention,
    ...differences,
  });
}
