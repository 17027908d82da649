/** Helium: Llama without a bias on the output projection, whatever the file says of attention. */
import { LLAMA_IMPLEMENTATION, readDecoder } from './decoder';
import type { Family } from './family';

export const HELIUM: Family = {
  name: 'helium',
  implementation: LLAMA_IMPLEMENTATION,
  configs: [
    {
      types: ['helium'],
      classes: /^Helium(For|Model)/,
      read: (file) =>
        readDecoder(
          file,
          {
            vocab: 48_000,
            hidden: 2560,
            ffn: 7040,
            layers: 24,
            heads: 20,
            kvHeads: 20,
            headDim: 128,
            positions: 4096,
          },
          { family: 'helium', outputBias: false },
        ),
    },
  ],
};
