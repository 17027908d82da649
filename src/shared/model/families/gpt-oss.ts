/** gpt-oss: experts with biases in every layer, a learned sink for each head, a window in every other layer. */
import { LLAMA_IMPLEMENTATION, readDecoder } from './decoder';
import type { Family } from './family';
import { localExperts } from './local-experts';

export const GPT_OSS: Family = {
  name: 'gpt_oss',
  // The sinks stand beside the scores, and softmax takes them in the scores' own precision.
  implementation: { ...LLAMA_IMPLEMENTATION, softmaxInFp32: false },
  configs: [
    {
      types: ['gpt_oss'],
      classes: /^GptOss/,
      read: (file) =>
        readDecoder(file, DEFAULTS, {
          family: 'gpt_oss',
          pattern: 2,
          differences: {
            attentionSinks: true,
            experts: {
              ...localExperts(file, { total: 128, active: 4, ffn: 2880 }),
              routerBias: true,
              bias: true,
            },
          },
        }),
    },
  ],
};

const DEFAULTS = {
  vocab: 201_088,
  hidden: 2880,
  ffn: 2880,
  layers: 36,
  heads: 64,
  kvHeads: 8,
  headDim: 64,
  positions: 131_072,
  window: 128,
  attentionBias: true,
};
