/** The chapter's sections on quantization, distillation, the table that sums them up, and scaling laws in brief. */

import { chinchillaOptimum } from '../../compute/chinchilla';
import { compareStudent } from '../../compute/distillation';
import { generationLatency, type Service } from '../../compute/latency';
import { quantizedModel } from '../../compute/quantization';
import { integerRange } from '../../compute/quantize';
import { optimizationSummary } from '../../compute/summary';
import { gpuByName } from '../../hardware/gpu-names';
import { parameterCount } from '../../model/parameters';
import { bytesPerElement } from '../../model/precision';
import type { Precision } from '../../model/spec';
import { type Claim, claimsIn } from './claim';
import { BERT, DISTILBERT, GPT2, TINYBERT } from './models';

const A100 = gpuByName('A100 40GB');
const SERVICE: Service = {
  batch: 1,
  promptTokens: 1,
  tokens: 100,
  precision: 'fp32',
  kvPrecision: 'fp16',
};
const UNMEASURED =
  'Accuracy is no arithmetic: it depends on model, data and calibration and has to be measured.';

/** Predicted time at fp32 over that at `precision`, one sequence of GPT-2 on an A100. */
function speedup(precision: Precision): number {
  const seconds = (at: Precision) =>
    generationLatency(GPT2, { ...SERVICE, precision: at }, A100).totalSeconds;
  return seconds('fp32') / seconds(precision);
}

const INT8 = { bits: 8, granularity: 'channel' } as const;
const INT4 = { bits: 4, granularity: 'group', groupSize: 128, zeroPoint: true } as const;

