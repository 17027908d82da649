/**
 * How the weights of a quantized release are stored: `quantization_config` of a config.json, and the formats that a run
 * may load a model in. Bytes a matrix takes are told here alone.
 *
 * A matrix of `rows` inputs and `columns` outputs keeps its numbers, and what is needed to make them wide again:
 *  - nf4: blocks of 64 with an fp32 scale each; with double quantization the scales are bytes in blocks of 256, one fp32 for
 *    each block and one offset for all (bitsandbytes; QLoRA, Dettmers et al. 2023, §3).
 *  - int8: one fp32 scale an output (bitsandbytes LLM.int8).
 *  - gptq and awq: fp16 scales and packed zero-points of the same width as the weights, for every `group` inputs; GPTQ's
 *    layout keeps an int32 group index an input besides (AutoGPTQ, AutoAWQ).
 *  - fp8: a scale for each block of 128 × 128 (DeepSeek-V3, fp32), or one for the matrix.
 *  - mxfp4: a scale byte for every 32 (OCP Microscaling 1.0).
 */
export type QuantizationKind = 'nf4' | 'int8' | 'gptq' | 'awq' | 'fp8' | 'mxfp4';

export interface Quantization {
  readonly kind: QuantizationKind;
  readonly bits: number;
  /** Inputs that share a scale; null: one for the whole row or matrix. */
  readonly group: number | null;
  /** Outputs that share it too; left out, 1. */
  readonly groupColumns?: number;
  /** The scales are quantized themselves (NF4). */
  readonly double?: boolean;
  /** What of a layer is left as it is: attention's matrices (gpt-oss in mxfp4 quantizes its experts alone). */
  readonly expertsAlone?: boolean;
}

/** Numbers of a block of scales that are quantized themselves. */
const DOUBLE_BLOCK = 256;

/** Bytes of a matrix of that many inputs and outputs, scales and zero-points among them. */
export function quantizedBytes(
  { kind, bits, group, groupColumns = 1, double }: Quantization,
  inputs: number,
  outputs: number,
): number {
  const elements = inputs * outputs;
  const numbers = Math.ceil((elements * bits) / 8);
  switch (kind) {
    case 'nf4': {
      const blocks = Math.ceil(elements / (group ?? elements));
      return numbers + (double ? blocks + 4 * Math.ceil(blocks / DOUBLE_BLOCK) + 4 : 4 * blocks);
    }
    case 'int8':
      return numbers + 4 * outputs;
    case 'gptq':
    case 'awq': {
      const groups = Math.ceil(inputs / (group ?? inputs));
      const zeros = Math.ceil((groups * outputs * bits) / 8);
      return numbers + 2 * groups * outputs + zeros + (kind === 'gptq' ? 4 * inputs : 0);
    }
    case 'fp8':
      return (
        numbers +
        4 * (group === null ? 1 : Math.ceil(inputs / group) * Math.ceil(outputs / groupColumns))
      );
    case 'mxfp4':
      return numbers + Math.ceil(elements / (group ?? elements));
  }
}
