/** The chapter's sections on inference memory, KV caching and batching. */

import { forwardFlops } from '../../compute/flops';
import { attentionRows, decodeFlops, generationFlops } from '../../compute/generation';
import {
  cacheSpeedup,
  decodeUtilization,
  generationLatency,
  type Service,
  throughputByBatch,
} from '../../compute/latency';
import { padded } from '../../compute/padding';
import { floatKvCache } from '../../compute/quantization';
import { gpuByName } from '../../hardware/gpu-names';
import { parameterCount } from '../../model/parameters';
import { bytesPerElement } from '../../model/precision';
import { ABOUT, AT_LEAST, AT_MOST, type Claim, claimsIn } from './claim';
import { GPT2, GPT3 } from './models';

const GB = 1e9;
const A100 = gpuByName('A100 40GB');
const PEAK = A100.peak.fp16 ?? 0;

function memory(): readonly Claim[] {
  const claim = claimsIn('Hardware Selection Guide');
  return [
    claim(
      'inference-parameters',
      'Parameters only: $2P$ bytes',
      '2',
      'P bytes',
      bytesPerElement('fp16'),
      'Two bytes each at fp16.',
    ),
    claim(
      'inference-kv-factor',
      'KV cache (autoregressive): $2 \\times L',
      '2',
      'L·h·n·d_k·B bytes',
      floatKvCache(GPT2, 1, 1, 'fp16') / (GPT2.layers * GPT2.hidden),
      'Keys and values are two tensors of two bytes a value, so four bytes: the printed 2 counts values, or int8 bytes.',
    ),
    claim(
      'inference-kv-values',
      'KV cache (autoregressive): $2 \\times L',
      '2',
      'L·h·n·d_k·B values',
      floatKvCache(GPT2, 1, 1, 'fp16') / bytesPerElement('fp16') / (GPT2.layers * GPT2.hidden),
      'Read as a count of values, two tensors.',
    ),
    claim(
      'gpt2-parameters',
      'For GPT-2 (117M params)',
      '117',
      'million',
      parameterCount(GPT2) / 1e6,
      'The published checkpoint has 124,439,808, as the chapter says elsewhere.',
    ),
  ];
}

