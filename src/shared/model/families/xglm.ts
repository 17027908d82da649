/** XGLM: BART's decoder alone, norms first, with sines for positions that no table of weights holds. */
import { plainActivation } from './activations';
import type { Family } from './family';
import { decoderHead } from './heads';

export const XGLM: Family = {
  name: 'xglm',
  implementation: {
    fusedProjection: false,
    fusedGate: false,
    softmaxInFp32: false,
    residualDropout: true,
    normKeepsInput: false,
    clampsScores: true,
    buffers: 'sines',
    modules: { output: 'out_proj', up: 'fc1', down: 'fc2' },
  },
  configs: [
    {
      types: ['xglm'],
      classes: /^XGLM/,
      read(file) {
        const config = file.parse(({ z, count }) =>
          z.object({
            vocab_size: count.default(256_008),
            d_model: count.default(1024),
            ffn_dim: count.default(4096),
            num_layers: count.default(24),
            attention_heads: count.default(16),
            max_position_embeddings: count.default(2048),
            activation_function: z.string().default('gelu'),
            add_cross_attention: z.literal(false).default(false),
            tie_word_embeddings: z.boolean().default(true),
          }),
        );
        const { d_model: hidden, attention_heads: heads } = config;
        return {
          name: file.name,
          family: 'xglm',
          architecture: 'decoder',
          layers: config.num_layers,
          hidden,
          heads,
          kvHeads: heads,
          headDim: hidden / heads,
          ffn: config.ffn_dim,
          vocab: config.vocab_size,
          maxPositions: config.max_position_embeddings,
          positions: 'none',
          norm: 'layernorm',
          ...plainActivation('activation_function', config.activation_function),
          bias: true,
          tiedHead: config.tie_word_embeddings,
          ...decoderHead(file),
        };
      },
    },
  ],
};
