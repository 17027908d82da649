/** Arcee: Llama with a plain network of squared ReLU. */
import { plainActivation } from './activations';
import { LLAMA_IMPLEMENTATION, readDecoder } from './decoder';
import type { Family } from './family';
import { LLAMA_DEFAULTS } from './llama';

export const ARCEE: Family = {
  name: 'arcee',
  implementation: LLAMA_IMPLEMENTATION,
  configs: [
    {
      types: ['arcee'],
      classes: /^Arcee(For|Model)/,
      read: (file) =>
        readDecoder(
          file,
          { ...LLAMA_DEFAULTS, hidden: 2560, ffn: 18_432, positions: 4096, activation: 'relu2' },
          { family: 'arcee', activation: plainActivation },
        ),
    },
  ],
};
