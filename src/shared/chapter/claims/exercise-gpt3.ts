/** The first exercise: GPT-3's work for a forward pass, for 100 tokens, and for training on 10^12 tokens. */

import { attentionPairs, forwardFlops, layerFlops, trainFlops } from '../../compute/flops';
import { cacheWorkRatio, decodeFlops, generationFlops } from '../../compute/generation';
import { sixPD, trainingCost } from '../../compute/training';
import { gpuByName } from '../../hardware/gpu-names';
import { parameterCount } from '../../model/parameters';
import { ABOUT, type Claim, claimsIn } from './claim';
import { GPT3, NOMINAL } from './models';

const TERA = 1e12;
const P = NOMINAL.gpt3;

function forward(): readonly Claim[] {
  const claim = claimsIn('Exercise: GPT-3, one forward pass');
  const layer = layerFlops(GPT3, { batch: 1, queries: 2048, pairs: attentionPairs(2048) });
  const all = Number(forwardFlops(GPT3, 1, 2048));
  const whole = (flops: bigint) => (GPT3.layers * Number(flops)) / TERA;
  const attention = layer.scores + layer.attentionOutput;
  const projections = layer.qkv + layer.projection;
  return [
    claim(
      'gpt3-parameters',
      'GPT-3 with $P = 175B$ parameters',
      '175',
      'billion',
      parameterCount(GPT3) / 1e9,
      'Its shape gives 174.6 billion.',
    ),
    claim(
      'gpt3-layers',
      '$L = 96$ layers',
      '96',
      'layers',
      GPT3.layers,
      'Brown et al. 2020, table 2.1.',
    ),
    claim(
      'gpt3-width',
      '12{,}288$, $h = 96$ heads',
      '12288',
      'values',
      GPT3.heads * GPT3.headDim,
      'Ninety-six heads of 128.',
    ),
    claim(
      'gpt3-heads',
      '$h = 96$ heads',
      '96',
      'heads',
      GPT3.hidden / GPT3.headDim,
      '12,288 in heads of 128.',
    ),
    claim(
      'gpt3-2p-coefficient',
      '= 2 \\times B \\times n \\times P$$',
      '2',
      'n·P',
      all / (2048 * parameterCount(GPT3)),
      "A multiply-add for each parameter and token; the quadratic part of attention adds 3% at GPT-3's length.",
    ),
    claim(
      'gpt3-attention-coefficient',
      'Attention: $2 \\times B \\times n^2 \\times d',
      '2',
      'n²d',
      Number(attention) / (2048 ** 2 * GPT3.hidden),
      'Scores and weighted values are 2n²d each.',
    ),
    claim(
      'gpt3-ffn-width',
      '12{,}288 \\times 49{,}152',
      '49152',
      'values',
      4 * GPT3.hidden,
      'Four times 12,288.',
    ),
    claim(
      'gpt3-ffn-coefficient',
      'Feed-forward: $2 \\times B',
      '2',
      'n·d·d_ff',
      Number(layer.ffn) / (2048 * GPT3.hidden * GPT3.ffn),
      'There are two products, 2·n·d·d_ff each.',
    ),
    claim(
      'gpt3-attention-printed',
      '= 103.1$ TFLOPs',
      '103.1',
      'TFLOPs',
      Number(layer.scores) / TERA,
      'What is written is the scores of one layer, 103.1 GFLOPs: a thousand times less.',
    ),
    claim(
      'gpt3-attention',
      '= 103.1$ TFLOPs',
      '103.1',
      'TFLOPs',
      whole(attention),
      'Scores and weighted values of all 96 layers are 19.8 TFLOPs.',
    ),
    claim(
      'gpt3-ffn-printed',
      '= 2{,}476$ TFLOPs',
      '2476',
      'TFLOPs',
      Number(layer.ffn) / 2 / TERA,
      'What is written is one of two products of one layer, 2.474 TFLOPs.',
    ),
    claim(
      'gpt3-ffn',
      '= 2{,}476$ TFLOPs',
      '2476',
      'TFLOPs',
      whole(layer.ffn),
      'Both products of all 96 layers; the printed part exceeds the printed whole.',
    ),
    claim(
      'gpt3-projections',
      'Projections: $\\sim 137.7$ TFLOPs',
      '137.7',
      'TFLOPs',
      whole(projections),
      'Q, K, V and output of all 96 layers are 8nd² each: 237.5.',
      ABOUT,
    ),
    claim(
      'gpt3-attention-share-printed',
      'Attention is only 14\\%',
      '14',
      '% of forward',
      (100 * 103.1) / 717,
      'The printed 103.1 of the printed 717.',
    ),
    claim(
      'gpt3-attention-share',
      'Attention is only 14\\%',
      '14',
      '% of forward',
      (100 * whole(attention) * TERA) / all,
      'The quadratic part is 2.7% of the exact count.',
    ),
    claim(
      'gpt3-attention-share-block',
      'Attention is only 14\\%',
      '14',
      '% of forward',
      (100 * whole(attention + projections) * TERA) / all,
      'With its projections attention is a third of the exact count.',
    ),
    claim(
      'gpt3-ffn-ratio',
      'due to large $d_{ff} = 4d$',
      '4',
      'd',
      GPT3.ffn / GPT3.hidden,
      'GPT-3 widens to 49,152 from 12,288.',
    ),
    claim(
      'gpt3-forward-2p',
      'Single forward pass: 717 TFLOPs',
      '717',
      'TFLOPs',
      (2 * 2048 * P) / TERA,
      '2·n·P.',
    ),
    claim(
      'gpt3-forward',
      'Single forward pass: 717 TFLOPs',
      '717',
      'TFLOPs',
      all / TERA,
      "The exact count has attention's quadratic part, which 2P leaves out.",
    ),
  ];
}

