/** Solar Open: Llama with GLM 4.5's experts in every layer. */
import { type DecoderDefaults, LLAMA_IMPLEMENTATION, readDecoder } from './decoder';
import type { Family } from './family';
import { sharedExperts } from './shared-experts';

export const SOLAR_OPEN: Family = {
  name: 'solar_open',
  implementation: { ...LLAMA_IMPLEMENTATION, routerInFp32: true },
  configs: [
    {
      types: ['solar_open'],
      classes: /^SolarOpen(For|Model)/,
      read: (file) =>
        readDecoder(file, DEFAULTS, {
          family: 'solar_open',
          outputBias: false,
          differences: {
            experts: sharedExperts(file, {
              total: 128,
              active: 8,
              ffn: 1280,
              shared: 1,
              dense: 0,
            }),
          },
        }),
    },
  ],
};

const DEFAULTS: DecoderDefaults = {
  vocab: 196_608,
  hidden: 4096,
  // No layer is dense.
  ffn: 10_240,
  layers: 48,
  heads: 64,
  kvHeads: 8,
  headDim: 128,
  positions: 131_072,
};
