/** MPT: ALiBi, no biases, norms that scale and do not shift. */
import type { Family } from './family';
import { decoderHead } from './heads';
import { NEOX } from './neox';

export const MPT: Family = {
  name: 'mpt',
  implementation: {
    ...NEOX.implementation,
    residualDropout: true,
    modules: { qkv: 'Wqkv', output: 'out_proj' },
  },
  configs: [
    {
      types: ['mpt'],
      classes: /^M[Pp][Tt](For|Model)/,
      read(file) {
        const config = file.parse(({ z, count }) =>
          z.object({
            d_model: count.default(2048),
            n_heads: count.default(16),
            n_layers: count.default(24),
            expansion_ratio: count.default(4),
            max_seq_len: count.default(2048),
            vocab_size: count.default(50_368),
            no_bias: z.literal(true).default(true),
            attn_config: z
              .object({
                qk_ln: z.literal(false).default(false),
                attn_type: z.literal('multihead_attention').default('multihead_attention'),
              })
              .nullish(),
            tie_word_embeddings: z.boolean().default(true),
          }),
        );
        const { d_model: hidden, n_heads: heads } = config;
        return {
          name: file.name,
          family: 'mpt',
          architecture: 'decoder',
          layers: config.n_layers,
          hidden,
          heads,
          kvHeads: heads,
          headDim: hidden / heads,
          ffn: config.expansion_ratio * hidden,
          vocab: config.vocab_size,
          maxPositions: config.max_seq_len,
          positions: 'none',
          norm: 'layernorm',
          normVectors: 1,
          activation: 'gelu',
          bias: false,
          tiedHead: config.tie_word_embeddings,
          ...decoderHead(file),
        };
      },
    },
  ],
};
