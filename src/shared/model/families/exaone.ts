/** EXAONE 4: Llama with norms on the outputs, none before, and norms of queries and keys; and its models of experts. */
import { type DecoderDefaults, LLAMA_IMPLEMENTATION, readDecoder } from './decoder';
import type { Family } from './family';
import { LLAMA_DEFAULTS } from './llama';
import { denseIndices } from './shared-experts';

export const EXAONE4: Family = {
  name: 'exaone4',
  implementation: LLAMA_IMPLEMENTATION,
  configs: [
    {
      types: ['exaone4'],
      classes: /^Exaone4(For|Model)/,
      read: (file) =>
        readDecoder(file, DEFAULTS, {
          family: 'exaone4',
          pattern: 4,
          differences: { outputNorms: true, qkNorm: true },
        }),
    },
  ],
};

/** DeepSeek V3's experts behind EXAONE 4's attention, with norms before both. */
export const EXAONE_MOE: Family = {
  name: 'exaone_moe',
  implementation: { ...LLAMA_IMPLEMENTATION, routerInFp32: true },
  configs: [
    {
      types: ['exaone_moe'],
      classes: /^ExaoneMoe(For|Model)/,
      read(file) {
        const config = file.parse(({ z, count }) =>
          z.object({
            num_experts: count.default(64),
            num_experts_per_tok: count.default(8),
            num_shared_experts: z.number().int().nonnegative().default(1),
            moe_intermediate_size: count.default(1024),
            first_k_dense_replace: z.number().int().nonnegative().default(1),
            mlp_layer_types: z.array(z.string()).nullish(),
          }),
        );
        return readDecoder(
          file,
          { ...DEFAULTS, kvHeads: 32 },
          {
            family: 'exaone_moe',
            pattern: 4,
            differences: {
              qkNorm: true,
              experts: {
                total: config.num_experts,
                active: config.num_experts_per_tok,
                ffn: config.moe_intermediate_size,
                sharedFfn: config.num_shared_experts * config.moe_intermediate_size,
                ...denseIndices(config.mlp_layer_types, config.first_k_dense_replace),
              },
            },
          },
        );
      },
    },
  ],
};

const DEFAULTS: DecoderDefaults = {
  ...LLAMA_DEFAULTS,
  vocab: 102_400,
  ffn: 16_384,
  positions: 2048,
  window: 4096,
};
