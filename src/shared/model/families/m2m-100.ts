/** M2M-100 (NLLB): mBART whose positions are computed and whose embeddings have no norm. */
import { BART, readBart, withNormsFirst } from './bart';
import type { Family } from './family';

export const M2M_100: Family = {
  name: 'm2m_100',
  implementation: BART.implementation,
  configs: [
    {
      types: ['m2m_100'],
      classes: /^M2M100/,
      read: (file) => ({ ...withNormsFirst(readBart(file, 'm2m_100')), positions: 'none' }),
    },
  ],
};
