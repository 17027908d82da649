/** BART: BERT's layers in both stacks of an encoder-decoder. */
import type { ModelSpec } from '../model-spec';
import { plainActivation } from './activations';
import type { Family } from './family';

/** Each table of positions has two rows to spare for padding. */
const SPARE_POSITIONS = 2;

export const BART: Family = {
  name: 'bart',
  implementation: {
    fusedProjection: false,
    softmaxInFp32: false,
    residualDropout: true,
    normKeepsInput: false,
    buffers: 'none',
  },
  configs: [
    {
      types: ['bart'],
      classes: /^Bart/,
      read({ name, parse }) {
        const config = parse(({ z, count }) =>
          z.object({
            vocab_size: count.default(50_265),
            d_model: count.default(1024),
            encoder_layers: count.default(12),
            decoder_layers: count.default(12),
            encoder_attention_heads: count.default(16),
            encoder_ffn_dim: count.default(4096),
            max_position_embeddings: count.default(1024),
            activation_function: z.string().default('gelu'),
          }),
        );
        return bart(
          name,
          {
            layers: config.encoder_layers,
            hidden: config.d_model,
            heads: config.encoder_attention_heads,
          },
          {
            decoderLayers: config.decoder_layers,
            ffn: config.encoder_ffn_dim,
            vocab: config.vocab_size,
            maxPositions: config.max_position_embeddings + SPARE_POSITIONS,
            ...plainActivation('activation_function', config.activation_function),
          },
        );
      },
    },
  ],
};

export function bart(
  name: string,
  size: { layers: number; hidden: number; heads: number },
  differences: Partial<ModelSpec> = {},
): ModelSpec {
  const { hidden, heads } = size;
  return {
    name,
    family: BART.name,
    architecture: 'encoder-decoder',
    ...size,
    decoderLayers: size.layers,
    kvHeads: heads,
    headDim: hidden / heads,
    ffn: 4 * hidden,
    vocab: 50_265,
    maxPositions: 1024 + SPARE_POSITIONS,
    positions: 'learned',
    norm: 'layernorm',
    activation: 'gelu',
    bias: true,
    tiedHead: true,
    postNorm: true,
    ...differences,
  };
}
