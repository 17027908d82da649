/** DeBERTa v2 and v3: BERT whose attention reads a table of relative positions with the projections of its own keys and queries. */
import { BERT_DEFAULTS, BERT_IMPLEMENTATION, readEncoder } from './encoder';
import type { Family } from './family';

export const DEBERTA: Family = {
  name: 'deberta',
  implementation: {
    ...BERT_IMPLEMENTATION,
    modules: {
      ...BERT_IMPLEMENTATION.modules,
      query: 'query_proj',
      key: 'key_proj',
      value: 'value_proj',
    },
  },
  configs: [
    {
      types: ['deberta-v2'],
      classes: /^DebertaV2/,
      read(file) {
        const config = file.parse(({ z, count }) =>
          z.object({
            hidden_size: count.default(1536),
            num_attention_heads: count.default(24),
            attention_head_size: count.optional(),
            max_position_embeddings: count.default(512),
            relative_attention: z.boolean().default(false),
            max_relative_positions: z.number().int().default(-1),
            position_buckets: z.number().int().default(-1),
            position_biased_input: z.boolean().default(true),
            pos_att_type: z.union([z.string(), z.array(z.string())]).nullish(),
            share_att_key: z.boolean().default(false),
            norm_rel_ebd: z.string().default('none'),
            conv_kernel_size: z.number().int().nonnegative().nullish(),
            conv_groups: z.literal(1).nullish(),
            embedding_size: count.optional(),
            pooler_hidden_size: count.optional(),
          }),
        );
        const { hidden_size: hidden, relative_attention: relative } = config;
        if (relative && config.pos_att_type && !config.share_att_key)
          file.refuse(
            'share_att_key',
            false,
            'Plumbline knows relative positions that share the projections of keys and queries: share_att_key true.',
          );
        for (const field of ['embedding_size', 'pooler_hidden_size'] as const)
          if ((config[field] ?? hidden) !== hidden)
            file.refuse(
              field,
              config[field],
              `Plumbline knows it as the width of the layers, ${hidden}.`,
            );
        const reach =
          config.max_relative_positions < 1
            ? config.max_position_embeddings
            : config.max_relative_positions;
        const { position_buckets: buckets, pos_att_type: scored } = config;
        const kinds = typeof scored === 'string' ? scored.split('|') : (scored ?? []);
        const terms = ['c2p', 'p2c'].filter((kind) => kinds.includes(kind)).length;
        return {
          ...readEncoder(file, DEFAULTS, 'deberta', { pooler: false }),
          ...(isPooled(file.className) && { pooler: true }),
          headDim: config.attention_head_size ?? hidden / config.num_attention_heads,
          positions: config.position_biased_input ? 'learned' : 'none',
          ...(relative && {
            relativeTable: {
              rows: 2 * (buckets > 0 ? buckets : reach),
              norm: config.norm_rel_ebd.includes('layer_norm'),
              terms,
            },
          }),
          ...(config.conv_kernel_size && { convolution: config.conv_kernel_size }),
        };
      },
    },
  ],
};

/** The bare model has no pooler; classifiers of whole sequences do. */
function isPooled(className = ''): boolean {
  return /For(SequenceClassification|MultipleChoice)$/.test(className);
}

const DEFAULTS = {
  ...BERT_DEFAULTS,
  vocab: 128_100,
  hidden: 1536,
  layers: 24,
  heads: 24,
  ffn: 6144,
  tokenTypes: 0,
};
