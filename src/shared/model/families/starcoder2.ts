/** StarCoder2: LayerNorm, a plain GELU network, biases everywhere unless the file says no, tied embeddings. */
import { plainActivation } from './activations';
import { LLAMA_IMPLEMENTATION, readDecoder } from './decoder';
import type { Family } from './family';

export const STARCODER2: Family = {
  name: 'starcoder2',
  implementation: {
    ...LLAMA_IMPLEMENTATION,
    residualDropout: true,
    modules: { up: 'c_fc', down: 'c_proj' },
  },
  configs: [
    {
      types: ['starcoder2'],
      classes: /^Starcoder2/,
      read(file) {
        const { use_bias: bias } = file.parse(({ z }) =>
          z.object({
            use_bias: z.boolean().default(true),
            norm_type: z.string().optional(),
            mlp_type: z.string().optional(),
          }),
        );
        return readDecoder(file, DEFAULTS, {
          family: 'starcoder2',
          activation: plainActivation,
          differences: { norm: 'layernorm', bias },
        });
      },
    },
  ],
};

const DEFAULTS = {
  vocab: 49_152,
  hidden: 3072,
  ffn: 12_288,
  layers: 30,
  heads: 24,
  kvHeads: 2,
  positions: 4096,
  tied: true,
  activation: 'gelu_pytorch_tanh',
};
