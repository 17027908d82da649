/** The chapter's section on the KV cache: rows it saves, bytes it takes. */

import { attentionRows } from '../../compute/generation';
import { cacheSpeedup, type Service } from '../../compute/latency';
import { floatKvCache } from '../../compute/quantization';
import { gpuByName } from '../../hardware/gpu-names';
import { bytesPerElement } from '../../model/precision';
import { ABOUT, type Claim, claimsIn } from './claim';
import { GPT2, GPT3 } from './models';

const GB = 1e9;
const A100 = gpuByName('A100 40GB');

export function kvCachingClaims(): readonly Claim[] {
  const claim = claimsIn('KV Caching for Autoregressive Decoding');
  const rows = attentionRows(1000);
  const gpt3 = floatKvCache(GPT3, 1, 2048, 'fp16') / GB;
  const service: Service = { batch: 1, promptTokens: 1, tokens: 1000, precision: 'fp16' };
  return [
    claim(
      'gpt2-layers',
      'For GPT-2 ($L=12$',
      '12',
      'layers',
      GPT2.layers,
      'The published configuration.',
    ),
    claim(
      'gpt2-heads',
      '$h=12$, $d_k=64$, FP16',
      '12',
      'heads',
      GPT2.heads,
      'The published configuration.',
    ),
    claim(
      'gpt2-head-width',
      '$h=12$, $d_k=64$, FP16',
      '64',
      'values',
      GPT2.hidden / GPT2.heads,
      'The width 768 divided among 12 heads.',
    ),
    claim(
      'kv-rows',
      '$\\approx 500{,}000$ attention computations!',
      '500000',
      'rows',
      rows.uncached,
      '1000 · 1001 / 2.',
      ABOUT,
    ),
    claim(
      'kv-rows-half',
      '\\approx \\frac{T^2}{2}$',
      '2',
      'in T²/2',
      1e6 / rows.uncached,
      'T(T + 1)/2 tends to half of T² as T grows.',
      ABOUT,
    ),
    claim(
      'kv-speedup-quotient',
      '= 500\\times$ faster!',
      '500',
      '×',
      500_000 / 1000,
      '500,000 over 1,000.',
    ),
    claim(
      'kv-speedup-rows',
      '= 500\\times$ faster!',
      '500',
      '×',
      rows.ratio,
      '(T + 1)/2 attention rows without a cache for each with one.',
    ),
    claim(
      'kv-speedup-time',
      '= 500\\times$ faster!',
      '500',
      '× predicted time',
      cacheSpeedup(GPT2, service, A100).timeRatio,
      'On an A100 a cached step waits for the weights, so far less of the saving arrives.',
    ),
    claim(
      'gpt3-cache',
      'the cache reaches 9.7~GB per sequence',
      '9.7',
      'GB',
      gpt3,
      'Ninety-six layers, 2,048 tokens, keys and values of 12,288 at fp16.',
    ),
    claim(
      'gpt3-cache-batch-product',
      '($77.6$~GB)',
      '77.6',
      'GB',
      8 * 9.7,
      'Eight times the rounded 9.7.',
    ),
    claim(
      'gpt3-cache-batch',
      '($77.6$~GB)',
      '77.6',
      'GB',
      8 * gpt3,
      'Eight sequences take 77.3 GB: the chapter multiplied the rounded 9.7.',
    ),
    claim(
      'kv-int8-from-half',
      'reduce cache size by 2--4$\\times$',
      '2',
      '×',
      bytesPerElement('fp16') / bytesPerElement('int8'),
      'From fp16, without scales.',
    ),
    claim(
      'kv-int8-from-single',
      'reduce cache size by 2--4$\\times$',
      '4',
      '×',
      bytesPerElement('fp32') / bytesPerElement('int8'),
      'From fp32, without scales.',
    ),
  ];
}
