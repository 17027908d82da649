/** GPT-2 and GPT-3: learned positions, norms before each block, one matrix for queries, keys and values. */
import type { ModelSpec } from '../model-spec';
import { type Activation, plainActivation } from './activations';
import type { Family } from './family';
import { decoderHead } from './heads';

export const GPT2: Family = {
  name: 'gpt2',
  implementation: {
    // Conv1D c_attn, d → 3d.
    fusedProjection: true,
    fusedGate: false,
    softmaxInFp32: false,
    residualDropout: true,
    normKeepsInput: false,
    buffers: 'none',
    modules: { qkv: 'c_attn', output: 'c_proj', up: 'c_fc', down: 'c_proj' },
  },
  configs: [
    {
      types: ['gpt2', 'gpt-sw3'],
      classes: /^GPT2/,
      read(file) {
        const config = file.parse(({ z, count }) =>
          z.object({
            vocab_size: count.default(50_257),
            n_positions: count.optional(),
            n_ctx: count.optional(),
            n_embd: count.default(768),
            n_layer: count.default(12),
            n_head: count.default(12),
            n_inner: count.nullish(),
            activation_function: z.string().default('gelu_new'),
            tie_word_embeddings: z.boolean().default(true),
            add_cross_attention: z.literal(false).default(false),
          }),
        );
        return {
          ...gpt2(
            file.name,
            {
              layers: config.n_layer,
              hidden: config.n_embd,
              heads: config.n_head,
              ffn: config.n_inner ?? undefined,
              vocab: config.vocab_size,
              maxPositions: config.n_positions ?? config.n_ctx,
            },
            {
              activation: plainActivation('activation_function', config.activation_function),
              tiedHead: config.tie_word_embeddings,
            },
          ),
          ...decoderHead(file),
        };
      },
    },
  ],
};

interface Size {
  readonly layers: number;
  readonly hidden: number;
  readonly heads: number;
  readonly ffn?: number | undefined;
  readonly vocab?: number | undefined;
  readonly maxPositions?: number | undefined;
}

interface Differences {
  readonly activation?: Activation;
  readonly tiedHead?: boolean;
}

export function gpt2(
  name: string,
  { layers, hidden, heads, ffn = 4 * hidden, vocab = 50_257, maxPositions = 1024 }: Size,
  {
    activation = { activation: 'gelu', activationComposed: true },
    tiedHead = true,
  }: Differences = {},
): ModelSpec {
  return {
    name,
    family: GPT2.name,
    architecture: 'decoder',
    layers,
    hidden,
    heads,
    kvHeads: heads,
    headDim: hidden / heads,
    ffn,
    vocab,
    maxPositions,
    positions: 'learned',
    norm: 'layernorm',
    ...activation,
    bias: true,
    tiedHead,
  };
}
