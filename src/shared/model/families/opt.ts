/** OPT: GPT-2's blocks with a matrix for each projection and ReLU; its smallest but one has narrow embeddings and its norms last. */
import { plainActivation } from './activations';
import type { Family } from './family';
import { decoderHead } from './heads';

/** The table of positions has two rows to spare for padding. */
const SPARE_POSITIONS = 2;

export const OPT: Family = {
  name: 'opt',
  implementation: {
    fusedProjection: false,
    fusedGate: false,
    softmaxInFp32: true,
    residualDropout: true,
    normKeepsInput: false,
    buffers: 'none',
    modules: { output: 'out_proj', up: 'fc1', down: 'fc2' },
  },
  configs: [
    {
      types: ['opt'],
      classes: /^OPT/,
      read(file) {
        const config = file.parse(({ z, count }) =>
          z.object({
            vocab_size: count.default(50_272),
            hidden_size: count.default(768),
            num_hidden_layers: count.default(12),
            ffn_dim: count.default(3072),
            num_attention_heads: count.default(12),
            max_position_embeddings: count.default(2048),
            word_embed_proj_dim: count.nullish(),
            do_layer_norm_before: z.boolean().default(true),
            _remove_final_layer_norm: z.boolean().default(false),
            activation_function: z.string().default('relu'),
            enable_bias: z.boolean().default(true),
            layer_norm_elementwise_affine: z.boolean().default(true),
            tie_word_embeddings: z.boolean().default(true),
          }),
        );
        const { hidden_size: hidden, num_attention_heads: heads } = config;
        const width = config.word_embed_proj_dim ?? hidden;
        const first = config.do_layer_norm_before;
        return {
          name: file.name,
          family: 'opt',
          architecture: 'decoder',
          layers: config.num_hidden_layers,
          hidden,
          heads,
          kvHeads: heads,
          headDim: hidden / heads,
          ffn: config.ffn_dim,
          vocab: config.vocab_size,
          maxPositions: config.max_position_embeddings + SPARE_POSITIONS,
          positions: 'learned',
          norm: 'layernorm',
          ...(!config.layer_norm_elementwise_affine && { normVectors: 0 }),
          ...plainActivation('activation_function', config.activation_function),
          bias: config.enable_bias,
          tiedHead: config.tie_word_embeddings,
          ...(!first && { postNorm: true, embeddingNorm: false }),
          ...(first && config._remove_final_layer_norm && { finalNorm: false }),
          ...(width !== hidden && { embedding: { width, bias: false, back: true } }),
          ...decoderHead(file),
        };
      },
    },
  ],
};
