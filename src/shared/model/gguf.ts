/**
 * GGUF's types of weights (ggml, llama.cpp): bits a weight of each block format, scales among them, and the mixtures that
 * quantizing makes of them. Q4_K_M and Q5_K_M keep values and down projections of half the layers, and every type below
 * eight bits the head, in Q6_K (llama.cpp, llama_tensor_get_type).
 */
import type { ModelSpec } from './model-spec';
import { hasLmHead, type WeightTensor } from './weights';

export const GGUF_TYPES = ['F16', 'BF16', 'Q8_0', 'Q6_K', 'Q5_K_M', 'Q4_K_M', 'Q4_0'] as const;
export type GgufType = (typeof GGUF_TYPES)[number];

/**
 * Blocks (ggml-common.h): Q8_0 34 bytes for 32; Q6_K 210 for 256; Q5_K 176; Q4_K 144; Q4_0 18 for 32. Q4_K's, Q6_K's and
 * Q4_0's were compared with copies of that header; the rule for which layers get more is llama.cpp's as known, not read anew.
 */
const BITS: Readonly<Record<GgufType, number>> = {
  F16: 16,
  BF16: 16,
  Q8_0: 8.5,
  Q6_K: 6.5625,
  Q5_K_M: 5.5,
  Q4_K_M: 4.5,
  Q4_0: 4.5,
};

/** Layers of `count` whose values and down projections get more bits: the first and last eighth, and every third between. */
function favoured(count: number): number {
  const eighth = Math.floor(count / 8);
  const last = Math.floor((7 * count) / 8);
  return eighth + (count - last) + Math.floor((last - eighth) / 3);
}

/** Bytes of a row of weights; norms and biases are fp32. */
export function ggufBytes(model: ModelSpec, tensor: WeightTensor, type: GgufType): number {
  const { rows, columns, count, kind, layered, role, part } = tensor;
  const elements = rows * columns * count;
  if (kind === 'vector') return 4 * elements;
  const bits = BITS[type];
  const more = Math.max(bits, BITS.Q6_K);
  const isHead = part === 'head' || (part === 'embedding' && hasLmHead(model) && model.tiedHead);
  if (!layered) return (elements * (isHead ? more : bits)) / 8;
  const isMixed = type.endsWith('_M') && (role === 'value' || role === 'down');
  const share = isMixed ? favoured(model.layers) / model.layers : 0;
  return (elements * (share * more + (1 - share) * bits)) / 8;
}
