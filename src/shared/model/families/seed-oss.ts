/** Seed-OSS: Llama with biases on queries, keys and values, and on the output projection one of its own. */
import { biases, LLAMA_IMPLEMENTATION, readDecoder } from './decoder';
import type { Family } from './family';
import { LLAMA_DEFAULTS } from './llama';

export const SEED_OSS: Family = {
  name: 'seed_oss',
  implementation: LLAMA_IMPLEMENTATION,
  configs: [
    {
      types: ['seed_oss'],
      classes: /^SeedOss/,
      read(file) {
        const config = file.parse(({ z }) =>
          z.object({
            attention_bias: z.boolean().default(true),
            attention_out_bias: z.boolean().default(false),
            mlp_bias: z.boolean().default(false),
          }),
        );
        return readDecoder(
          file,
          {
            ...LLAMA_DEFAULTS,
            vocab: 155_136,
            ffn: 27_648,
            layers: 64,
            heads: 80,
            kvHeads: 8,
            headDim: 128,
            positions: 524_288,
          },
          {
            family: 'seed_oss',
            biases: biases({
              qkv: config.attention_bias,
              output: config.attention_out_bias,
              ffn: config.mlp_bias,
            }),
          },
        );
      },
    },
  ],
};
