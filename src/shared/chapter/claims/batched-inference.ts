/** The chapter's section on batched inference: one sequence of GPT-2 against 32, and padding. */

import { forwardFlops } from '../../compute/flops';
import { decodeFlops, generationFlops } from '../../compute/generation';
import {
  decodeUtilization,
  generationLatency,
  type Service,
  throughputByBatch,
} from '../../compute/latency';
import { padded } from '../../compute/padding';
import { gpuByName } from '../../hardware/gpu-names';
import { ABOUT, AT_LEAST, AT_MOST, type Claim, claimsIn } from './claim';
import { GPT2 } from './models';

const GB = 1e9;
const A100 = gpuByName('A100 40GB');
const PEAK = A100.peak.fp16 ?? 0;

export function batchingClaims(): readonly Claim[] {
  const claim = claimsIn('Batched Inference');
  const service: Service = { batch: 1, promptTokens: 1, tokens: 100, precision: 'fp16' };
  const cached = Number(generationFlops(GPT2, { ...service, kvCache: true }).total) / GB;
  const uncached = Number(generationFlops(GPT2, { ...service, kvCache: false }).total) / GB;
  const single = generationLatency(GPT2, service, A100);
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
      1e3 * single.totalSeconds,
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
      single.tokensPerSecond,
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
