/**
 * Gemma 1 to 3: Llama's blocks with heads of a width of their own, GELU gates and a tied table; four norms a layer from the
 * second on, a norm of queries and keys in the third.
 */
import type { ModelSpec } from '../model-spec';
import { gatedActivation } from './activations';
import { type DecoderDefaults, LLAMA_IMPLEMENTATION, readDecoder } from './decoder';
import type { ConfigFile, Family } from './family';
import { type LlamaSize, llama } from './llama';

export const GEMMA: Family = {
  name: 'gemma',
  implementation: { ...LLAMA_IMPLEMENTATION, scaledInFp32: true },
  configs: [
    {
      types: ['gemma'],
      classes: /^Gemma(For|Model)/,
      // Its code takes gelu_pytorch_tanh whatever `hidden_act` says, unless `hidden_activation` is there.
      read: (file) =>
        readDecoder(file, GEMMA_1, {
          family: 'gemma',
          activation: (field, value) =>
            gatedActivation(field, field === 'hidden_act' ? GELU : value),
        }),
    },
    {
      types: ['gemma2'],
      classes: /^Gemma2/,
      read: (file) =>
        readDecoder(file, GEMMA_2, {
          family: 'gemma',
          pattern: 2,
          differences: { layerNorms: 4, ...caps(file, { scores: 50, logits: 30 }) },
        }),
    },
    {
      types: ['gemma3_text'],
      classes: /^Gemma3(ForCausalLM|TextModel)/,
      read: (file) =>
        readDecoder(
          file,
          { ...GEMMA_2, vocab: 262_208, positions: 131_072 },
          {
            family: 'gemma',
            pattern: 6,
            differences: {
              layerNorms: 4,
              qkNorm: true,
              ...caps(file, { scores: null, logits: null }),
            },
          },
        ),
    },
  ],
};

const GELU = 'gelu_pytorch_tanh';

const GEMMA_1: DecoderDefaults = {
  vocab: 256_000,
  hidden: 3072,
  ffn: 24_576,
  layers: 28,
  heads: 16,
  kvHeads: 16,
  headDim: 256,
  positions: 8192,
  tied: true,
  activation: GELU,
};
const GEMMA_2: DecoderDefaults = {
  ...GEMMA_1,
  hidden: 2304,
  ffn: 9216,
  layers: 26,
  heads: 8,
  kvHeads: 4,
  window: 4096,
};

/** Caps of scores and logits, where there are any; the configuration class's where the file says nothing. */
function caps(
  file: ConfigFile,
  usual: { scores: number | null; logits: number | null },
): Pick<ModelSpec, 'scoreCap' | 'logitCap'> {
  const { attn_logit_softcapping: scores, final_logit_softcapping: logits } = file.parse(({ z }) =>
    z.object({
      attn_logit_softcapping: z.number().nullable().default(usual.scores),
      final_logit_softcapping: z.number().nullable().default(usual.logits),
    }),
  );
  return { ...(scores !== null && { scoreCap: true }), ...(logits !== null && { logitCap: true }) };
}

export function gemma2(
  name: string,
  size: Omit<LlamaSize, 'vocab' | 'maxPositions'>,
  differences: Partial<ModelSpec> = {},
): ModelSpec {
  return llama(
    name,
    { ...size, vocab: 256_000, maxPositions: 8192 },
    {
      family: GEMMA.name,
      headDim: 256,
      layerNorms: 4,
      tiedHead: true,
      gate: 'gelu',
      scoreCap: true,
      logitCap: true,
      localAttention: { window: 4096, layers: size.layers / 2 },
      ...differences,
    },
  );
}
