/** Falcon: attention and network side by side on one norm (7B) or on two (40B), or one after the other (RW); keys and values shared by all heads or by groups. */
import { plainActivation } from './activations';
import type { Family } from './family';
import { decoderHead } from './heads';
import { NEOX } from './neox';

export const FALCON: Family = {
  name: 'falcon',
  implementation: {
    ...NEOX.implementation,
    softmaxInFp32: false,
    sharesKeysInSdpa: true,
    expandsGroups: true,
  },
  configs: [
    {
      types: ['falcon', 'RefinedWeb', 'RefinedWebModel'],
      classes: /^(Falcon(For|Model)|RW)/,
      read(file) {
        const config = file.parse(({ z, count }) =>
          z.object({
            vocab_size: count.default(65_024),
            hidden_size: count.default(4544),
            num_hidden_layers: count.optional(),
            n_layer: count.optional(),
            num_attention_heads: count.optional(),
            n_head: count.optional(),
            num_kv_heads: count.nullish(),
            n_head_kv: count.nullish(),
            ffn_hidden_size: count.nullish(),
            num_ln_in_parallel_attn: z.union([z.literal(1), z.literal(2)]).nullish(),
            alibi: z.boolean().default(false),
            bias: z.boolean().default(false),
            multi_query: z.boolean().default(true),
            parallel_attn: z.boolean().default(true),
            new_decoder_architecture: z.boolean().default(false),
            activation: z.string().default('gelu'),
            max_position_embeddings: count.default(2048),
            tie_word_embeddings: z.boolean().default(true),
          }),
        );
        const { hidden_size: hidden, new_decoder_architecture: grouped } = config;
        const heads = config.num_attention_heads ?? config.n_head ?? 71;
        const shared = config.multi_query ? 1 : heads;
        const norms = config.num_ln_in_parallel_attn ?? (grouped ? 2 : 1);
        const parallel = config.parallel_attn || grouped;
        return {
          name: file.name,
          family: 'falcon',
          architecture: 'decoder',
          layers: config.num_hidden_layers ?? config.n_layer ?? 32,
          hidden,
          heads,
          kvHeads: grouped ? (config.num_kv_heads ?? config.n_head_kv ?? heads) : shared,
          headDim: hidden / heads,
          ffn: config.ffn_hidden_size ?? 4 * hidden,
          vocab: config.vocab_size,
          maxPositions: config.max_position_embeddings,
          positions: config.alibi ? 'none' : 'rotary',
          norm: 'layernorm',
          ...plainActivation('activation', config.activation),
          bias: config.bias,
          ...(parallel && { parallel }),
          ...(parallel && norms === 1 && { layerNorms: 1 }),
          tiedHead: config.tie_word_embeddings,
          ...decoderHead(file),
        };
      },
    },
  ],
};
