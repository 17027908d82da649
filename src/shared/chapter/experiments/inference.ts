/** The chapter's inference: KV cache, batching, padding, quantization, distillation, and the table that sums them up. */

import { compareStudent } from '../../compute/distillation';
import { cacheWorkRatio } from '../../compute/generation';
import { cacheSpeedup, type Service } from '../../compute/latency';
import { bucketed, grouped, packed } from '../../compute/padding';
import { quantizedKvCache, quantizedModel } from '../../compute/quantization';
import { rangeQuantizer, roundTrip } from '../../compute/quantize';
import { optimizationSummary } from '../../compute/summary';
import { gpuByName } from '../../hardware/gpu-names';
import { preset } from '../../model/presets';
import { claimStep, type Experiment, step } from './experiment';

const GPT2 = preset('gpt2');
const A100 = gpuByName('A100 40GB');
const LENGTHS = [512, 256, 128, 64];
const BENCH: Service = {
  batch: 1,
  promptTokens: 50,
  tokens: 256,
  precision: 'fp32',
  kvPrecision: 'fp32',
};

/** Values spread evenly over a tenth of the range, and in the first group of 128 one that fills it. */
const OUTLIER = Array.from({ length: 4096 }, (_, i) => (i === 0 ? 1 : (i - 2048) / 20_480));

const scheme = (bits: 8 | 4, granularity: 'tensor' | 'channel' | 'group') => ({
  bits,
  granularity,
  zeroPoint: bits === 4,
});

