/**
 * DeepSeek V2 and V3, Kimi K2 and Moonlight by their class: Llama's blocks with latent attention and many small experts, some
 * of them for every token. The offsets that balance V3's experts are a buffer, no parameter.
 */
import type { LatentAttention, ModelSpec } from '../model-spec';
import { type DecoderDefaults, LLAMA_IMPLEMENTATION, readDecoder } from './decoder';
import type { ConfigFile, Family } from './family';
import { type LlamaSize, llama } from './llama';
import { type SharedExperts, sharedExperts } from './shared-experts';

export const DEEPSEEK: Family = {
  name: 'deepseek',
  implementation: { ...LLAMA_IMPLEMENTATION, routerInFp32: true },
  configs: [
    {
      types: ['deepseek_v2'],
      classes: /^DeepseekV2/,
      read: (file) =>
        readDeepseek(file, V2, { total: 64, active: 6, ffn: 1407, shared: 2, dense: 0 }),
    },
    {
      types: ['deepseek_v3', 'kimi_k2', 'moonlight'],
      classes: /^DeepseekV3/,
      read: (file) =>
        readDeepseek(file, V3, { total: 256, active: 8, ffn: 2048, shared: 1, dense: 3 }),
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

/** Widths that DeepSeek's published models share. */
export const DEEPSEEK_WIDTHS: Omit<LatentAttention, 'queryRank'> = {
  kvRank: 512,
  ropeDim: 64,
  plainDim: 128,
  valueDim: 128,
};

/** `family`: of the same blocks, with its own defaults. */
export function readDeepseek(
  file: ConfigFile,
  defaults: DecoderDefaults,
  usual: SharedExperts,
  widths: LatentAttention = { ...DEEPSEEK_WIDTHS, queryRank: 1536 },
  family = 'deepseek',
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
  const model = readDecoder(file, defaults, { family });
  return {
    ...model,
    kvHeads: model.heads,
    headDim: latentAttention.plainDim + latentAttention.ropeDim,
    latentAttention,
    experts: sharedExperts(file, usual),
  };
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
