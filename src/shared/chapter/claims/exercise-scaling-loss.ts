/** The last exercise: the losses of the two allocations by the fitted law. */

import { chinchillaLoss, HOFFMANN, lossOptimum, ratioOptimum } from '../../compute/chinchilla';
import { ABOUT, type Claim, claimsIn } from './claim';

const C = 1e24;
const B = 1e9;

export function scalingLossClaims(): readonly Claim[] {
  const claim = claimsIn('Exercise: Chinchilla scaling');
  const best = ratioOptimum(C, 20);
  const loss = {
    printed: chinchillaLoss(289 * B, 577 * B),
    best: chinchillaLoss(best.N, best.D),
    gpt3: chinchillaLoss(311 * B, 534 * B),
  };
  const fitted = lossOptimum(C);
  const inBillions = (N: number, D: number) =>
    HOFFMANN.E + HOFFMANN.A / N ** HOFFMANN.alpha + HOFFMANN.B / D ** HOFFMANN.beta;
  return [
    claim(
      'loss-alpha',
      '$\\alpha \\approx 0.34$',
      '0.34',
      '',
      HOFFMANN.alpha,
      'Hoffmann et al., equation 10.',
    ),
    claim(
      'loss-beta',
      '$\\beta \\approx 0.28$',
      '0.28',
      '',
      HOFFMANN.beta,
      'Hoffmann et al., equation 10.',
    ),
    claim(
      'loss-floor',
      '$E \\approx 1.69$',
      '1.69',
      'nats',
      HOFFMANN.E,
      'Hoffmann et al., equation 10.',
    ),
    claim(
      'loss-a',
      '\\frac{406.4}{289^{0.34}}',
      '406.4',
      '',
      HOFFMANN.A,
      'Hoffmann et al., equation 10.',
    ),
    claim(
      'loss-b',
      '\\frac{410.7}{577^{0.28}}',
      '410.7',
      '',
      HOFFMANN.B,
      'Hoffmann et al., equation 10.',
    ),
    claim(
      'loss-chinchilla-billions',
      '\\approx 2.15$$',
      '2.15',
      'nats',
      inBillions(289, 577),
      'As written, with N and D in billions, the formula gives 130.',
      ABOUT,
    ),
    claim(
      'loss-chinchilla-printed',
      '\\approx 2.15$$',
      '2.15',
      'nats',
      loss.printed,
      'The law gives 1.951 for 289 and 577 billion, counted in parameters and tokens.',
      ABOUT,
    ),
    claim(
      'loss-chinchilla',
      '\\approx 2.15$$',
      '2.15',
      'nats',
      loss.best,
      'The law gives 1.918 for the right optimum at 20 tokens a parameter.',
      ABOUT,
    ),
    claim(
      'loss-gpt3-billions',
      '\\approx 2.18$$',
      '2.18',
      'nats',
      inBillions(311, 534),
      'As written, with N and D in billions, the formula gives more than a hundred.',
      ABOUT,
    ),
    claim(
      'loss-gpt3',
      '\\approx 2.18$$',
      '2.18',
      'nats',
      loss.gpt3,
      'The law gives 1.954 for 311 and 534 billion, counted in parameters and tokens.',
      ABOUT,
    ),
    claim(
      'loss-gain-printed',
      'achieves 1.4\\% lower loss',
      '1.4',
      '%',
      100 * (1 - 2.15 / 2.18),
      '2.15 against 2.18, as printed.',
    ),
    claim(
      'loss-gain-pair',
      'achieves 1.4\\% lower loss',
      '1.4',
      '%',
      100 * (1 - loss.printed / loss.gpt3),
      'Between the two printed allocations, whose losses hardly differ.',
    ),
    claim(
      'loss-gain',
      'achieves 1.4\\% lower loss',
      '1.4',
      '%',
      100 * (1 - chinchillaLoss(fitted.N, fitted.D) / loss.gpt3),
      "From the law's own optimum, 1.911, to GPT-3's allocation, 1.954.",
    ),
  ];
}
