/** GLM 4: Llama with gate and up in one matrix and biases on the projections; 0414 norms the outputs too, 4.5 has DeepSeek's experts, 4.7 Flash its attention too. */
import { type DecoderDefaults, LLAMA_IMPLEMENTATION, readDecoder } from './decoder';
import { DEEPSEEK, readDeepseek } from './deepseek';
import type { Family } from './family';
import { sharedExperts } from './shared-experts';

export const GLM: Family = {
  name: 'glm',
  implementation: { ...LLAMA_IMPLEMENTATION, fusedGate: true, joinsRotated: true },
  configs: [
    {
      types: ['glm'],
      classes: /^Glm(For|Model)/,
      read: (file) => readDecoder(file, DEFAULTS, { family: 'glm', outputBias: false }),
    },
    {
      types: ['glm4'],
      classes: /^Glm4(For|Model)/,
      read: (file) =>
        readDecoder(file, DEFAULTS, {
          family: 'glm',
          outputBias: false,
          differences: { layerNorms: 4 },
        }),
    },
  ],
};

export const GLM_MOE: Family = {
  name: 'glm4_moe',
  implementation: { ...LLAMA_IMPLEMENTATION, routerInFp32: true, joinsRotated: true },
  configs: [
    {
      types: ['glm4_moe'],
      classes: /^Glm4Moe(For|Model)/,
      read(file) {
        const { use_qk_norm } = file.parse(({ z }) =>
          z.object({ use_qk_norm: z.boolean().default(false) }),
        );
        return readDecoder(file, MOE_DEFAULTS, {
          family: 'glm4_moe',
          outputBias: false,
          differences: {
            ...(use_qk_norm && { qkNorm: true }),
            experts: sharedExperts(file, {
              total: 128,
              active: 8,
              ffn: 1408,
              shared: 1,
              dense: 1,
            }),
          },
        });
      },
    },
  ],
};

export const GLM_MOE_LITE: Family = {
  name: 'glm4_moe_lite',
  implementation: DEEPSEEK.implementation,
  configs: [
    {
      types: ['glm4_moe_lite'],
      classes: /^Glm4MoeLite(For|Model)/,
      read: (file) =>
        readDeepseek(
          file,
          LITE_DEFAULTS,
          { total: 64, active: 4, ffn: 1536, shared: 1, dense: 1 },
          { queryRank: 768, kvRank: 512, ropeDim: 64, plainDim: 192, valueDim: 256 },
          'glm4_moe_lite',
        ),
    },
  ],
};

const DEFAULTS: DecoderDefaults = {
  vocab: 151_552,
  hidden: 4096,
  ffn: 13_696,
  layers: 40,
  heads: 32,
  kvHeads: 2,
  headDim: 128,
  positions: 131_072,
  attentionBias: true,
};
const MOE_DEFAULTS: DecoderDefaults = {
  vocab: 151_552,
  hidden: 4096,
  ffn: 10_944,
  layers: 46,
  heads: 96,
  kvHeads: 8,
  positions: 131_072,
};
const LITE_DEFAULTS: DecoderDefaults = {
  vocab: 154_880,
  hidden: 2048,
  ffn: 10_240,
  layers: 47,
  heads: 20,
  kvHeads: null,
  positions: 202_752,
};
