/** DeepSeek V2 and V3: Llama's blocks with latent attention and many small experts, some of them for every token. */
import type { LatentAttention, ModelSpec } from '../model-spec';
import { gatedActivation } from './activations';
import type { Family } from './family';
import { LLAMA_IMPLEMENTATION, type LlamaSize, llama } from './llama';

export const DEEPSEEK: Family = {
  name: 'deepseek',
  implementation: LLAMA_IMPLEMENTATION,
  configs: [
    {
      types: ['deepseek_v2', 'deepseek_v3'],
      classes: /^DeepseekV[23]/,
      read({ name, parse }) {
        const config = parse(({ z, count }) =>
          z.object({
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
          }),
        );
        return deepseek(
          name,
          {
            layers: config.num_hidden_layers,
            hidden: config.hidden_size,
            heads: config.num_attention_heads,
            ffn: config.intermediate_size,
            vocab: config.vocab_size,
            maxPositions: config.max_position_embeddings,
          },
          {
            queryRank: config.q_lora_rank ?? null,
            kvRank: config.kv_lora_rank,
            ropeDim: config.qk_rope_head_dim,
            plainDim: config.qk_nope_head_dim,
            valueDim: config.v_head_dim,
          },
          {
            ...gatedActivation('hidden_act', config.hidden_act),
            tiedHead: config.tie_word_embeddings,
            ...(config.n_routed_experts != null && {
              experts: {
                total: config.n_routed_experts,
                active: config.num_experts_per_tok ?? 8,
                ffn: config.moe_intermediate_size,
                sharedFfn: (config.n_shared_experts ?? 0) * config.moe_intermediate_size,
                denseLayers: config.first_k_dense_replace,
                routerBias: config.model_type === 'deepseek_v3',
              },
            }),
          },
        );
      },
    },
  ],
};

/** Widths that the published models share. */
export const DEEPSEEK_WIDTHS: Omit<LatentAttention, 'queryRank'> = {
  kvRank: 512,
  ropeDim: 64,
  plainDim: 128,
  valueDim: 128,
};

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
