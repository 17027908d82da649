/** ALBERT and ELECTRA: BERT with embeddings narrower than its layers; ALBERT's layers share one set of weights. */
import type { ModelSpec } from '../model-spec';
import { BERT_DEFAULTS, BERT_IMPLEMENTATION, readEncoder } from './encoder';
import type { ConfigFile, Family } from './family';

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
          ...narrow(file, model.hidden),
          sharedLayers: config.num_hidden_groups * config.inner_group_num,
        };
      },
    },
  ],
};

export const ELECTRA: Family = {
  name: 'electra',
  implementation: BERT_IMPLEMENTATION,
  configs: [
    {
      types: ['electra'],
      classes: /^Electra/,
      read(file) {
        const shapes = { pooler: false, dense: 'bias' } as const;
        const model = readEncoder(file, ELECTRA_DEFAULTS, 'electra', shapes);
        // The discriminator says of each token whether it was replaced.
        const isDiscriminator = file.className?.endsWith('ForPreTraining');
        const { lmHead: _, headTransform: __, headBias: ___, ...bare } = model;
        return {
          ...(isDiscriminator ? bare : model),
          ...(isDiscriminator && {
            classifier: { labels: 1, bias: true, dense: 'bias' as const },
          }),
          ...narrow(file, model.hidden),
        };
      },
    },
  ],
};

/** Embeddings of a width of their own, and the projection to that of the layers. */
function narrow(file: ConfigFile, hidden: number): Pick<ModelSpec, 'embedding'> {
  const { embedding_size: width } = file.parse(({ z, count }) =>
    z.object({ embedding_size: count.default(128) }),
  );
  // ALBERT projects even where there is nothing to change.
  if (width === hidden && file.type !== 'albert') return {};
  return { embedding: { width, bias: true, back: false } };
}

const ALBERT_DEFAULTS = {
  vocab: 30_000,
  hidden: 4096,
  layers: 12,
  heads: 64,
  ffn: 16_384,
  activation: 'gelu_new',
};
const ELECTRA_DEFAULTS = { ...BERT_DEFAULTS, hidden: 256, heads: 4, ffn: 1024 };