function generation(): readonly Claim[] {
  const claim = claimsIn('Exercise: GPT-3, generating 100 tokens');
  let recomputed = 0;
  for (let t = 1; t <= 100; t++) recomputed += 2 * (50 + t) * P;
  const shape = { batch: 1, promptTokens: 50, tokens: 100 };
  const cached = Number(generationFlops(GPT3, { ...shape, kvCache: true }).total) / TERA;
  const uncached = Number(generationFlops(GPT3, { ...shape, kvCache: false }).total);
  const approximation = (100 * 2 * P) / TERA;
  const perContext =
    Number(decodeFlops(GPT3, 1, 101) - decodeFlops(GPT3, 1, 1)) / (100 * GPT3.layers * GPT3.hidden);
  return [
    claim(
      'gpt3-decode-attention',
      '2 \\times L \\times d \\times n_{\\text{ctx}}$$',
      '2',
      'L·d·n_ctx',
      perContext,
      'Scores and weighted values are 2·d a key and layer each.',
    ),
    claim(
      'gpt3-decode-2p',
      '= 2 \\times P + 2 \\times L',
      '2',
      'P',
      Number(decodeFlops(GPT3, 1, 1)) / parameterCount(GPT3),
      'A multiply-add for each parameter.',
    ),
    claim(
      'gpt3-uncached-2p',
      '\\frac{3.52 \\times 10^{15}}',
      '3.52',
      '10^15 FLOPs',
      recomputed / 1e15,
      'The sum of 2·(50 + t)·P over 100 tokens.',
    ),
    claim(
      'gpt3-uncached',
      '\\frac{3.52 \\times 10^{15}}',
      '3.52',
      '10^15 FLOPs',
      uncached / 1e15,
      'The exact count; the prompt yields the first token, so lengths run from 50 to 149.',
    ),
    claim(
      'gpt3-cached-2p',
      '= 3.5 \\times 10^{13} = 35',
      '3.5',
      '10^13 FLOPs',
      approximation / 10,
      '100 · 2P.',
    ),
    claim('gpt3-cached-tera', '= 35 \\text{ TFLOPs}$', '35', 'TFLOPs', approximation, '100 · 2P.'),
    claim(
      'gpt3-cached',
      '= 35 \\text{ TFLOPs}$',
      '35',
      'TFLOPs',
      cached,
      'With the prompt of 50 tokens, which has to be taken in once.',
    ),
    claim(
      'gpt3-cache-speedup-2p',
      '\\approx 100\\times$',
      '100',
      '×',
      recomputed / TERA / approximation,
      'The quotient of the two approximations.',
      ABOUT,
    ),
    claim(
      'gpt3-cache-speedup',
      '\\approx 100\\times$',
      '100',
      '×',
      cacheWorkRatio(GPT3, shape),
      'With the prompt on both sides a third of the saving is gone.',
      ABOUT,
    ),
    claim(
      'gpt3-cached-summary',
      '(with caching): 35 TFLOPs',
      '35',
      'TFLOPs',
      approximation,
      'The 100 · 2P of part 2 again.',
    ),
  ];
}

