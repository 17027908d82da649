/** GPT-J: attention and network side by side on one norm, no biases in attention, one on the head. */
import { plainActivation } from './activations';
import type { ConfigFile, Family, Implementation } from './family';
import { decoderHead } from './heads';

const IMPLEMENTATION: Implementation = {
  fusedProjection: false,
  fusedGate: false,
  // Queries and keys are cast to fp32 before their product.
  softmaxInFp32: true,
  queriesInFp32: true,
  residualDropout: true,
  normKeepsInput: false,
  buffers: 'none',
  modules: { output: 'out_proj', up: 'fc_in', down: 'fc_out' },
};

export const GPTJ: Family = {
  name: 'gptj',
  implementation: IMPLEMENTATION,
  configs: [{ types: ['gptj'], classes: /^GPTJ/, read: (file) => readGptj(file, 'gptj') }],
};

/** A file of GPT-J's fields, which CodeGen has too. */
export function readGptj(file: ConfigFile, family: string) {
  const config = file.parse(({ z, count }) =>
    z.object({
      vocab_size: count.default(50_400),
      n_positions: count.default(2048),
      n_ctx: count.nullish(),
      n_embd: count.default(4096),
      n_layer: count.default(28),
      n_head: count.default(16),
      n_inner: count.nullish(),
      rotary_dim: count.nullish(),
      activation_function: z.string().default('gelu_new'),
      tie_word_embeddings: z.boolean().default(false),
    }),
  );
  const { n_embd: hidden, n_head: heads } = config;
  return {
    name: file.name,
    family,
    architecture: 'decoder' as const,
    layers: config.n_layer,
    hidden,
    heads,
    kvHeads: heads,
    headDim: hidden / heads,
    ffn: config.n_inner ?? 4 * hidden,
    vocab: config.vocab_size,
    maxPositions: config.n_positions,
    positions: 'rotary' as const,
    norm: 'layernorm' as const,
    ...plainActivation('activation_function', config.activation_function),
    bias: true,
    qkvBias: false,
    outputBias: false,
    headBias: true,
    tiedHead: config.tie_word_embeddings,
    layerNorms: 1 as const,
    parallel: true,
    ...decoderHead(file),
  };
}
