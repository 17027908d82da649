/** GPT-BigCode (StarCoder, SantaCoder): GPT-2 with one key and value for all heads. */
import { plainActivation } from './activations';
import type { Family } from './family';
import { GPT2, gpt2 } from './gpt2';
import { decoderHead } from './heads';

export const GPT_BIGCODE: Family = {
  name: 'gpt_bigcode',
  implementation: { ...GPT2.implementation, softmaxInFp32: true, buffers: 'none' },
  configs: [
    {
      types: ['gpt_bigcode'],
      classes: /^GPTBigCode/,
      read(file) {
        const config = file.parse(({ z, count }) =>
          z.object({
            vocab_size: count.default(50_257),
            n_positions: count.default(1024),
            n_embd: count.default(768),
            n_layer: count.default(12),
            n_head: count.default(12),
            n_inner: count.nullish(),
            multi_query: z.boolean().default(true),
            activation_function: z.string().default('gelu_pytorch_tanh'),
            tie_word_embeddings: z.boolean().default(true),
            add_cross_attention: z.literal(false).default(false),
          }),
        );
        const model = gpt2(
          file.name,
          {
            layers: config.n_layer,
            hidden: config.n_embd,
            heads: config.n_head,
            ffn: config.n_inner ?? undefined,
            vocab: config.vocab_size,
            maxPositions: config.n_positions,
          },
          {
            activation: plainActivation('activation_function', config.activation_function),
            tiedHead: config.tie_word_embeddings,
          },
        );
        return {
          ...model,
          family: 'gpt_bigcode',
          kvHeads: config.multi_query ? 1 : model.heads,
          ...decoderHead(file),
        };
      },
    },
  ],
};
