/** SmolLM3: Llama that rotates in three layers of four alone, which costs no bytes. */
import { LLAMA_IMPLEMENTATION, readDecoder } from './decoder';
import type { Family } from './family';

export const SMOLLM3: Family = {
  name: 'smollm3',
  implementation: LLAMA_IMPLEMENTATION,
  configs: [
    {
      types: ['smollm3'],
      classes: /^SmolLM3/,
      read: (file) =>
        readDecoder(
          file,
          {
            vocab: 128_256,
            hidden: 2048,
            ffn: 11_008,
            layers: 36,
            heads: 16,
            kvHeads: 4,
            positions: 32_768,
            tied: true,
          },
          { family: 'smollm3', windowOnRequest: true },
        ),
    },
  ],
};
