/**
 * Llama: rotary positions, RMSNorm, SwiGLU, no biases, grouped keys and values. The blocks that Mistral, Qwen, Gemma, DeepSeek
 * and most others start from.
 */
import type { ModelSpec } from '../model-spec';
import { type DecoderDefaults, LLAMA_IMPLEMENTATION, readDecoder } from './decoder';
import type { Family } from './family';

export const LLAMA: Family = {
  name: 'llama',
  implementation: LLAMA_IMPLEMENTATION,
  configs: [
    {
      types: ['llama', 'aquila', 'yi', 'smollm', 'cwm'],
      classes: /^(Llama|Aquila|Yi|Cwm)(For|Model)/,
      read: (file) => readDecoder(file, LLAMA_DEFAULTS, { family: 'llama' }),
    },
  ],
};

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
