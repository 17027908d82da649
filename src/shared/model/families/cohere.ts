/** Cohere's Command R: attention and gated network side by side on one norm that does not shift; R+ norms each head. */
import { LLAMA_IMPLEMENTATION, readDecoder } from './decoder';
import type { Family } from './family';

export const COHERE: Family = {
  name: 'cohere',
  implementation: { ...LLAMA_IMPLEMENTATION, normWrittenOut: true, rotatesInFp32: true },
  configs: [
    {
      types: ['cohere'],
      classes: /^Cohere(For|Model)/,
      read(file) {
        const { use_qk_norm } = file.parse(({ z }) =>
          z.object({ use_qk_norm: z.boolean().default(false) }),
        );
        return readDecoder(file, DEFAULTS, {
          family: 'cohere',
          differences: { ...BLOCK, ...(use_qk_norm && { qkNorm: 'heads' }) },
        });
      },
    },
    {
      types: ['cohere2'],
      classes: /^Cohere2(For|Model)/,
      read: (file) =>
        readDecoder(
          file,
          { ...DEFAULTS, window: 4096 },
          { family: 'cohere', pattern: 4, differences: BLOCK },
        ),
    },
  ],
};

const BLOCK = { norm: 'layernorm', normVectors: 1, layerNorms: 1, parallel: true } as const;

const DEFAULTS = {
  vocab: 256_000,
  hidden: 8192,
  ffn: 22_528,
  layers: 40,
  heads: 64,
  kvHeads: null,
  positions: 8192,
  tied: true,
};
