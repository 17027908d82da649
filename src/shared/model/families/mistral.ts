/** Mistral, Ministral and Mixtral: Llama with a window, and with experts. */
import { type DecoderDefaults, LLAMA_IMPLEMENTATION, readDecoder } from './decoder';
import type { Family } from './family';
import { LLAMA_DEFAULTS } from './llama';
import { localExperts } from './local-experts';

export const MISTRAL: Family = {
  name: 'mistral',
  implementation: LLAMA_IMPLEMENTATION,
  configs: [
    {
      types: ['mistral', 'ministral', 'ministral3'],
      classes: /^Min?istral3?(For|Model)/,
      read: (file) => readDecoder(file, { ...DEFAULTS, window: 4096 }, { family: 'mistral' }),
    },
    {
      types: ['mixtral'],
      classes: /^Mixtral/,
      read: (file) =>
        readDecoder(file, DEFAULTS, {
          family: 'mistral',
          differences: { experts: localExperts(file, { total: 8, active: 2, ffn: 14_336 }) },
        }),
    },
  ],
};

const DEFAULTS: DecoderDefaults = {
  ...LLAMA_DEFAULTS,
  ffn: 14_336,
  kvHeads: 8,
  positions: 131_072,
};
