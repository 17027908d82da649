/** The first exercise, part 3: GPT-3 trained on 10^12 tokens. */

import { trainFlops } from '../../compute/flops';
import { sixPD, trainingCost } from '../../compute/training';
import { gpuByName } from '../../hardware/gpu-names';
import { parameterCount } from '../../model/parameters';
import { ABOUT, type Claim, claimsIn } from './claim';
import { GPT3, NOMINAL } from './models';

const TERA = 1e12;
const P = NOMINAL.gpt3;

export function gpt3TrainingClaims(): readonly Claim[] {
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