export const INFERENCE_EXPERIMENTS: readonly Experiment[] = [
  {
    name: 'kv-cache',
    title: 'What a KV cache saves, and what it takes',
    inputs: [['run', '1,000 tokens of GPT-2; GPT-3 at 2,048 tokens, fp16']],
    steps: () => [
      claimStep('kv-rows', 'attention rows without', 'T(T + 1)/2'),
      claimStep('kv-speedup-rows', 'rows without over with', '(T + 1)/2'),
      claimStep('kv-speedup-time', 'time on an A100, fp16', 'roofline'),
      claimStep('gpt3-cache', "GPT-3's cache", '4 · 96 · 2,048 · 12,288'),
      claimStep('gpt3-cache-batch', 'of eight sequences', '8 · 9.664'),
      claimStep('kv-int8-from-half', 'int8 in place of fp16', '2 / 1'),
      claimStep('kv-int8-from-single', 'int8 in place of fp32', '4 / 1'),
      step(
        'int8 with a scale a head',
        '1 + 2/64 bytes a value',
        quantizedKvCache(GPT2, 1, 1000, scheme(8, 'channel')).total / 1e6,
        'MB of GPT-2',
      ),
    ],
  },
  {
    name: 'kv-cache-speedup',
    title: 'Exercise 3: GPT-2 generates 256 tokens with and without a KV cache',
    inputs: [
      ['model', 'GPT-2, 124,439,808 parameters, fp32'],
      ['run', 'prompt of 50 tokens, 256 tokens'],
    ],
    steps: () => [
      claimStep('bench-uncached', 'without a cache', "the chapter's measurement"),
      claimStep('bench-cached', 'with a cache', "the chapter's measurement"),
      claimStep('bench-speedup', 'its speed-up', '45.3 / 2.8'),
      claimStep('bench-theory', 'attention rows', '(n + 1)/2, n = 256'),
      step('all of the work', 'FLOPs without / with', cacheWorkRatio(GPT2, BENCH), '× fewer FLOPs'),
      step(
        'time on an A100, fp32',
        'roofline',
        cacheSpeedup(GPT2, BENCH, A100).timeRatio,
        '× predicted time',
      ),
      claimStep('bench-cache', 'the cache, fp32', '2 · 12 · 256 · 768 · 4'),
      claimStep('bench-cache-values', 'its values', '2 · 12 · 256 · 768'),
    ],
  },
  {
    name: 'batching',
    title: 'One sequence against 32: latency and throughput of GPT-2',
    inputs: [
      ['model', 'GPT-2, fp16, 100 tokens'],
      ['device', 'A100 40 GB'],
    ],
    steps: () => [
      claimStep('token-work-cached', 'a cached token', '2P + attention'),
      claimStep('hundred-tokens', 'a hundred', '100 · 0.249'),
      claimStep('single-time-quotient', 'by the chapter', '800e9 / (0.3 · 312e12)'),
      claimStep('single-time', 'one sequence', 'roofline'),
      claimStep('single-utilization', 'of the peak', 'roofline'),
      claimStep('single-throughput', 'tokens a second', '100 / 16.0 ms'),
      claimStep('batch-time-quotient', '32, by the chapter', '25,600e9 / (0.7 · 312e12)'),
      claimStep('batch-time', '32 sequences', 'roofline'),
      claimStep('batch-utilization', 'of the peak', 'roofline'),
      claimStep('batch-throughput', 'tokens a second', '3,200 / 20.8 ms'),
      claimStep('batch-latency', 'latency, 32 against 1', '20.8 / 16.0'),
      claimStep('batch-gain', 'throughput, 32 against 1', '153,789 / 6,234'),
    ],
  },
  {
    name: 'padding',
    title: 'What padding wastes, and what grouping, buckets and packing save',
    inputs: [['lengths', LENGTHS.join(', ')]],
    steps: () => [
      claimStep('padding-positions', 'wasted, padded to the longest', '256 + 384 + 448'),
      claimStep('padding-share', 'share of what is computed', '1,088 / 2,048'),
      step(
        'in pairs of like length',
        'two batches of two',
        grouped(LENGTHS, 2).wastedPercent,
        '% wasted',
      ),
      step(
        'in buckets',
        '128, 256, 512, 1,024',
        bucketed(LENGTHS, [128, 256, 512, 1024]).wastedPercent,
        '% wasted',
      ),
      step('packed', 'rows of 512', packed(LENGTHS, 512).wastedPercent, '% wasted'),
    ],
  },
  {
    name: 'quantization',
    title: 'GPT-2 in int8 and int4: bytes with their scales, error of the mapping',
    inputs: [
      ['model', 'GPT-2; embeddings, norms and biases stay fp16'],
      ['scales', 'fp16; int4 keeps zero-points'],
    ],
    steps: () => [
      claimStep('quant-int8-memory', 'int8, bare', '4 / 1'),
      claimStep('quant-int8-memory-real', 'int8, a scale a row', 'fp32 bytes / all bytes'),
      step(
        'int8, a scale a tensor',
        'fp32 bytes / all bytes',
        quantizedModel(GPT2, scheme(8, 'tensor')).versusFp32,
        '×',
      ),
      step(
        'int8, in groups of 128',
        'fp32 bytes / all bytes',
        quantizedModel(GPT2, scheme(8, 'group')).versusFp32,
        '×',
      ),
      claimStep('quant-int4-memory', 'int4, bare', '4 / 0.5'),
      claimStep('quant-int4-memory-real', 'int4, in groups of 128', 'fp32 bytes / all bytes'),
      step(
        'int4, a scale a row',
        'fp32 bytes / all bytes',
        quantizedModel(GPT2, scheme(4, 'channel')).versusFp32,
        '×',
      ),
      step(
        'bits a weight, int4 groups',
        '4 + (16 + 4)/128',
        quantizedModel(GPT2, scheme(4, 'group')).quantized.bitsPerValue,
        'bits',
      ),
      claimStep('quant-least', 'least of int8', '−2⁷'),
      claimStep('quant-greatest', 'greatest of int8', '2⁷ − 1'),
      step(
        'error of int8, symmetric',
        's/2 = w_max / (2 · 127)',
        100 * rangeQuantizer(-1, 1, 8, 'symmetric').errorBound,
        '% of w_max',
      ),
      step(
        'error of int4, symmetric',
        's/2 = w_max / (2 · 7)',
        100 * rangeQuantizer(-1, 1, 4, 'symmetric').errorBound,
        '% of w_max',
      ),
      step(
        'an outlier, one scale',
        'greatest error',
        100 * roundTrip(OUTLIER, 8, 'symmetric').greatestError,
        '% of w_max',
      ),
      step(
        'an outlier, groups of 128',
        'error of the others',
        100 * roundTrip(OUTLIER.slice(128), 8, 'symmetric', 128).greatestError,
        '% of w_max',
      ),
      claimStep('quant-int8-speed', 'int8, decoding', 'roofline of an A100'),
      claimStep('quant-int4-speed', 'int4, decoding', 'roofline of an A100'),
    ],
  },
  {
    name: 'distillation',
    title: 'Teachers and students: BERT-base, DistilBERT, TinyBERT',
    inputs: [['sequence', '128 tokens']],
    steps: () => [
      claimStep('distilbert-teacher', 'BERT-base', 'the published checkpoint'),
      claimStep('distilbert-parameters', 'DistilBERT', 'six layers, no pooler'),
      claimStep('distilbert-speed', 'work of the layers', 'BERT-base / DistilBERT'),
      claimStep('summary-distil-memory-low', 'bytes', '109.5 / 66.4'),
      claimStep('tinybert-parameters', 'TinyBERT', 'four layers, d = 312'),
      step(
        'work of the layers',
        'BERT-base / TinyBERT',
        compareStudent(preset('bert-base'), preset('tinybert'), 128).workRatio,
        '×',
      ),
      claimStep('tinybert-speed', 'time', 'to be measured'),
      claimStep('summary-distil-memory-high', 'bytes', '109.5 / 14.35'),
    ],
  },
  {
    name: 'inference-summary',
    title: "The chapter's table of inference optimizations, computed",
    inputs: [
      ['model', 'GPT-2, 500 tokens from a prompt of 50'],
      ['device', 'A100 40 GB, roofline'],
    ],
    steps: () => {
      const { rows } = optimizationSummary(GPT2, A100, 50, 500);
      const batching = rows.find(({ technique }) => technique === 'batching');
      return [
        claimStep('summary-kv-speed', 'KV cache', 'time without / with'),
        claimStep('summary-kv-memory', 'its memory, 1,024 tokens', 'cache / weights'),
        claimStep('summary-batching', 'batch of 32', 'throughput'),
        step('its memory', 'bytes of 32 / bytes of 1', 1 / (batching?.memoryRatio ?? 1), '×'),
        claimStep('summary-fp16-speed', 'fp16', 'time fp32 / fp16'),
        claimStep('summary-fp16-memory', 'its memory', '4 / 2'),
        claimStep('summary-int8-speed', 'int8', 'time fp32 / int8'),
        claimStep('summary-int8-memory-real', 'its memory', 'fp32 bytes / all bytes'),
        claimStep('summary-int4-speed', 'int4', 'time fp32 / int4'),
        claimStep('summary-int4-memory-real', 'its memory', 'fp32 bytes / all bytes'),
        claimStep('summary-distil-speed-low', 'distillation', 'work, DistilBERT'),
        claimStep('summary-distil-memory-high', 'its memory', 'TinyBERT'),
        claimStep('summary-combined', 'int8, cache, batch of 32', 'throughput'),
      ];
    },
  },
];
