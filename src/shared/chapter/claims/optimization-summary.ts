/** The chapter's table that sums up optimizations of inference. */

import { compareStudent } from '../../compute/distillation';
import { optimizationSummary } from '../../compute/summary';
import { gpuByName } from '../../hardware/gpu-names';
import { bytesPerElement } from '../../model/precision';
import { type Claim, claimsIn, UNMEASURED } from './claim';
import { BERT, DISTILBERT, GPT2, TINYBERT } from './models';

const A100 = gpuByName('A100 40GB');

export function optimizationSummaryClaims(): readonly Claim[] {
  const claim = claimsIn('Inference Optimization Summary');
  const table = optimizationSummary(GPT2, A100, 50, 500);
  const row = (technique: string) => table.rows.find((known) => known.technique === technique);
  const long = optimizationSummary(GPT2, A100, 24, 1000).rows.find(
    ({ technique }) => technique === 'kv-cache',
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
