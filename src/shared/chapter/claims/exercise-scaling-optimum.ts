/** The last exercise: the best model for 10^24 FLOPs. */

import { chinchillaOptimum, ratioOptimum } from '../../compute/chinchilla';
import { CHINCHILLA } from '../../compute/scaling';
import { sixPD } from '../../compute/training';
import { ABOUT, type Claim, claimsIn } from './claim';

const C = 1e24;
const B = 1e9;

export function scalingOptimumClaims(): readonly Claim[] {
  const claim = claimsIn('Exercise: Chinchilla scaling');
  const best = ratioOptimum(C, 20);
  const published = chinchillaOptimum(C, 1);
  const root = Math.sqrt(C / 6);
  return [
    claim(
      'optimum-exponent',
      '\\propto C^{0.5}, \\quad D_{\\text{opt}}',
      '0.5',
      'exponent',
      Math.log10(ratioOptimum(10 * C).N / best.N),
      'A fixed ratio of tokens to parameters makes both grow with the square root.',
    ),
    claim(
      'optimum-ratio-used',
      '\\frac{C}{6 \\times 20}',
      '20',
      'tokens a parameter',
      CHINCHILLA.tokens / CHINCHILLA.params,
      'Chinchilla itself: 1.4 · 10^12 tokens for 70 · 10^9 parameters.',
    ),
    claim(
      'optimum-divisor',
      '\\left(\\frac{10^{24}}{120}\\right)^{0.5}',
      '120',
      '',
      6 * (CHINCHILLA.tokens / CHINCHILLA.params),
      'Six times twenty.',
    ),
    claim(
      'constant-a',
      '$a \\approx 0.29$',
      '0.29',
      '√(C/6)',
      published.N / root,
      'Approach 1 of Hoffmann et al.; a and b must multiply to 1, and the printed pair gives 0.50.',
      ABOUT,
    ),
    claim(
      'constant-b',
      '$b \\approx 1.71$',
      '1.71',
      '√(C/6)',
      published.D / root,
      "Approach 1 of Hoffmann et al.; 1.71 is GPT-3's tokens a parameter.",
      ABOUT,
    ),
    claim(
      'optimum-n',
      '= 2.89 \\times 10^{11}',
      '2.89',
      '10^11 parameters',
      best.N / 1e11,
      'The square root of 10^24/120 is 9.13 · 10^10; 2.89 · 10^11 is that of 10^24/12.',
    ),
    claim(
      'optimum-n-billions',
      '\\approx 289B \\text{ parameters}$$',
      '289',
      'billion',
      best.N / B,
      'The square root of 10^24/120 is 91.3 billion, not 289.',
      ABOUT,
    ),
    claim(
      'optimum-n-published',
      '\\approx 289B \\text{ parameters}$$',
      '289',
      'billion',
      published.N / B,
      "The published table of Hoffmann's approach 1 gives 89 billion at this budget.",
      ABOUT,
    ),
    claim(
      'optimum-d-quotient',
      '= 5.77 \\times 10^{11}',
      '5.77',
      '10^11 tokens',
      C / (6 * 2.89e11) / 1e11,
      '10^24 divided by six times the wrong root of 2.89 · 10^11.',
    ),
    claim(
      'optimum-d',
      '= 5.77 \\times 10^{11}',
      '5.77',
      '10^11 tokens',
      best.D / 1e11,
      'The tokens that go with the right root are 1.83 · 10^12.',
    ),
    claim(
      'optimum-d-billions',
      '\\approx 577B \\text{ tokens}$$',
      '577',
      'billion',
      best.D / B,
      'The tokens that go with the right root, 10^24 over six times 91.3 billion.',
      ABOUT,
    ),
    claim(
      'verification',
      '10^9 = 1.00 \\times 10^{24}$',
      '1.00',
      '10^24 FLOPs',
      sixPD(289 * B, 577 * B) / C,
      'The product holds for any pair made by dividing C.',
    ),
    claim(
      'ratio-quotient',
      '\\frac{577B}{289B} \\approx 2.0$$',
      '2.0',
      'tokens a parameter',
      577 / 289,
      '577 over 289, both of them wrong.',
      ABOUT,
    ),
    claim(
      'ratio',
      '\\frac{577B}{289B} \\approx 2.0$$',
      '2.0',
      'tokens a parameter',
      best.tokensPerParameter,
      'The ratio put into the root was 20, so 20 comes out.',
      ABOUT,
    ),
    claim(
      'recommendation',
      'Chinchilla recommends: 2 tokens per parameter',
      '2',
      'tokens a parameter',
      best.tokensPerParameter,
      'The ratio the chapter itself puts into the root three lines before is 20.',
    ),
    claim(
      'recommendation-published',
      'Chinchilla recommends: 2 tokens per parameter',
      '2',
      'tokens a parameter',
      published.tokensPerParameter,
      "Approach 1's published table gives 20.9 at this budget.",
    ),
  ];
}
