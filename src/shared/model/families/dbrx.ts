/** DBRX: one matrix for queries, keys and values, norms that scale and do not shift, sixteen experts of which four answer. */
import { gatedActivation } from './activations';
import { LLAMA_IMPLEMENTATION } from './decoder';
import type { Family } from './family';
import { decoderHead } from './heads';

export const DBRX: Family = {
  name: 'dbrx',
  implementation: {
    ...LLAMA_IMPLEMENTATION,
    fusedProjection: true,
    residualDropout: true,
    modules: { qkv: 'Wqkv', output: 'out_proj', gate: 'w1', up: 'v1', down: 'w2' },
  },
  configs: [
    {
      types: ['dbrx'],
      classes: /^Dbrx/,
      read(file) {
        const config = file.parse(({ z, count }) =>
          z.object({
            d_model: count.default(2048),
            n_heads: count.default(16),
            n_layers: count.default(24),
            max_seq_len: count.default(2048),
            vocab_size: count.default(32_000),
            attn_config: z.object({ kv_n_heads: count.default(1) }).nullish(),
            ffn_config: z
              .object({
                ffn_hidden_size: count.default(3584),
                moe_num_experts: count.default(4),
                moe_top_k: count.default(1),
                ffn_act_fn: z.object({ name: z.string() }).nullish(),
              })
              .nullish(),
            tie_word_embeddings: z.boolean().default(false),
          }),
        );
        const { d_model: hidden, n_heads: heads, ffn_config: network } = config;
        const ffn = network?.ffn_hidden_size ?? 3584;
        return {
          name: file.name,
          family: 'dbrx',
          architecture: 'decoder',
          layers: config.n_layers,
          hidden,
          heads,
          kvHeads: config.attn_config?.kv_n_heads ?? 1,
          headDim: hidden / heads,
          ffn,
          vocab: config.vocab_size,
          maxPositions: config.max_seq_len,
          positions: 'rotary',
          norm: 'layernorm',
          normVectors: 1,
          ...gatedActivation('ffn_act_fn', network?.ffn_act_fn?.name ?? 'silu'),
          bias: false,
          tiedHead: config.tie_word_embeddings,
          experts: {
            total: network?.moe_num_experts ?? 4,
            active: network?.moe_top_k ?? 1,
            ffn,
          },
          ...decoderHead(file),
        };
      },
    },
  ],
};