function caching(): readonly Claim[] {
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

function batching(): readonly Claim[] {
  const claim = claimsIn('Batched Inference');
  const service: Service = { batch: 1, promptTokens: 1, tokens: 100, precision: 'fp16' };
  const cached = Number(generationFlops(GPT2, { ...service, kvCache: true }).total) / GB;
  const uncached = Number(generationFlops(GPT2, { ...service, kvCache: false }).total) / GB;
  const one = generationLatency(GPT2, service, A100);
  const many = generationLatency(GPT2, { ...service, batch: 32 }, A100);
  const [, point] = throughputByBatch(GPT2, service, A100, [1, 32]);
  const share = (batch: number) =>
    100 * decodeUtilization(GPT2, { batch, precision: 'fp16' }, 50, A100);
  const waste = padded([512, 256, 128, 64]);
  const time = (gigaflops: number, utilization: number) =>
    (gigaflops * GB * 1e3) / (PEAK * utilization);
  return [
    claim(
      'token-work-cached',
      '\\times 8\\text{ GFLOPs}',
      '8',
      'GFLOPs a token',
      Number(decodeFlops(GPT2, 1, 50)) / GB,
      'A cached token of GPT-2 takes a quarter of a GFLOP, 2P.',
    ),
    claim(
      'token-work-uncached',
      '\\times 8\\text{ GFLOPs}',
      '8',
      'GFLOPs a token',
      uncached / 100,
      'Without a cache, over 100 tokens, it is 12.6 on average.',
    ),
    claim(
      'token-work-prompt',
      '\\times 8\\text{ GFLOPs}',
      '8',
      'GFLOPs',
      Number(forwardFlops(GPT2, 1, 32)) / GB,
      'It would be right for a forward pass over 32 tokens.',
    ),
    claim(
      'hundred-tokens-product',
      '= 800\\text{ GFLOPs}$',
      '800',
      'GFLOPs',
      100 * 8,
      '100 times 8.',
    ),
    claim(
      'hundred-tokens',
      '= 800\\text{ GFLOPs}$',
      '800',
      'GFLOPs',
      cached,
      'A hundred cached tokens of GPT-2 are 24.9 GFLOPs.',
    ),
    claim(
      'single-time-quotient',
      '\\approx 8.5\\text{ ms}$',
      '8.5',
      'ms',
      time(800, 0.3),
      '800 GFLOPs at 30% of 312 TFLOPS.',
      ABOUT,
    ),
    claim(
      'single-time',
      '\\approx 8.5\\text{ ms}$',
      '8.5',
      'ms',
      1e3 * one.totalSeconds,
      'Every token has to read all weights: a hundred readings take twice that at least.',
      { ...ABOUT, ...AT_LEAST },
    ),
    claim(
      'single-time-work',
      '\\approx 8.5\\text{ ms}$',
      '8.5',
      'ms',
      time(cached, 0.3),
      "By the chapter's own way with the right work, 24.9 GFLOPs, it would be 0.27 ms.",
      ABOUT,
    ),
    claim(
      'single-utilization',
      'GPU utilization: $\\approx 30\\%$',
      '30',
      '% of peak',
      share(1),
      'A step of one sequence does about one FLOP a byte, where the A100 needs two hundred: half a percent at most.',
      { ...ABOUT, ...AT_MOST },
    ),
    claim(
      'batch-work-product',
      '= 25{,}600\\text{ GFLOPs}$',
      '25600',
      'GFLOPs',
      32 * 800,
      '32 times 800.',
    ),
    claim(
      'batch-work',
      '= 25{,}600\\text{ GFLOPs}$',
      '25600',
      'GFLOPs',
      32 * cached,
      'Thirty-two times the work of a hundred cached tokens.',
    ),
    claim(
      'batch-time-quotient',
      '\\approx 117\\text{ ms}$',
      '117',
      'ms',
      time(25_600, 0.7),
      '25,600 GFLOPs at 70% of 312 TFLOPS.',
      ABOUT,
    ),
    claim(
      'batch-time',
      '\\approx 117\\text{ ms}$',
      '117',
      'ms',
      1e3 * many.totalSeconds,
      'It can take that long: reading the weights once for all 32 sequences takes 20.8 ms at least.',
      { ...ABOUT, ...AT_LEAST },
    ),
    claim(
      'batch-time-work',
      '\\approx 117\\text{ ms}$',
      '117',
      'ms',
      time(32 * cached, 0.7),
      "By the chapter's own way with the right work, 797 GFLOPs, it would be 3.6 ms.",
      ABOUT,
    ),
    claim(
      'batch-utilization',
      'GPU utilization: $\\approx 70\\%$',
      '70',
      '% of peak',
      share(32),
      'Thirty-two sequences still do far fewer FLOPs a byte than the A100 needs: 12% at most.',
      { ...ABOUT, ...AT_MOST },
    ),
    claim(
      'batch-throughput-quotient',
      '\\approx 27{,}350\\text{ tokens/sec}$',
      '27350',
      'tokens/s',
      (32 * 100) / 0.117,
      '3,200 tokens in 117 ms.',
      ABOUT,
    ),
    claim(
      'batch-throughput',
      '\\approx 27{,}350\\text{ tokens/sec}$',
      '27350',
      'tokens/s',
      many.tokensPerSecond,
      'An A100 at fp16 can do no more than 153,789 by the roofline, so this is within reach.',
      { ...ABOUT, ...AT_MOST },
    ),
    claim(
      'single-latency-repeated',
      'Latency = 8.5 ms',
      '8.5',
      'ms',
      time(800, 0.3),
      '800 GFLOPs at 30% of 312 TFLOPS, as the page before.',
    ),
    claim(
      'single-throughput-quotient',
      'throughput = 11,765 tokens/sec',
      '11765',
      'tokens/s',
      100 / 0.0085,
      '100 tokens in 8.5 ms.',
    ),
    claim(
      'single-throughput',
      'throughput = 11,765 tokens/sec',
      '11765',
      'tokens/s',
      one.tokensPerSecond,
      'An A100 at fp16 has to read 249 MB of weights for each token: 6,234 a second at most.',
      AT_MOST,
    ),
    claim(
      'batch-latency-repeated',
      'Latency = 117 ms',
      '117',
      'ms',
      time(25_600, 0.7),
      '25,600 GFLOPs at 70% of 312 TFLOPS, as the page before.',
    ),
    claim(
      'batch-latency-quotient',
      '(13.8× worse)',
      '13.8',
      '×',
      117 / 8.5,
      'The quotient of the printed times.',
    ),
    claim(
      'batch-latency',
      '(13.8× worse)',
      '13.8',
      '×',
      point?.latencyCost ?? null,
      'By the roofline a batch of 32 is barely slower than one sequence.',
    ),
    claim(
      'batch-throughput-repeated',
      'throughput = 27,350 tokens/sec',
      '27350',
      'tokens/s',
      (32 * 100) / 0.117,
      '3,200 tokens in 117 ms, as the page before.',
    ),
    claim(
      'batch-gain-quotient',
      '(2.3× better)',
      '2.3',
      '×',
      27_350 / 11_765,
      'The quotient of the printed rates.',
    ),
    claim(
      'batch-gain',
      '(2.3× better)',
      '2.3',
      '×',
      point?.throughputGain ?? null,
      'By the roofline nearly all of the 32 arrives, since the weights are read once.',
    ),
    claim(
      'padding-positions',
      '= 1024$ positions',
      '1024',
      'positions',
      waste.wasted,
      '256 + 384 + 448 is 1,088.',
    ),
    claim(
      'padding-share',
      '(50\\%!)',
      '50',
      '% of positions',
      waste.wastedPercent,
      '1,088 of 2,048.',
    ),
  ];
}

function exercise(): readonly Claim[] {
  const claim = claimsIn('Exercise: KV cache benchmark');
  const rows = attentionRows(256);
  return [
    claim(
      'bench-parameters',
      'For GPT-2 small (124M parameters)',
      '124',
      'million',
      parameterCount(GPT2) / 1e6,
      'The published checkpoint has 124,439,808.',
    ),
    claim(
      'bench-uncached',
      '| Without cache | 45.3 |',
      '45.3',
      's',
      null,
      'A measurement on a machine that is not named.',
    ),
    claim(
      'bench-unit',
      '| 1.0$\\times$ |',
      '1.0',
      '×',
      45.3 / 45.3,
      'The baseline against itself.',
    ),
    claim(
      'bench-cached',
      '| With cache | 2.8 |',
      '2.8',
      's',
      null,
      'A measurement on a machine that is not named.',
    ),
    claim(
      'bench-actual',
      'Actual speedup (16.2$\\times$)',
      '16.2',
      '×',
      null,
      'A measurement on a machine that is not named; GPT-2 does 150 times less work with a cache, and the roofline of an A100 makes 7.1 of it.',
    ),
    claim(
      'bench-vocabulary',
      'torch.randint(0, 50257',
      '50257',
      'tokens',
      GPT2.vocab,
      'The published vocabulary of GPT-2.',
    ),
    claim(
      'bench-speedup',
      '| 16.2$\\times$ |',
      '16.2',
      '×',
      45.3 / 2.8,
      'The quotient of the two times.',
    ),
    claim(
      'bench-theory-quotient',
      '128/2 = 64\\times$ (theoretical)',
      '64',
      '×',
      128 / 2,
      '128 halved once more.',
    ),
    claim(
      'bench-theory',
      '128/2 = 64\\times$ (theoretical)',
      '64',
      '×',
      rows.ratio,
      'Its own (n + 1)/2 is 128.5 at 256; the chapter halved it twice.',
    ),
    claim(
      'bench-theory-numerator',
      'Speedup $\\approx 128/2',
      '128',
      '×',
      rows.ratio,
      'What (n + 1)/2 gives before the second halving.',
      ABOUT,
    ),
    claim(
      'bench-formula',
      '= \\frac{n+1}{2} \\approx O(n)$$',
      '2',
      'in (n + 1)/2',
      257 / rows.ratio,
      'T(T + 1)/2 rows without a cache over T with one.',
    ),
    claim(
      'bench-cache-values',
      '= 4.7$MB',
      '4.7',
      'million values',
      floatKvCache(GPT2, 1, 256, 'fp32') / bytesPerElement('fp32') / 1e6,
      'The formula as printed counts values.',
    ),
    claim(
      'bench-cache',
      '= 4.7$MB',
      '4.7',
      'MB',
      floatKvCache(GPT2, 1, 256, 'fp32') / 1e6,
      'At fp32, which the benchmark runs in, a value is four bytes.',
    ),
    claim(
      'bench-cache-half',
      '= 4.7$MB',
      '4.7',
      'MB',
      floatKvCache(GPT2, 1, 256, 'fp16') / 1e6,
      'At fp16 a value is two bytes.',
    ),
  ];
}

export function inferenceClaims(): readonly Claim[] {
  return [...memory(), ...caching(), ...batching(), ...exercise()];
}
