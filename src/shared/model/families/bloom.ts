/** BLOOM: NeoX's matrices with ALiBi in place of rotary positions, a norm of the embeddings, one block after the other. */
import type { Family } from './family';
import { decoderHead } from './heads';
import { NEOX } from './neox';

export const BLOOM: Family = {
  name: 'bloom',
  implementation: { ...NEOX.implementation, residualDropout: true, activationRunAgain: true },
  configs: [
    {
      types: ['bloom'],
      classes: /^Bloom/,
      read(file) {
        const config = file.parse(({ z, count }) =>
          z.object({
            vocab_size: count.default(250_880),
            hidden_size: count.optional(),
            n_embed: count.optional(),
            n_layer: count.optional(),
            num_hidden_layers: count.optional(),
            n_head: count.optional(),
            num_attention_heads: count.optional(),
            seq_length: count.default(2048),
            tie_word_embeddings: z.boolean().default(true),
          }),
        );
        const hidden = config.n_embed ?? config.hidden_size ?? 64;
        const heads = config.n_head ?? config.num_attention_heads ?? 8;
        return {
          name: file.name,
          family: 'bloom',
          architecture: 'decoder',
          layers: config.n_layer ?? config.num_hidden_layers ?? 2,
          hidden,
          heads,
          kvHeads: heads,
          headDim: hidden / heads,
          ffn: 4 * hidden,
          vocab: config.vocab_size,
          maxPositions: config.seq_length,
          positions: 'none',
          norm: 'layernorm',
          // BloomGelu writes the tanh form out.
          activation: 'gelu',
          activationComposed: true,
          bias: true,
          embeddingNorm: true,
          tiedHead: config.tie_word_embeddings,
          ...decoderHead(file),
        };
      },
    },
  ],
};
