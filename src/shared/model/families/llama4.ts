/** Llama 4: experts in every layer or every other one, beside a network for all tokens; its norm of queries and keys has no weights. */
import { gatedActivation } from './activations';
import { LLAMA_IMPLEMENTATION, readDecoder } from './decoder';
import type { Family } from './family';

export const LLAMA4: Family = {
  name: 'llama4',
  implementation: LLAMA_IMPLEMENTATION,
  configs: [
    {
      types: ['llama4_text'],
      classes: /^Llama4(ForCausalLM|TextModel)/,
      read(file) {
        const config = file.parse(({ z, count }) =>
          z.object({
            num_hidden_layers: count.default(48),
            intermediate_size: count.default(8192),
            intermediate_size_mlp: count.default(16_384),
            num_local_experts: count.default(16),
            num_experts_per_tok: count.default(1),
            interleave_moe_layer_step: count.default(1),
            moe_layers: z.array(z.number().int().nonnegative()).nullish(),
            attention_chunk_size: count.nullish().transform((given) => given ?? 8192),
            use_qk_norm: z.boolean().default(true),
          }),
        );
        const { num_hidden_layers: layers, interleave_moe_layer_step: step } = config;
        const model = readDecoder(file, DEFAULTS, {
          family: 'llama4',
          activation: gatedActivation,
        });
        const sparse = new Set(config.moe_layers ?? everyNth(layers, step));
        const denseAt = indices(layers).filter((index) => !sparse.has(index));
        return {
          ...model,
          ffn: config.intermediate_size_mlp,
          // Three layers of four see a chunk of the sequence.
          localAttention: {
            window: config.attention_chunk_size,
            layers: layers - Math.floor(layers / 4),
          },
          experts: {
            total: config.num_local_experts,
            active: config.num_experts_per_tok,
            ffn: config.intermediate_size,
            sharedFfn: config.intermediate_size,
            ...(denseAt.length > 0 && { denseAt }),
          },
        };
      },
    },
  ],
};

const DEFAULTS = {
  vocab: 202_048,
  hidden: 5120,
  ffn: 8192,
  layers: 48,
  heads: 40,
  kvHeads: 8,
  headDim: 128,
  positions: 131_072,
};

/** Deeper than any model: beyond it no list of layers is made, and the model is refused for its depth. */
const MOST_LISTED = 100_000;

/** 0 to before `count`. */
export function indices(layers: number): number[] {
  const count = Math.min(layers, MOST_LISTED);
  return Array.from({ length: count }, (_, index) => index);
}

/** The last of every `step` layers. */
export function everyNth(layers: number, step: number): number[] {
  return indices(layers).filter((index) => (index + 1) % step === 0);
}