function quantization(): readonly Claim[] {
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

function distillation(): readonly Claim[] {
  const claim = claimsIn('Model Distillation');
  const distil = compareStudent(BERT, DISTILBERT, 128);
  const tiny = compareStudent(BERT, TINYBERT, 128);
  return [
    claim(
      'distilbert-parameters',
      'DistilBERT: 66M params',
      '66',
      'million',
      distil.studentParameters / 1e6,
      "Six of BERT-base's layers, no pooler: 66,362,880.",
    ),
    claim(
      'distilbert-teacher',
      '(vs. BERT-base 110M)',
      '110',
      'million',
      parameterCount(BERT) / 1e6,
      'The published checkpoint has 109,482,240.',
      { approximate: true },
    ),
    claim('distilbert-accuracy', '97\\% performance, 2× faster', '97', '%', null, UNMEASURED),
    claim(
      'distilbert-speed',
      '97\\% performance, 2× faster',
      '2',
      '× fewer FLOPs',
      distil.workRatio,
      'Half of the layers.',
    ),
    claim(
      'tinybert-parameters',
      'TinyBERT: 14M params',
      '14',
      'million',
      tiny.studentParameters / 1e6,
      'Four layers of width 312, with token types and pooler: 14.35 million.',
    ),
    claim('tinybert-accuracy', '96\\% performance, 7× faster', '96', '%', null, UNMEASURED),
    claim(
      'tinybert-speed',
      '96\\% performance, 7× faster',
      '7',
      '× faster',
      null,
      'How much faster it runs has to be measured; its layers do 17.9 times less work.',
    ),
  ];
}

function summary(): readonly Claim[] {
  const claim = claimsIn('Inference Optimization Summary');
  const table = optimizationSummary(GPT2, A100, 50, 500);
  const row = (technique: string) => table.rows.find((one) => one.technique === technique);
  const long = optimizationSummary(GPT2, A100, 24, 1000).rows.find(
    (one) => one.technique === 'kv-cache',
  );
  const overhead = (memoryRatio: number | undefined) =>
    memoryRatio === undefined ? null : 100 * (1 / memoryRatio - 1);
  const distil = compareStudent(BERT, DISTILBERT, 128);
  const tiny = compareStudent(BERT, TINYBERT, 128);
  return [
    claim(
      'summary-kv-speed',
      '| KV Caching | 100-500× |',
      '100-500',
      '× predicted time',
      row('kv-cache')?.speedup ?? null,
      'GPT-2, 500 tokens on an A100 at fp32, by the roofline: a cached step waits for memory.',
    ),
    claim(
      'summary-kv-speed-long',
      '| KV Caching | 100-500× |',
      '100-500',
      '× predicted time',
      long?.speedup ?? null,
      'The same with 1,000 tokens, near the longest GPT-2 takes.',
    ),
    claim(
      'summary-kv-memory',
      '| -50\\% (cache overhead) |',
      '50',
      '% more memory',
      overhead(long?.memoryRatio),
      "At GPT-2's full length the fp16 cache adds this much to its fp32 weights.",
    ),
    claim(
      'summary-batching',
      '| Batching (32×) | 2-3× throughput |',
      '2-3',
      '× throughput',
      row('batching')?.speedup ?? null,
      'Weights are read once for the whole batch, so a memory-bound step gains far more.',
    ),
    claim(
      'summary-fp16-speed',
      '| FP16/BF16 | 1.5-2× |',
      '1.5-2',
      '× predicted time',
      row('fp16')?.speedup ?? null,
      'Decoding waits for the weights, which are half as many bytes.',
    ),
    claim(
      'summary-fp16-memory',
      '| 1.5-2× | 2× |',
      '2',
      '×',
      row('fp16')?.memoryRatio ?? null,
      'Two bytes for four.',
    ),
    claim(
      'summary-int8-speed',
      '| INT8 Quantization | 2-4× |',
      '2-4',
      '× predicted time',
      row('int8')?.speedup ?? null,
      'Decoding waits for the weights, which are a quarter of the bytes.',
    ),
    claim(
      'summary-int8-memory',
      '| 2-4× | 4× |',
      '4',
      '×',
      bytesPerElement('fp32') / bytesPerElement('int8'),
      'One byte for four, without scales.',
    ),
    claim(
      'summary-int8-memory-real',
      '| 2-4× | 4× |',
      '4',
      '× of GPT-2',
      row('int8')?.memoryRatio ?? null,
      'Read as all of GPT-2 with its embeddings left at fp16, and a scale a row.',
    ),
    claim('summary-int8-accuracy', 'Small (0.5-2\\%)', '0.5-2', '%', null, UNMEASURED),
    claim(
      'summary-int4-speed',
      '| INT4 Quantization | 4-8× |',
      '4-8',
      '× predicted time',
      row('int4')?.speedup ?? null,
      'Decoding waits for the weights, which are an eighth of the bytes.',
    ),
    claim(
      'summary-int4-memory',
      '| 4-8× | 8× |',
      '8',
      '×',
      bytesPerElement('fp32') / bytesPerElement('int4'),
      'Half a byte for four, without scales.',
    ),
    claim(
      'summary-int4-memory-real',
      '| 4-8× | 8× |',
      '8',
      '× of GPT-2',
      row('int4')?.memoryRatio ?? null,
      'Read as all of GPT-2 with its embeddings left at fp16, and a scale and a zero-point for each 128 weights.',
    ),
    claim('summary-int4-accuracy', 'Moderate (2-5\\%)', '2-5', '%', null, UNMEASURED),
    claim(
      'summary-distil-speed-low',
      '| Distillation | 2-7× |',
      '2',
      '× fewer FLOPs',
      distil.workRatio,
      'DistilBERT for BERT-base.',
    ),
    claim(
      'summary-distil-speed-high',
      '| Distillation | 2-7× |',
      '7',
      '× faster',
      null,
      "How much faster TinyBERT runs has to be measured; its layers do 17.9 times less work than BERT-base's.",
    ),
    claim(
      'summary-distil-memory-low',
      '| 2-7× | 2-8× |',
      '2',
      '×',
      distil.memoryRatio,
      'DistilBERT keeps the embeddings and is 1.64 times smaller, which rounds to the lower end.',
    ),
    claim(
      'summary-distil-memory-high',
      '| 2-7× | 2-8× |',
      '8',
      '×',
      tiny.memoryRatio,
      'TinyBERT for BERT-base.',
    ),
    claim('summary-distil-accuracy', 'Small (3-4\\%)', '3-4', '%', null, UNMEASURED),
    claim(
      'summary-combined',
      'can achieve 1000× speedup',
      '1000',
      '× throughput',
      table.combinedThroughput,
      'GPT-2 on an A100, 500 tokens: int8, cache and batch of 32 against fp32, no cache, one sequence.',
    ),
  ];
}

function scaling(): readonly Claim[] {
  const claim = claimsIn('Scaling Laws');
  const slope = (of: 'N' | 'D') =>
    Math.log10(chinchillaOptimum(1e25, 1)[of] / chinchillaOptimum(1e24, 1)[of]);
  return [
    claim(
      'scaling-n-exponent',
      '$N_{\\text{opt}} \\propto C^{0.5}$',
      '0.5',
      'exponent',
      slope('N'),
      'Approach 1 of Hoffmann et al., from its published table.',
    ),
    claim(
      'scaling-d-exponent',
      '$D_{\\text{opt}} \\propto C^{0.5}$',
      '0.5',
      'exponent',
      slope('D'),
      'Approach 1 of Hoffmann et al., from its published table.',
    ),
  ];
}

export function optimizationClaims(): readonly Claim[] {
  return [...quantization(), ...distillation(), ...summary(), ...scaling()];
}
