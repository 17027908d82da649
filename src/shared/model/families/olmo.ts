/** OLMo 1 to 3 and OLMoE: Llama with norms without weights (1), norms on the outputs and over all of a token's queries and keys (2, 3), experts, and FlexOlmo of both. */
import { type DecoderDefaults, LLAMA_IMPLEMENTATION, readDecoder } from './decoder';
import type { Family } from './family';

export const OLMO: Family = {
  name: 'olmo',
  implementation: { ...LLAMA_IMPLEMENTATION, normInFp32: true },
  configs: [
    {
      types: ['olmo'],
      classes: /^Olmo(For|Model)/,
      read: (file) =>
        readDecoder(file, DEFAULTS, {
          family: 'olmo',
          differences: { norm: 'layernorm', normVectors: 0 },
        }),
    },
  ],
};

export const OLMO2: Family = {
  name: 'olmo2',
  implementation: { ...LLAMA_IMPLEMENTATION, scaledInFp32: true },
  configs: [
    {
      types: ['olmo2'],
      classes: /^Olmo2/,
      read: (file) =>
        readDecoder(file, DEFAULTS, {
          family: 'olmo2',
          differences: { outputNorms: true, qkNorm: 'width' },
        }),
    },
    {
      types: ['olmo3'],
      classes: /^Olmo3/,
      read: (file) =>
        readDecoder(
          file,
          { ...DEFAULTS, window: 4096 },
          { family: 'olmo2', pattern: 4, differences: { outputNorms: true, qkNorm: 'width' } },
        ),
    },
  ],
};

export const OLMOE: Family = {
  name: 'olmoe',
  implementation: { ...LLAMA_IMPLEMENTATION, routesInHalf: true },
  configs: [
    {
      types: ['olmoe'],
      classes: /^Olmoe/,
      read(file) {
        const config = file.parse(({ z, count }) =>
          z.object({
            num_experts: count.default(64),
            num_experts_per_tok: count.default(8),
            intermediate_size: count.default(2048),
          }),
        );
        return readDecoder(
          file,
          { ...DEFAULTS, hidden: 2048, ffn: 2048, layers: 16, heads: 16, positions: 4096 },
          {
            family: 'olmoe',
            differences: {
              qkNorm: 'width',
              experts: {
                total: config.num_experts,
                active: config.num_experts_per_tok,
                ffn: config.intermediate_size,
              },
            },
          },
        );
      },
    },
  ],
};

/** OLMo 2's norms around OLMoE's experts. */
export const FLEX_OLMO: Family = {
  name: 'flex_olmo',
  implementation: { ...LLAMA_IMPLEMENTATION, scaledInFp32: true, routesInHalf: true },
  configs: [
    {
      types: ['flex_olmo'],
      classes: /^FlexOlmo(For|Model)/,
      read(file) {
        const config = file.parse(({ z, count }) =>
          z.object({
            num_experts: count.default(7),
            num_experts_per_tok: count.default(5),
            intermediate_size: count.default(FLEX_DEFAULTS.ffn),
          }),
        );
        return readDecoder(file, FLEX_DEFAULTS, {
          family: 'flex_olmo',
          differences: {
            outputNorms: true,
            qkNorm: 'width',
            experts: {
              total: config.num_experts,
              active: config.num_experts_per_tok,
              ffn: config.intermediate_size,
            },
          },
        });
      },
    },
  ],
};

const DEFAULTS: DecoderDefaults = {
  vocab: 50_304,
  hidden: 4096,
  ffn: 11_008,
  layers: 32,
  heads: 32,
  kvHeads: null,
  positions: 2048,
};

const FLEX_DEFAULTS: DecoderDefaults = {
  vocab: 100_352,
  hidden: 4096,
  ffn: 11_008,
  layers: 32,
  heads: 32,
  kvHeads: null,
  positions: 4096,
};
