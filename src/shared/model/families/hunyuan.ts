/** Hunyuan: Llama with norms of queries and keys, behind the rotation. */
import { LLAMA_IMPLEMENTATION, readDecoder } from './decoder';
import type { Family } from './family';
import { LLAMA_DEFAULTS } from './llama';

export const HUNYUAN: Family = {
  name: 'hunyuan',
  implementation: LLAMA_IMPLEMENTATION,
  configs: [
    {
      types: ['hunyuan_v1_dense'],
      classes: /^HunYuanDenseV1/,
      read: (file) =>
        readDecoder(
          file,
          { ...LLAMA_DEFAULTS, vocab: 290_943, positions: 2048 },
          { family: 'hunyuan', differences: { qkNorm: true } },
        ),
    },
  ],
};
