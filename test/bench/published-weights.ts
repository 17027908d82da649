/** Bytes of weights as people store them, quantized in their various ways, on one rank of tensor parallelism. */
import { listShards, wholeShard } from '../../src/shared/budget/sharding/shard';
import { countWeights } from '../../src/shared/budget/weights';
import { runDefaults } from '../../src/shared/model/run';
import type { ModelSpec } from '../../src/shared/model/spec';

interface Scheme {
  /** Bytes of an element of a quantized matrix, its scales and zero points among them. */
  readonly quantized: number | null;
  /** Bytes of an element of what is left alone: embeddings, head, norms; with experts alone quantized, attention too. */
  readonly plain: number;
  readonly expertsAlone?: boolean;
}

/**
 * How a row says its weights are stored. NF4 has an fp32 scale for 64 weights, which double quantization makes a byte
 * with an fp32 scale for 256 of them; AWQ and GPTQ an fp16 scale and a 4-bit zero point for 128; FP8 one scale for a
 * block of 128 × 128 or a channel; MXFP4 a byte for 32.
 */
const SCHEMES: readonly (readonly [RegExp, Scheme])[] = [
  [/nf4-dq/i, { quantized: 1 / 2 + 1 / 64 + 4 / (64 * 256), plain: 2 }],
  [/nf4/i, { quantized: 1 / 2 + 4 / 64, plain: 2 }],
  [/mxfp4/i, { quantized: 1 / 2 + 1 / 32, plain: 2, expertsAlone: true }],
  [/awq|gptq|int4/i, { quantized: 1 / 2 + 2 / 128 + 1 / 2 / 128, plain: 2 }],
  [/fp8(?!.*bf16)/i, { quantized: 1 + 4 / 128 ** 2, plain: 2 }],
  [/int8(?! KV)/i, { quantized: 1, plain: 2 }],
  [/^(bf16|fp16)/i, { quantized: null, plain: 2 }],
  [/^fp32/i, { quantized: null, plain: 4 }],
];

export function schemeOf(precision: string): Scheme | undefined {
  return SCHEMES.find(([pattern]) => pattern.test(precision))?.[1];
}

/** Bytes of all weights of the fullest rank; undefined where the precision is not known. */
export function weightBytes(model: ModelSpec, precision: string, tp = 1): number | undefined {
  const scheme = schemeOf(precision);
  if (!scheme) return undefined;
  const run = runDefaults(model, {
    framework: 'pytorch',
    mode: 'infer',
    ...(tp > 1 ? { tp } : {}),
  });
  const shard = tp > 1 ? listShards(model, run)[0]! : wholeShard(model, run);
  const expertWidth = model.experts && Math.ceil(model.experts.ffn / tp);
  return countWeights(model, run, shard).tensors.reduce(
    (sum, { rows, columns, count, layered, kind }) => {
      const quantizable =
        layered &&
        kind === 'matrix' &&
        (!scheme.expertsAlone || rows === expertWidth || columns === expertWidth);
      return (
        sum +
        rows * columns * count * (quantizable ? (scheme.quantized ?? scheme.plain) : scheme.plain)
      );
    },
    0,
  );
}
