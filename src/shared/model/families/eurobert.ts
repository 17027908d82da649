/** EuroBERT: Llama's blocks that look both ways, with heads of an encoder. */
import type { ModelSpec } from '../model-spec';
import { type DecoderDefaults, LLAMA_IMPLEMENTATION, readDecoder } from './decoder';
import { encoderHead } from './encoder';
import type { Family } from './family';

export const EUROBERT: Family = {
  name: 'eurobert',
  implementation: { ...LLAMA_IMPLEMENTATION, widensLogits: true },
  configs: [
    {
      types: ['eurobert'],
      classes: /^EuroBert/,
      read(file) {
        const { mlp_bias: headBias } = file.parse(({ z }) =>
          z.object({ mlp_bias: z.boolean().default(false) }),
        );
        const { headTransform: _, ...head }: Partial<ModelSpec> = encoderHead(file, {
          pooler: false,
          dense: 'bias',
          headBias,
        });
        return readDecoder(file, DEFAULTS, {
          family: 'eurobert',
          head: { lmHead: false, ...head },
          differences: { architecture: 'encoder' },
        });
      },
    },
  ],
};

const DEFAULTS: DecoderDefaults = {
  vocab: 128_256,
  hidden: 768,
  ffn: 3072,
  layers: 12,
  heads: 12,
  kvHeads: null,
  positions: 8192,
};
