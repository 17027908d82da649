/** BERT, RoBERTa and XLM-RoBERTa, DistilBERT: encoders with learned positions and their norms last. */
import type { ModelSpec } from '../model-spec';
import { plainActivation } from './activations';
import {
  BERT_DEFAULTS,
  BERT_IMPLEMENTATION,
  encoderHead,
  type HeadShapes,
  readEncoder,
} from './encoder';
import type { Family } from './family';

const BERT_HEADS: HeadShapes = { pooler: true };

export const BERT: Family = {
  name: 'bert',
  implementation: BERT_IMPLEMENTATION,
  configs: [
    {
      types: ['bert'],
      classes: /^Bert/,
      read: (file) => readEncoder(file, BERT_DEFAULTS, 'bert', BERT_HEADS),
    },
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
        return bert(
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
            tokenTypes: 0,
            ...encoderHead(file, { pooler: false, dense: 'bias' }),
          },
        );
      },
    },
  ],
};

/** BERT with two rows of positions to spare, and classifiers with a dense layer of their own. */
export const ROBERTA: Family = {
  name: 'roberta',
  implementation: BERT_IMPLEMENTATION,
  configs: [
    {
      types: ['roberta', 'xlm-roberta', 'camembert', 'data2vec-text'],
      classes: /^(Roberta|XLMRoberta|Camembert|Data2VecText)(For|Model)/,
      read: (file) =>
        readEncoder(
          file,
          { ...BERT_DEFAULTS, vocab: file.type === 'xlm-roberta' ? 30_522 : 50_265 },
          'roberta',
          { pooler: true, dense: 'bias' },
        ),
    },
  ],
};

/** The encoder itself, without a head. */
export function bert(
  name: string,
  size: { layers: number; hidden: number; heads: number; ffn?: number },
  differences: Partial<ModelSpec> = {},
): ModelSpec {
  const { hidden, heads } = size;
  return {
    name,
    family: BERT.name,
    architecture: 'encoder',
    layers: size.layers,
    hidden,
    heads,
    kvHeads: heads,
    headDim: hidden / heads,
    ffn: size.ffn ?? 4 * hidden,
    vocab: 30_522,
    maxPositions: 512,
    positions: 'learned',
    norm: 'layernorm',
    activation: 'gelu',
    bias: true,
    tiedHead: true,
    postNorm: true,
    tokenTypes: 2,
    pooler: true,
    ...differences,
  };
}
