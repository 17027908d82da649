/**
 * Gemma 2: Llama's blocks with heads of width 256, four norms a layer and a tied table. Its gate is GELU, which keeps
 * what SwiGLU keeps.
 */
import type { ModelSpec } from '../model-spec';
import type { Family } from './family';
import { LLAMA_IMPLEMENTATION, type LlamaSize, llama } from './llama';

export const GEMMA: Family = {
  name: 'gemma',
  implementation: LLAMA_IMPLEMENTATION,
  configs: [],
};

export function gemma2(
  name: string,
  size: Omit<LlamaSize, 'vocab' | 'maxPositions'>,
  differences: Partial<ModelSpec> = {},
): ModelSpec {
  return llama(
    name,
    { ...size, vocab: 256_000, maxPositions: 8192 },
    { family: GEMMA.name, headDim: 256, layerNorms: 4, tiedHead: true, ...differences },
  );
}