function training(): readonly Claim[] {
  const claim = claimsIn('Exercise: GPT-3, training on a trillion tokens');
  const gpu = gpuByName('A100 80GB');
  const plan = {
    flops: sixPD(P, TERA),
    gpus: 1024,
    gpu,
    precision: 'fp16',
    utilization: 0.5,
    pricePerGpuHour: 2.5,
  } as const;
  const run = trainingCost(plan);
  const exact = (Number(trainFlops(GPT3, 1, 2048)) / 2048) * TERA;
  return [
    claim(
      'gpt3-6pd-coefficient',
      '= 6 \\times P \\times D$$',
      '6',
      'P·D',
      exact / TERA / parameterCount(GPT3),
      "Three times the forward pass; the quadratic part of attention adds 3% at GPT-3's length.",
    ),
    claim(
      'gpt3-trillion',
      '$D = 1$ trillion = $10^{12}$',
      '1',
      '10^12',
      TERA / 1e12,
      'A trillion is 10^12.',
    ),
    claim(
      'gpt3-hourly-price',
      'At \\$2.50/GPU-hour',
      '2.50',
      'dollars an hour',
      null,
      'A price of its day.',
    ),
    claim(
      'gpt3-train-6pd',
      '\\frac{1.05 \\times 10^{24}}',
      '1.05',
      '10^24 FLOPs',
      plan.flops / 1e24,
      '6·P·D.',
    ),
    claim(
      'gpt3-train',
      '\\frac{1.05 \\times 10^{24}}',
      '1.05',
      '10^24 FLOPs',
      exact / 1e24,
      "The exact count at 2,048 tokens, with attention's quadratic part.",
    ),
    claim(
      'gpt3-peak-each',
      'On 1024 A100 GPUs (312 TFLOPS each)',
      '312',
      'TFLOPS',
      (gpu.peak.fp16 ?? 0) / TERA,
      'The dense fp16 tensor peak of the A100 datasheet.',
    ),
    claim(
      'gpt3-peak-rate',
      '= 3.19 \\times 10^{17}$ FLOPS',
      '3.19',
      '10^17 FLOPS',
      run.peakRate / 1e17,
      '1,024 · 312 TFLOPS.',
    ),
    claim(
      'gpt3-utilization',
      'Utilization: $\\sim$50\\%',
      '50',
      '% of peak',
      null,
      'An assumption; what a cluster reaches has to be measured.',
    ),
    claim(
      'gpt3-rate',
      '$1.60 \\times 10^{17}$ FLOPS',
      '1.60',
      '10^17 FLOPS',
      run.rate / 1e17,
      'Half of the peak.',
    ),
    claim(
      'gpt3-seconds-quotient',
      '= 6.56 \\times 10^6$ seconds',
      '6.56',
      '10^6 s',
      1.05e24 / 1.6e17 / 1e6,
      'The quotient of the printed figures.',
    ),
    claim(
      'gpt3-seconds',
      '= 6.56 \\times 10^6$ seconds',
      '6.56',
      '10^6 s',
      run.seconds / 1e6,
      'With the unrounded rate it is 6.57 million.',
    ),
    claim('gpt3-days', '$= 76$ days', '76', 'days', run.days, '6.57 million seconds.'),
    claim(
      'gpt3-price',
      '\\$4{,}669{,}440',
      '4669440',
      'dollars',
      1024 * 76 * 24 * 2.5,
      'The product of the printed figures.',
    ),
    claim(
      'gpt3-price-exact',
      '\\$4{,}669{,}440',
      '4669440',
      'dollars',
      run.cost,
      'With the unrounded days: the printed digits claim more than 76 days can give.',
    ),
    claim(
      'gpt3-price-millions',
      '\\approx \\$4.7M$',
      '4.7',
      'million dollars',
      (run.cost ?? 0) / 1e6,
      '1,024 GPUs for 76.1 days at $2.50 an hour.',
      ABOUT,
    ),
    claim(
      'gpt3-train-summary',
      '$1.05 \\times 10^{24}$ FLOPs, 76 days',
      '1.05',
      '10^24 FLOPs',
      plan.flops / 1e24,
      'The 6·P·D of part 3 again.',
    ),
    claim(
      'gpt3-days-summary',
      '76 days on 1024 A100s',
      '76',
      'days',
      run.days,
      'The 76.1 days of part 3 again.',
    ),
    claim(
      'gpt3-price-summary',
      'A100s, \\$4.7M',
      '4.7',
      'million dollars',
      (run.cost ?? 0) / 1e6,
      'The 4.67 million dollars of part 3 again.',
    ),
  ];
}

export function gpt3Claims(): readonly Claim[] {
  return [...forward(), ...generation(), ...training()];
}
