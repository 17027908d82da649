/** Qwen2 and Qwen3: Llama's blocks, with biases on the projections (2) or a norm on queries and keys (3). */
import type { ModelSpec } from '../model-spec';
import type { Family } from './family';
import {
  type DecoderDefaults,
  fromDecoder,
  LLAMA_IMPLEMENTATION,
  type LlamaSize,
  llama,
  parseDecoder,
} from './llama';

export const QWEN: Family = {
  name: 'qwen',
  implementation: LLAMA_IMPLEMENTATION,
  configs: [
    {
      types: ['qwen2'],
      classes: /^Qwen2(For|Model)/,
      read(file) {
        const config = parseDecoder(file, DEFAULTS);
        // Its window is used only where the file says so.
        return fromDecoder(
          file.name,
          { ...config, use_sliding_window: config.use_sliding_window === true },
          { family: QWEN.name, qkvBias: true },
        );
      },
    },
    {
      types: ['qwen3', 'qwen3_moe'],
      classes: /^Qwen3(Moe)?(For|Model)/,
      read(file) {
        const config = parseDecoder(file, DEFAULTS);
        return fromDecoder(
          file.name,
          { ...config, head_dim: config.head_dim ?? HEAD_DIM_3, use_sliding_window: false },
          {
            family: QWEN.name,
            qkNorm: true,
            ...(config.num_experts !== undefined && {
              experts: {
                total: config.num_experts,
                active: config.num_experts_per_tok ?? 8,
                ffn: config.moe_intermediate_size ?? 768,
              },
            }),
          },
        );
      },
    },
  ],
};

const DEFAULTS: DecoderDefaults = {
  vocab: 151_936,
  hidden: 4096,
  ffn: 22_016,
  layers: 32,
  heads: 32,
  kvHeads: 32,
  positions: 32_768,
  window: null,
};

/** Width of a head in Qwen3, whatever the model's. */
const HEAD_DIM_3 = 128;

export function qwen2(
  name: string,
  size: LlamaSize,
  differences: Partial<ModelSpec> = {},
): ModelSpec {
  return llama(name, size, { family: QWEN.name, qkvBias: true, ...differences });
}

export function qwen3(
  name: string,
  size: Omit<LlamaSize, 'vocab' | 'maxPositions'>,
  differences: Partial<ModelSpec> = {},
): ModelSpec {
  return llama(
    name,
    { ...size, vocab: 151_936, maxPositions: 40_960 },
    { family: QWEN.name, headDim: HEAD_DIM_3, qkNorm: true, ...differences },
  );
}
