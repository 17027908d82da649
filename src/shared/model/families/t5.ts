/**
 * T5: an encoder-decoder without biases, with relative positions in the first layer of each stack and heads whose
 * widths need not add up to the model's.
 */
import type { ModelSpec } from '../model-spec';
import { gatedActivation, plainActivation } from './activations';
import type { Family } from './family';

export const T5: Family = {
  name: 't5',
  implementation: {
    fusedProjection: false,
    softmaxInFp32: true,
    residualDropout: true,
    // T5LayerNorm multiplies the input, not its fp32 copy, by 1/rms.
    normKeepsInput: true,
    buffers: 'none',
  },
  configs: [
    {
      types: ['t5'],
      classes: /^T5/,
      read({ name, parse }) {
        const config = parse(({ z, count }) =>
          z.object({
            vocab_size: count.default(32_128),
            d_model: count.default(512),
            d_kv: count.default(64),
            d_ff: count.default(2048),
            num_layers: count.default(6),
            num_decoder_layers: count.nullish(),
            num_heads: count.default(8),
            relative_attention_num_buckets: count.default(32),
            n_positions: count.default(512),
            feed_forward_proj: z.string().default('relu'),
            tie_word_embeddings: z.boolean().default(true),
          }),
        );
        const gate = /^gated-(.+)$/.exec(config.feed_forward_proj)?.[1];
        return t5(
          name,
          {
            layers: config.num_layers,
            hidden: config.d_model,
            heads: config.num_heads,
            headDim: config.d_kv,
            ffn: config.d_ff,
          },
          {
            decoderLayers: config.num_decoder_layers ?? config.num_layers,
            vocab: config.vocab_size,
            maxPositions: config.n_positions,
            relativeBuckets: config.relative_attention_num_buckets,
            ...(gate === undefined
              ? plainActivation('feed_forward_proj', config.feed_forward_proj)
              : gatedActivation('feed_forward_proj', gate)),
            tiedHead: config.tie_word_embeddings,
          },
        );
      },
    },
  ],
};

export function t5(
  name: string,
  size: { layers: number; hidden: number; heads: number; headDim?: number; ffn: number },
  differences: Partial<ModelSpec> = {},
): ModelSpec {
  const { headDim = 64, ...rest } = size;
  return {
    name,
    family: T5.name,
    architecture: 'encoder-decoder',
    ...rest,
    decoderLayers: size.layers,
    kvHeads: size.heads,
    headDim,
    vocab: 32_128,
    maxPositions: 512,
    positions: 'none',
    relativeBuckets: 32,
    norm: 'rmsnorm',
    activation: 'relu',
    bias: false,
    tiedHead: true,
    ...differences,
  };
}
