/** GPT-NeoX and Pythia: rotary positions with LayerNorm, plain GELU and biases everywhere. */
import { plainActivation } from './activations';
import type { Family } from './family';

export const NEOX: Family = {
  name: 'neox',
  implementation: {
    // transformers has one matrix (query_key_value); three are counted, which changes the bytes of autocast and adapters alone.
    fusedProjection: false,
    softmaxInFp32: true,
    residualDropout: false,
    normKeepsInput: false,
    buffers: 'none',
  },
  configs: [
    {
      types: ['gpt_neox'],
      classes: /^GPTNeoX(For|Model)/,
      read({ name, parse }) {
        const config = parse(({ z, count }) =>
          z.object({
            vocab_size: count.default(50_432),
            hidden_size: count.default(6144),
            num_hidden_layers: count.default(44),
            num_attention_heads: count.default(64),
            intermediate_size: count.default(24_576),
            hidden_act: z.string().default('gelu'),
            max_position_embeddings: count.default(2048),
            tie_word_embeddings: z.boolean().default(false),
          }),
        );
        const { hidden_size: hidden, num_attention_heads: heads } = config;
        return {
          name,
          family: NEOX.name,
          architecture: 'decoder',
          layers: config.num_hidden_layers,
          hidden,
          heads,
          kvHeads: heads,
          headDim: hidden / heads,
          ffn: config.intermediate_size,
          vocab: config.vocab_size,
          maxPositions: config.max_position_embeddings,
          positions: 'rotary',
          norm: 'layernorm',
          ...plainActivation('hidden_act', config.hidden_act),
          bias: true,
          tiedHead: config.tie_word_embeddings,
        };
      },
    },
  ],
};
