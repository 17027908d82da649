/** InternLM2, code on its own page: Llama with one matrix for queries, keys and values. */
import { LLAMA_IMPLEMENTATION, readDecoder } from './decoder';
import type { Family } from './family';

export const INTERNLM2: Family = {
  name: 'internlm2',
  implementation: {
    ...LLAMA_IMPLEMENTATION,
    fusedProjection: true,
    modules: { qkv: 'wqkv', output: 'wo', gate: 'w1', up: 'w3', down: 'w2' },
  },
  configs: [
    {
      types: ['internlm2'],
      classes: /^InternLM2/,
      read(file) {
        const { bias } = file.parse(({ z }) => z.object({ bias: z.boolean().default(true) }));
        return readDecoder(file, DEFAULTS, {
          family: 'internlm2',
          // `bias` is that of attention; the network has none.
          differences: bias ? { qkvBias: true, outputBias: true } : {},
        });
      },
    },
  ],
};

/** InternLM2Config's own. */
const DEFAULTS = {
  vocab: 103_168,
  hidden: 4096,
  ffn: 11_008,
  layers: 32,
  heads: 32,
  kvHeads: null,
  positions: 2048,
};
