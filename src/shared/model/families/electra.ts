/** ELECTRA: BERT whose embeddings may be narrower than its layers, and a discriminator that judges every token. */
import { BERT_DEFAULTS, BERT_IMPLEMENTATION, narrowEmbedding, readEncoder } from './encoder';
import type { Family } from './family';

export const ELECTRA: Family = {
  name: 'electra',
  implementation: BERT_IMPLEMENTATION,
  configs: [
    {
      types: ['electra'],
      classes: /^Electra/,
      read(file) {
        const shapes = { pooler: false, dense: 'bias' } as const;
        const model = readEncoder(file, DEFAULTS, 'electra', shapes);
        // The discriminator says of each token whether it was replaced.
        const isDiscriminator = file.className?.endsWith('ForPreTraining');
        const { lmHead: _, headTransform: __, headBias: ___, ...bare } = model;
        return {
          ...(isDiscriminator ? bare : model),
          ...(isDiscriminator && {
            classifier: { labels: 1, bias: true, dense: 'bias' as const },
          }),
          ...narrowEmbedding(file, model.hidden),
        };
      },
    },
  ],
};

const DEFAULTS = { ...BERT_DEFAULTS, hidden: 256, heads: 4, ffn: 1024 };
