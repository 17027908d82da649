/** Pegasus: mBART without a norm on the embeddings; positions are sines in a table that does not train. */
import { BART, readBart, withNormsFirst } from './bart';
import type { Family } from './family';

export const PEGASUS: Family = {
  name: 'pegasus',
  implementation: BART.implementation,
  configs: [
    {
      types: ['pegasus'],
      classes: /^Pegasus(For|Model)/,
      read: (file) => ({
        ...withNormsFirst(readBart(file, 'pegasus', { spare: 0 })),
        fixedPositions: true,
      }),
    },
  ],
};
