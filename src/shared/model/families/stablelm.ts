/** StableLM: Llama with LayerNorm; the second generation has biases on the projections, its 12B one norm a layer and norms for each head. */
import { LLAMA_IMPLEMENTATION, readDecoder } from './decoder';
import type { Family } from './family';

export const STABLELM: Family = {
  name: 'stablelm',
  implementation: { ...LLAMA_IMPLEMENTATION, residualDropout: true, joinsRotated: true },
  configs: [
    {
      types: ['stablelm', 'stablelm_epoch'],
      classes: /^StableL[mM]/,
      read(file) {
        const config = file.parse(({ z }) =>
          z.object({
            use_qkv_bias: z.boolean().default(false),
            qk_layernorm: z.boolean().default(false),
            use_parallel_residual: z.boolean().default(false),
          }),
        );
        return readDecoder(file, DEFAULTS, {
          family: 'stablelm',
          differences: {
            norm: 'layernorm',
            ...(config.use_qkv_bias && { qkvBias: true }),
            ...(config.qk_layernorm && { qkNorm: 'heads' }),
            ...(config.use_parallel_residual && { layerNorms: 1, parallel: true }),
          },
        });
      },
    },
  ],
};

const DEFAULTS = {
  vocab: 50_304,
  hidden: 2560,
  ffn: 6912,
  layers: 32,
  heads: 32,
  kvHeads: 32,
  positions: 4096,
};
