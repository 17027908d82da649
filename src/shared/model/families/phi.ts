/** Phi: Phi 1 and 2 (attention and network side by side, biases everywhere), Phi-3 (Llama with fused matrices), Phi-3.5-MoE. */
import { plainActivation } from './activations';
import { type DecoderDefaults, LLAMA_IMPLEMENTATION, readDecoder } from './decoder';
import type { Family } from './family';
import { localExperts } from './local-experts';

export const PHI: Family = {
  name: 'phi',
  implementation: {
    ...LLAMA_IMPLEMENTATION,
    residualDropout: true,
    joinsRotated: true,
    modules: { output: 'dense', up: 'fc1', down: 'fc2' },
  },
  configs: [
    {
      types: ['phi', 'phi-msft'],
      classes: /^Phi(For|Model)/,
      read(file) {
        const { qk_layernorm } = file.parse(({ z }) =>
          z.object({ qk_layernorm: z.boolean().default(false) }),
        );
        return readDecoder(file, PHI_2, {
          family: 'phi',
          activation: plainActivation,
          differences: {
            norm: 'layernorm',
            bias: true,
            headBias: true,
            layerNorms: 1,
            parallel: true,
            ...(qk_layernorm && { qkNorm: true, qkNormBias: true }),
          },
        });
      },
    },
  ],
};

export const PHI3: Family = {
  name: 'phi3',
  implementation: {
    ...LLAMA_IMPLEMENTATION,
    fusedProjection: true,
    fusedGate: true,
    residualDropout: true,
    joinsRotated: true,
  },
  configs: [
    {
      types: ['phi3'],
      classes: /^Phi3(For|Model)/,
      read: (file) => readDecoder(file, PHI_3, { family: 'phi3' }),
    },
  ],
};

export const PHIMOE: Family = {
  name: 'phimoe',
  implementation: { ...LLAMA_IMPLEMENTATION, routesInHalf: true },
  configs: [
    {
      types: ['phimoe'],
      classes: /^Phi[mM][oO][eE]/,
      read(file) {
        const { lm_head_bias } = file.parse(({ z }) =>
          z.object({ lm_head_bias: z.boolean().default(false) }),
        );
        return readDecoder(file, PHI_MOE, {
          family: 'phimoe',
          differences: {
            norm: 'layernorm',
            ...(lm_head_bias && { headBias: true }),
            experts: localExperts(file, { total: 16, active: 2, ffn: 6400 }),
          },
        });
      },
    },
  ],
};

const PHI_2: DecoderDefaults = {
  vocab: 51_200,
  hidden: 2048,
  ffn: 8192,
  layers: 24,
  heads: 32,
  kvHeads: null,
  positions: 2048,
  activation: 'gelu_new',
};
const PHI_3: DecoderDefaults = {
  vocab: 32_064,
  hidden: 3072,
  ffn: 8192,
  layers: 32,
  heads: 32,
  kvHeads: null,
  positions: 4096,
};
const PHI_MOE: DecoderDefaults = {
  ...PHI_3,
  hidden: 4096,
  ffn: 6400,
  kvHeads: 8,
  positions: 131_072,
};
