/** ALBERT: BERT with embeddings narrower than its layers, which share one set of weights. */
import { BERT_IMPLEMENTATION, narrowEmbedding, readEncoder } from './encoder';
import type { Family } from './family';

export const ALBERT: Family = {
  name: 'albert',
  implementation: {
    ...BERT_IMPLEMENTATION,
    modules: { ...BERT_IMPLEMENTATION.modules, up: 'ffn', down: 'ffn_output' },
  },
  configs: [
    {
      types: ['albert'],
      classes: /^Albert/,
      read(file) {
        const config = file.parse(({ z, count }) =>
          z.object({
            num_hidden_groups: count.default(1),
            inner_group_num: count.default(1),
            net_structure_type: z.literal(0).nullish(),
            num_memory_blocks: z.literal(0).nullish(),
            gap_size: z.literal(0).nullish(),
          }),
        );
        const model = readEncoder(file, ALBERT_DEFAULTS, 'albert', { pooler: true });
        return {
          ...model,
          ...narrowEmbedding(file, model.hidden),
          sharedLayers: config.num_hidden_groups * config.inner_group_num,
        };
      },
    },
  ],
};

const ALBERT_DEFAULTS = {
  vocab: 30_000,
  hidden: 4096,
  layers: 12,
  heads: 64,
  ffn: 16_384,
  activation: 'gelu_new',
};
