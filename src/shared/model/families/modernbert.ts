/** ModernBERT: an encoder of Llama's parts: rotary positions, norms first and without a shift, gated GELU, windows in two layers of three. */
import { gatedActivation } from './activations';
import { encoderHead } from './encoder';
import type { Family } from './family';

export const MODERNBERT: Family = {
  name: 'modernbert',
  implementation: {
    fusedProjection: true,
    fusedGate: true,
    softmaxInFp32: true,
    residualDropout: true,
    normKeepsInput: false,
    buffers: 'none',
    modules: { qkv: 'Wqkv', output: 'Wo', gateUp: 'Wi', down: 'Wo' },
  },
  configs: [
    {
      types: ['modernbert'],
      classes: /^ModernBert(For|Model)/,
      read(file) {
        const config = file.parse(({ z, count }) =>
          z.object({
            vocab_size: count.default(50_368),
            hidden_size: count.default(768),
            intermediate_size: count.default(1152),
            num_hidden_layers: count.default(22),
            num_attention_heads: count.default(12),
            hidden_activation: z.string().default('gelu'),
            max_position_embeddings: count.default(8192),
            norm_bias: z.boolean().default(false),
            attention_bias: z.literal(false).default(false),
            mlp_bias: z.literal(false).default(false),
            classifier_bias: z.literal(false).default(false),
            decoder_bias: z.boolean().default(true),
            local_attention: count.default(128),
            global_attn_every_n_layers: count.default(3),
            layer_types: z.array(z.string()).nullish(),
            tie_word_embeddings: z.boolean().default(true),
          }),
        );
        const { hidden_size: hidden, num_attention_heads: heads } = config;
        const layers = config.num_hidden_layers;
        const whole = Math.ceil(layers / config.global_attn_every_n_layers);
        const local = config.layer_types
          ? config.layer_types.filter((type) => type === 'sliding_attention').length
          : layers - whole;
        return {
          name: file.name,
          family: 'modernbert',
          architecture: 'encoder',
          layers,
          hidden,
          heads,
          kvHeads: heads,
          headDim: hidden / heads,
          ffn: config.intermediate_size,
          vocab: config.vocab_size,
          maxPositions: config.max_position_embeddings,
          positions: 'rotary',
          norm: 'layernorm',
          ...(!config.norm_bias && { normVectors: 1 }),
          ...gatedActivation('hidden_activation', config.hidden_activation),
          bias: false,
          tiedHead: config.tie_word_embeddings,
          embeddingNorm: 'first',
          ...(local > 0 && { localAttention: { window: config.local_attention, layers: local } }),
          ...encoderHead(file, {
            pooler: false,
            dense: 'norm',
            denseTokens: 'norm',
            headBias: config.decoder_bias,
          }),
        };
      },
    },
  ],
};
