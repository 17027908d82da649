/** Marian (OPUS-MT): BART without a norm on the embeddings; positions are sines in a table that does not train. */
import { BART, readBart } from './bart';
import type { Family } from './family';

export const MARIAN: Family = {
  name: 'marian',
  implementation: BART.implementation,
  configs: [
    {
      types: ['marian'],
      classes: /^Marian(For|MTModel|Model)/,
      read(file) {
        const model = readBart(file, 'marian', { spare: 0, vocab: 58_101 });
        const { decoder_vocab_size: other, share_encoder_decoder_embeddings: shares } = file.parse(
          ({ z, count }) =>
            z.object({
              decoder_vocab_size: count.nullish(),
              share_encoder_decoder_embeddings: z.boolean().default(true),
            }),
        );
        if (!shares)
          file.refuse(
            'share_encoder_decoder_embeddings',
            false,
            'Plumbline knows one table for both stacks.',
          );
        if (other != null && other !== model.vocab)
          file.refuse('decoder_vocab_size', other, `The shared table has ${model.vocab} rows.`);
        return { ...model, embeddingNorm: false, fixedPositions: true };
      },
    },
  ],
};
