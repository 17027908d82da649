/** DistilBERT: BERT without segments and pooler, under names of its own. */
import type { ModelSpec } from '../model-spec';
import { plainActivation } from './activations';
import { bert } from './bert';
import { BERT_IMPLEMENTATION, encoderHead } from './encoder';
import type { Family } from './family';

export const DISTILBERT: Family = {
  name: 'distilbert',
  implementation: {
    ...BERT_IMPLEMENTATION,
    modules: {
      query: 'q_lin',
      key: 'k_lin',
      value: 'v_lin',
      output: 'out_lin',
      up: 'lin1',
      down: 'lin2',
    },
  },
  configs: [
    {
      types: ['distilbert'],
      classes: /^DistilBert/,
      read(file) {
        const config = file.parse(({ z, count }) =>
          z.object({
            vocab_size: count.default(30_522),
            dim: count.default(768),
            n_layers: count.default(6),
            n_heads: count.default(12),
            hidden_dim: count.default(3072),
            activation: z.string().default('gelu'),
            max_position_embeddings: count.default(512),
            tie_word_embeddings: z.boolean().default(true),
            sinusoidal_pos_embds: z.boolean().default(false),
          }),
        );
        return distilbert(
          file.name,
          {
            layers: config.n_layers,
            hidden: config.dim,
            heads: config.n_heads,
            ffn: config.hidden_dim,
          },
          {
            vocab: config.vocab_size,
            maxPositions: config.max_position_embeddings,
            ...plainActivation('activation', config.activation),
            tiedHead: config.tie_word_embeddings,
            ...encoderHead(file, { pooler: false, dense: 'bias' }),
          },
        );
      },
    },
  ],
};

/** The encoder itself, without a head. */
export function distilbert(
  name: string,
  size: { layers: number; hidden: number; heads: number; ffn?: number },
  differences: Partial<ModelSpec> = {},
): ModelSpec {
  return bert(name, size, {
    family: DISTILBERT.name,
    tokenTypes: 0,
    pooler: false,
    ...differences,
  });
}
