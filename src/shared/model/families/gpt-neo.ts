/** GPT-Neo: GPT-2 with a matrix for each projection, no biases on them, and a window in every other layer. */
import { plainActivation } from './activations';
import type { Family } from './family';
import { GPT2 } from './gpt2';
import { decoderHead } from './heads';

export const GPT_NEO: Family = {
  name: 'gpt_neo',
  implementation: {
    ...GPT2.implementation,
    fusedProjection: false,
    buffers: 'causal-masks',
    // Queries and keys are cast to fp32 before their product.
    softmaxInFp32: true,
    queriesInFp32: true,
    modules: { output: 'out_proj', up: 'c_fc', down: 'c_proj' },
  },
  configs: [
    {
      types: ['gpt_neo'],
      classes: /^GPTNeo(For|Model)/,
      read(file) {
        const config = file.parse(({ z, count }) =>
          z.object({
            vocab_size: count.default(50_257),
            max_position_embeddings: count.default(2048),
            hidden_size: count.default(2048),
            num_layers: count.default(24),
            num_heads: count.default(16),
            intermediate_size: count.nullish(),
            window_size: count.default(256),
            attention_types: z.array(z.tuple([z.array(z.string()), count])).nullish(),
            attention_layers: z.array(z.string()).nullish(),
            activation_function: z.string().default('gelu_new'),
            tie_word_embeddings: z.boolean().default(true),
          }),
        );
        const { hidden_size: hidden, num_heads: heads, num_layers: layers } = config;
        const local = config.attention_types
          ? config.attention_types.reduce(
              (sum, [kinds, times]) =>
                sum + times * kinds.filter((kind) => kind === 'local').length,
              0,
            )
          : Math.floor(layers / 2);
        return {
          name: file.name,
          family: 'gpt_neo',
          architecture: 'decoder',
          layers,
          hidden,
          heads,
          kvHeads: heads,
          headDim: hidden / heads,
          ffn: config.intermediate_size ?? 4 * hidden,
          vocab: config.vocab_size,
          maxPositions: config.max_position_embeddings,
          positions: 'learned',
          norm: 'layernorm',
          ...plainActivation('activation_function', config.activation_function),
          bias: true,
          qkvBias: false,
          tiedHead: config.tie_word_embeddings,
          ...(local > 0 && { localAttention: { window: config.window_size, layers: local } }),
          ...decoderHead(file),
        };
      },
    },
  ],
};
