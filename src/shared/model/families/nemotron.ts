/** Nemotron: Llama with LayerNorm (of one plus its scale) and a plain network of squared ReLU. */
import { plainActivation } from './activations';
import { LLAMA_IMPLEMENTATION, readDecoder } from './decoder';
import type { Family } from './family';
import { LLAMA_DEFAULTS } from './llama';

export const NEMOTRON: Family = {
  name: 'nemotron',
  implementation: { ...LLAMA_IMPLEMENTATION, joinsRotated: true },
  configs: [
    {
      types: ['nemotron'],
      classes: /^Nemotron(For|Model)/,
      read: (file) =>
        readDecoder(
          file,
          {
            ...LLAMA_DEFAULTS,
            vocab: 256_000,
            hidden: 6144,
            ffn: 24_576,
            heads: 48,
            positions: 4096,
            activation: 'relu2',
          },
          {
            family: 'nemotron',
            activation: plainActivation,
            differences: { norm: 'layernorm' },
          },
        ),
    },
  ],
};
