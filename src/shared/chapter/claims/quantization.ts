/** The chapter's section on quantized inference: bytes, ranges and speed at narrower precisions. */

import { generationLatency, type Service } from '../../compute/latency';
import { quantizedModel } from '../../compute/quantization';
import { integerRange } from '../../compute/quantize';
import { gpuByName } from '../../hardware/gpu-names';
import { bytesPerElement } from '../../model/precision';
import type { Precision } from '../../model/spec';
import { type Claim, claimsIn, UNMEASURED } from './claim';
import { GPT2 } from './models';

const A100 = gpuByName('A100 40GB');
const SERVICE: Service = {
  batch: 1,
  promptTokens: 1,
  tokens: 100,
  precision: 'fp32',
  kvPrecision: 'fp16',
};

/** Predicted time at fp32 over that at `precision`, one sequence of GPT-2 on an A100. */
function speedup(precision: Precision): number {
  const seconds = (at: Precision) =>
    generationLatency(GPT2, { ...SERVICE, precision: at }, A100).totalSeconds;
  return seconds('fp32') / seconds(precision);
}

const INT8 = { bits: 8, granularity: 'channel' } as const;
const INT4 = { bits: 4, granularity: 'group', groupSize: 128, zeroPoint: true } as const;

export function quantizationClaims(): readonly Claim[] {
  const claim = claimsIn('Quantization for Inference');
  const nominal = (precision: Precision) => bytesPerElement('fp32') / bytesPerElement(precision);
  const { least, greatest } = integerRange(8);
  const peak = (precision: 'fp32' | 'tf32' | 'fp16' | 'int8') => A100.peak[precision] ?? 0;
  return [
    claim(
      'quant-fp32',
      'FP32: 4 bytes, full precision',
      '4',
      'bytes',
      bytesPerElement('fp32'),
      '32 bits are four bytes.',
    ),
    claim(
      'quant-fp16',
      'FP16/BF16: 2 bytes, half precision',
      '2',
      'bytes',
      bytesPerElement('fp16'),
      '16 bits are two bytes.',
    ),
    claim(
      'quant-fp16-speed',
      '(1.5-2× speedup)',
      '1.5-2',
      '× predicted time',
      speedup('fp16'),
      'Decoding waits for the weights, which are half as many bytes.',
    ),
    claim(
      'quant-int8',
      'INT8: 1 byte, 8-bit integer',
      '1',
      'bytes',
      bytesPerElement('int8'),
      '8 bits are one byte.',
    ),
    claim(
      'quant-int8-speed',
      '(2-4× speedup, 4× memory',
      '2-4',
      '× predicted time',
      speedup('int8'),
      'Weights of a quarter of the bytes; cache and activations stay at half precision.',
    ),
    claim(
      'quant-int8-memory',
      '4× memory reduction',
      '4',
      '×',
      nominal('int8'),
      'A quarter of the bytes a value.',
    ),
    claim(
      'quant-int8-memory-real',
      '4× memory reduction',
      '4',
      '× of GPT-2',
      quantizedModel(GPT2, INT8).versusFp32,
      'Read as all of GPT-2 with embeddings, norms and biases left at fp16, as weight-only schemes leave them, and a scale a row.',
    ),
    claim(
      'quant-int4',
      'INT4: 0.5 bytes, 4-bit',
      '0.5',
      'bytes',
      bytesPerElement('int4'),
      '4 bits are half a byte.',
    ),
    claim(
      'quant-int4-speed',
      '(4-8× speedup, 8× memory',
      '4-8',
      '× predicted time',
      speedup('int4'),
      'Every weight at an eighth of the bytes; cache and activations stay at half precision.',
    ),
    claim(
      'quant-int4-memory',
      '8× memory reduction',
      '8',
      '×',
      nominal('int4'),
      'An eighth of the bytes a value.',
    ),
    claim(
      'quant-int4-memory-real',
      '8× memory reduction',
      '8',
      '× of GPT-2',
      quantizedModel(GPT2, INT4).versusFp32,
      'Read as all of GPT-2 with its embeddings left at fp16, and a scale and a zero-point for each 128 weights.',
    ),
    claim(
      'quant-least',
      '$w_q \\in [-128, 127]$',
      '-128',
      '',
      least,
      "The least of eight bits in two's complement.",
    ),
    claim(
      'quant-greatest',
      '$w_q \\in [-128, 127]$',
      '127',
      '',
      greatest,
      "The greatest of eight bits in two's complement.",
    ),
    claim(
      'quant-fp16-accuracy',
      '(<0.1\\% perplexity increase)',
      '0.1',
      '% perplexity',
      null,
      UNMEASURED,
    ),
    claim(
      'quant-int8-accuracy',
      '(0.5-2\\% perplexity increase)',
      '0.5-2',
      '% perplexity',
      null,
      UNMEASURED,
    ),
    claim(
      'quant-int4-accuracy',
      '(2-5\\% perplexity increase)',
      '2-5',
      '% perplexity',
      null,
      UNMEASURED,
    ),
    claim(
      'tensor-core-fp16-tf32',
      'Accelerate FP16/BF16 (up to 2× speedup)',
      '2',
      '× TF32 peak',
      peak('fp16') / peak('tf32'),
      "Against TF32, the tensor cores' own way with fp32 data, on the A100.",
    ),
    claim(
      'tensor-core-fp16-fp32',
      'Accelerate FP16/BF16 (up to 2× speedup)',
      '2',
      '× fp32 peak',
      peak('fp16') / peak('fp32'),
      'Against plain fp32 arithmetic on the A100 the peak is sixteen times as high.',
    ),
    claim(
      'tensor-core-int8-tf32',
      'Accelerate INT8 (up to 4× speedup)',
      '4',
      '× TF32 peak',
      peak('int8') / peak('tf32'),
      'Against TF32 on the A100.',
    ),
    claim(
      'tensor-core-int8-fp32',
      'Accelerate INT8 (up to 4× speedup)',
      '4',
      '× fp32 peak',
      peak('int8') / peak('fp32'),
      'Against plain fp32 arithmetic on the A100 the peak is 32 times as high.',
    ),
  ];
}
