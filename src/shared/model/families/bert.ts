/** BERT and DistilBERT: encoders with learned positions and their norms last. */
import type { ModelSpec } from '../model-spec';
import { plainActivation } from './activations';
import type { Family } from './family';

export const BERT: Family = {
  name: 'bert',
  implementation: {
    fusedProjection: false,
    softmaxInFp32: false,
    residualDropout: true,
    normKeepsInput: false,
    // BertEmbeddings registers position_ids and token_type_ids.
    buffers: 'position-ids',
  },
  configs: [
    {
      types: ['bert'],
      classes: /^Bert/,
      read({ name, architectures, parse }) {
        const config = parse(({ z, count }) =>
          z.object({
            vocab_size: count.default(30_522),
            hidden_size: count.default(768),
            num_hidden_layers: count.default(12),
            num_attention_heads: count.default(12),
            intermediate_size: count.default(3072),
            hidden_act: z.string().default('gelu'),
            max_position_embeddings: count.default(512),
            type_vocab_size: z.number().int().nonnegative().default(2),
          }),
        );
        return bert(
          name,
          {
            layers: config.num_hidden_layers,
            hidden: config.hidden_size,
            heads: config.num_attention_heads,
            ffn: config.intermediate_size,
          },
          {
            vocab: config.vocab_size,
            maxPositions: config.max_position_embeddings,
            ...plainActivation('hidden_act', config.hidden_act),
            tokenTypes: config.type_vocab_size,
            // Built without the pooler for masked language modelling, tokens and spans; the bare model has it.
            pooler: !architectures.some((name) => WITHOUT_POOLER.test(name)),
          },
        );
      },
    },
    {
      types: ['distilbert'],
      classes: /^DistilBert/,
      read({ name, parse }) {
        const config = parse(({ z, count }) =>
          z.object({
            vocab_size: count.default(30_522),
            dim: count.default(768),
            n_layers: count.default(6),
            n_heads: count.default(12),
            hidden_dim: count.default(3072),
            activation: z.string().default('gelu'),
            max_position_embeddings: count.default(512),
          }),
        );
        return bert(
          name,
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
            tokenTypes: 0,
            pooler: false,
          },
        );
      },
    },
  ],
};

const WITHOUT_POOLER = /ForMaskedLM|ForTokenClassification|ForQuestionAnswering|LMHeadModel/;

/** The encoder itself; heads for a task are small, and a masked-language head is tied. */
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
