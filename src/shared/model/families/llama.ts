/**
 * Llama, Mistral and Mixtral: rotary positions, RMSNorm, SwiGLU, no biases, grouped keys and values. The blocks that
 * Qwen, Gemma, DeepSeek and most others start from.
 */
import type { ModelSpec } from '../model-spec';
import { type DecoderDefaults, LLAMA_IMPLEMENTATION, readDecoder } from './decoder';
import type { ConfigFile, Family } from './family';

export const LLAMA: Family = {
  name: 'llama',
  implementation: LLAMA_IMPLEMENTATION,
  configs: [
    {
      types: ['llama', 'aquila', 'yi', 'smollm', 'cwm'],
      classes: /^(Llama|Aquila|Yi|Cwm)(For|Model)/,
      read: (file) => readDecoder(file, LLAMA_DEFAULTS, { family: 'llama' }),
    },
    {
      types: ['mistral', 'ministral', 'ministral3'],
      classes: /^Min?istral3?(For|Model)/,
      read: (file) => readDecoder(file, { ...MISTRAL_DEFAULTS, window: 4096 }, { family: 'llama' }),
    },
    {
      types: ['mixtral'],
      classes: /^Mixtral/,
      read: (file) =>
        readDecoder(file, MISTRAL_DEFAULTS, {
          family: 'llama',
          differences: { experts: localExperts(file, { total: 8, active: 2, ffn: 14_336 }) },
        }),
    },
  ],
};

/** Experts as Mixtral and its like write them down, with the defaults of the configuration class. */
export function localExperts(
  file: ConfigFile,
  { total, active, ffn }: { total: number; active: number; ffn: number },
): NonNullable<ModelSpec['experts']> {
  const config = file.parse(({ z, count }) =>
    z.object({
      num_local_experts: count.optional(),
      num_experts: count.optional(),
      num_experts_per_tok: count.default(active),
      intermediate_size: count.default(ffn),
    }),
  );
  return {
    total: config.num_local_experts ?? config.num_experts ?? total,
    active: config.num_experts_per_tok,
    ffn: config.intermediate_size,
  };
}

export interface LlamaSize {
  readonly layers: number;
  readonly hidden: number;
  readonly heads: number;
  readonly kvHeads?: number;
  readonly ffn: number;
  readonly vocab: number;
  readonly maxPositions: number;
}

/** Llama's blocks, and those of all that differ from them in a few fields. */
export function llama(
  name: string,
  size: LlamaSize,
  differences: Partial<ModelSpec> = {},
): ModelSpec {
  const { hidden, heads, kvHeads = heads } = size;
  return {
    name,
    family: LLAMA.name,
    architecture: 'decoder',
    ...size,
    kvHeads,
    headDim: hidden / heads,
    positions: 'rotary',
    norm: 'rmsnorm',
    activation: 'swiglu',
    bias: false,
    tiedHead: false,
    ...differences,
  };
}

export const LLAMA_DEFAULTS: DecoderDefaults = {
  vocab: 32_000,
  hidden: 4096,
  ffn: 11_008,
  layers: 32,
  heads: 32,
  kvHeads: null,
  positions: 2048,
};
const MISTRAL_DEFAULTS: DecoderDefaults = {
  ...LLAMA_DEFAULTS,
  ffn: 14_336,
  kvHeads: 8,
  positions: 131_072,
};
