/** Apertus: Llama with a plain network of xIELU, and norms of queries and keys. */
import { plainActivation } from './activations';
import { LLAMA_IMPLEMENTATION, readDecoder } from './decoder';
import type { Family } from './family';
import { LLAMA_DEFAULTS } from './llama';

export const APERTUS: Family = {
  name: 'apertus',
  implementation: LLAMA_IMPLEMENTATION,
  configs: [
    {
      types: ['apertus'],
      classes: /^Apertus(For|Model)/,
      read: (file) =>
        readDecoder(
          file,
          {
            ...LLAMA_DEFAULTS,
            vocab: 131_072,
            ffn: 14_336,
            positions: 65_536,
            activation: 'xielu',
          },
          { family: 'apertus', activation: plainActivation, differences: { qkNorm: true } },
        ),
    },
  ],
};
