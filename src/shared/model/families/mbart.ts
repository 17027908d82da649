/** mBART: BART with its norms first, one after each stack, and one on the embeddings. */
import { BART, readBart, withNormsFirst } from './bart';
import type { Family } from './family';

export const MBART: Family = {
  name: 'mbart',
  implementation: BART.implementation,
  configs: [
    {
      types: ['mbart'],
      classes: /^MBart/,
      read: (file) => ({ ...withNormsFirst(readBart(file, 'mbart')), embeddingNorm: true }),
    },
  ],
};
