/** GPT-NeoX and Pythia: rotary positions with LayerNorm, plain GELU, biases everywhere, attention and network side by side. */
import { plainActivation } from './activations';
import type { Family } from './family';
import { decoderHead } from './heads';

export const NEOX: Family = {
  name: 'neox',
  implementation: {
    // query_key_value, d → 3d, whose heads are cut out as views.
    fusedProjection: true,
    fusedGate: false,
    softmaxInFp32: true,
    residualDropout: false,
    normKeepsInput: false,
    joinsRotated: true,
    buffers: 'none',
    modules: {
      qkv: 'query_key_value',
      output: 'dense',
      up: 'dense_h_to_4h',
      down: 'dense_4h_to_h',
    },
  },
  configs: [
    {
      types: ['gpt_neox'],
      classes: /^GPTNeoX(For|Model)/,
      read(file) {
        const config = file.parse(({ z, count }) =>
          z.object({
            vocab_size: count.default(50_432),
            hidden_size: count.default(6144),
            num_hidden_layers: count.default(44),
            num_attention_heads: count.default(64),
            intermediate_size: count.default(24_576),
            hidden_act: z.string().default('gelu'),
            max_position_embeddings: count.default(2048),
            tie_word_embeddings: z.boolean().default(false),
            attention_bias: z.boolean().default(true),
            use_parallel_residual: z.boolean().default(true),
          }),
        );
        const { hidden_size: hidden, num_attention_heads: heads } = config;
        return {
          name: file.name,
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
          ...(!config.attention_bias && { qkvBias: false, outputBias: false }),
          ...(config.use_parallel_residual && { parallel: true }),
          tiedHead: config.tie_word_embeddings,
          ...decoderHead(file),
        };
      },
    },
  ],
};
