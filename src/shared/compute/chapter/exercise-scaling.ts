/** The last exercise: how to spend 10^24 FLOPs, and how GPT-3 spent its own. */
import { chinchillaLoss, chinchillaOptimum, HOFFMANN, lossOptimum, ratioOptimum } from '../chinchilla';
import { CHINCHILLA, GPT3 } from '../scaling';
import { sixPD } from '../training';
import { ABOUT, type Claim, claimsOf } from './claim';

const C = 1e24;
const B = 1e9;

export function scalingExerciseClaims(): readonly Claim[] {
  const claim = claimsOf('Exercise: Chinchilla scaling');
  const best = ratioOptimum(C, 20);
  const published = chinchillaOptimum(C, 1);
  const root = Math.sqrt(C / 6);
  const used = sixPD(GPT3.params, GPT3.tokens);
  const grown = Math.sqrt(C / used);
  const ratio = GPT3.tokens / GPT3.params;
  const loss = { printed: chinchillaLoss(289 * B, 577 * B), best: chinchillaLoss(best.N, best.D), gpt3: chinchillaLoss(311 * B, 534 * B) };
  const fitted = lossOptimum(C);
  const inBillions = (N: number, D: number) => HOFFMANN.E + HOFFMANN.A / N ** HOFFMANN.alpha + HOFFMANN.B / D ** HOFFMANN.beta;
  return [
    claim('optimum-exponent', '\\propto C^{0.5}, \\quad D_{\\text{opt}}', '0.5', 'exponent', Math.log10(ratioOptimum(10 * C).N / best.N),
      'A fixed ratio of tokens to parameters makes both grow with the square root.'),
    claim('optimum-ratio-used', '\\frac{C}{6 \\times 20}', '20', 'tokens a parameter', CHINCHILLA.tokens / CHINCHILLA.params,
      'Chinchilla itself: 1.4 · 10^12 tokens for 70 · 10^9 parameters.'),
    claim('optimum-divisor', '\\left(\\frac{10^{24}}{120}\\right)^{0.5}', '120', '', 6 * (CHINCHILLA.tokens / CHINCHILLA.params), 'Six times twenty.'),
    claim('constant-a', '$a \\approx 0.29$', '0.29', '√(C/6)', published.N / root,
      'Approach 1 of Hoffmann et al.; a and b must multiply to 1, and the printed pair gives 0.50.', ABOUT),
    claim('constant-b', '$b \\approx 1.71$', '1.71', '√(C/6)', published.D / root,
      'Approach 1 of Hoffmann et al.; 1.71 is GPT-3\'s tokens a parameter.', ABOUT),
    claim('optimum-n', '= 2.89 \\times 10^{11}', '2.89', '10^11 parameters', best.N / 1e11,
      'The square root of 10^24/120 is 9.13 · 10^10; 2.89 · 10^11 is that of 10^24/12.'),
    claim('optimum-n-billions', '\\approx 289B \\text{ parameters}$$', '289', 'billion', best.N / B,
      'The square root of 10^24/120 is 91.3 billion, not 289.', ABOUT),
    claim('optimum-n-published', '\\approx 289B \\text{ parameters}$$', '289', 'billion', published.N / B,
      'The published table of Hoffmann\'s approach 1 gives 89 billion at this budget.', ABOUT),
    claim('optimum-d-quotient', '= 5.77 \\times 10^{11}', '5.77', '10^11 tokens', C / (6 * 2.89e11) / 1e11,
      '10^24 divided by six times the wrong root of 2.89 · 10^11.'),
    claim('optimum-d', '= 5.77 \\times 10^{11}', '5.77', '10^11 tokens', best.D / 1e11, 'The tokens that go with the right root are 1.83 · 10^12.'),
    claim('optimum-d-billions', '\\approx 577B \\text{ tokens}$$', '577', 'billion', best.D / B,
      'The tokens that go with the right root, 10^24 over six times 91.3 billion.', ABOUT),
    claim('verification', '10^9 = 1.00 \\times 10^{24}$', '1.00', '10^24 FLOPs', sixPD(289 * B, 577 * B) / C,
      'The product holds for any pair made by dividing C.'),
    claim('ratio-quotient', '\\frac{577B}{289B} \\approx 2.0$$', '2.0', 'tokens a parameter', 577 / 289,
      '577 over 289, both of them wrong.', ABOUT),
    claim('ratio', '\\frac{577B}{289B} \\approx 2.0$$', '2.0', 'tokens a parameter', best.tokensPerParameter,
      'The ratio put into the root was 20, so 20 comes out.', ABOUT),
    claim('recommendation', 'Chinchilla recommends: 2 tokens per parameter', '2', 'tokens a parameter', best.tokensPerParameter,
      'The ratio the chapter itself puts into the root three lines before is 20.'),
    claim('recommendation-published', 'Chinchilla recommends: 2 tokens per parameter', '2', 'tokens a parameter', published.tokensPerParameter,
      'Approach 1\'s published table gives 20.9 at this budget.'),
    claim('gpt3-used-n', 'GPT-3 used: $N = 175B$', '175', 'billion', GPT3.params / B, 'Brown et al. 2020, table 2.1.'),
    claim('gpt3-used-d', '$D = 300B$ tokens', '300', 'billion', GPT3.tokens / B, 'Brown et al. 2020, table 2.1.'),
    claim('gpt3-compute', '= 3.15 \\times 10^{23}$ FLOPs', '3.15', '10^23 FLOPs', used / 1e23,
      '6 · 175 · 300 · 10^18.'),
    claim('gpt3-growth', '175B \\times 1.78', '1.78', '×', grown, 'The root of the ratio of the budgets.'),
    claim('gpt3-scaled-n-product', '1.78 = 311B$$', '311', 'billion', 175 * 1.78, 'The product of the rounded factor.'),
    claim('gpt3-scaled-n', '1.78 = 311B$$', '311', 'billion', (GPT3.params * grown) / B,
      'With the unrounded factor it is 311.8.'),
    claim('gpt3-scaled-d-product', '1.78 = 534B$$', '534', 'billion', 300 * 1.78, 'The product of the rounded factor.'),
    claim('gpt3-scaled-d', '1.78 = 534B$$', '534', 'billion', (GPT3.tokens * grown) / B,
      'With the unrounded factor it is 534.5.'),
    claim('gpt3-ratio-quotient', '\\frac{534B}{311B} = 1.72$', '1.72', 'tokens a parameter', 534 / 311,
      'The quotient of rounded figures.'),
    claim('gpt3-ratio', '\\frac{534B}{311B} = 1.72$', '1.72', 'tokens a parameter', ratio, '300/175 is 1.714.'),
    claim('table-n', '| Chinchilla optimal | 289B |', '289', 'billion', best.N / B,
      'The root of 10^24/120 is 91.3 billion.'),
    claim('table-d', '| 289B | 577B |', '577', 'billion', best.D / B, 'The tokens that go with the right root are 1,826 billion.'),
    claim('table-ratio', '| 577B | 2.0 |', '2.0', 'tokens a parameter', best.tokensPerParameter,
      'The ratio put into the root was 20.'),
    claim('table-gpt3-n', '| GPT-3 scaling | 311B |', '311', 'billion', (GPT3.params * grown) / B,
      'With the unrounded factor it is 311.8.'),
    claim('table-gpt3-d', '| 311B | 534B |', '534', 'billion', (GPT3.tokens * grown) / B,
      'With the unrounded factor it is 534.5.'),
    claim('table-gpt3-ratio', '| 534B | 1.72 |', '1.72', 'tokens a parameter', ratio, '300/175 is 1.714.'),
    claim('table-difference-n-printed', '| Difference | -7\\% |', '-7', '%', 100 * (289 / 311 - 1),
      '289 against 311, as printed.'),
    claim('table-difference-n', '| Difference | -7\\% |', '-7', '%', 100 * (best.N / (GPT3.params * grown) - 1),
      'The optimum is less than a third of GPT-3\'s size.'),
    claim('table-difference-d-printed', '| +8\\% |', '8', '%', 100 * (577 / 534 - 1), '577 against 534, as printed.'),
    claim('table-difference-d', '| +8\\% |', '8', '%', 100 * (best.D / (GPT3.tokens * grown) - 1),
      'The optimum takes more than three times GPT-3\'s tokens.'),
    claim('undertrained-used', 'Used only 1.72 tokens/param', '1.72', 'tokens a parameter', ratio, '300/175 is 1.714.'),
    claim('undertrained-optimal', 'tokens/param vs optimal 2.0', '2.0', 'tokens a parameter', best.tokensPerParameter,
      'The optimum is 20 tokens a parameter, ten times that.'),
    claim('loss-alpha', '$\\alpha \\approx 0.34$', '0.34', '', HOFFMANN.alpha, 'Hoffmann et al., equation 10.'),
    claim('loss-beta', '$\\beta \\approx 0.28$', '0.28', '', HOFFMANN.beta, 'Hoffmann et al., equation 10.'),
    claim('loss-floor', '$E \\approx 1.69$', '1.69', 'nats', HOFFMANN.E, 'Hoffmann et al., equation 10.'),
    claim('loss-a', '\\frac{406.4}{289^{0.34}}', '406.4', '', HOFFMANN.A, 'Hoffmann et al., equation 10.'),
    claim('loss-b', '\\frac{410.7}{577^{0.28}}', '410.7', '', HOFFMANN.B, 'Hoffmann et al., equation 10.'),
    claim('loss-chinchilla-billions', '\\approx 2.15$$', '2.15', 'nats', inBillions(289, 577),
      'As written, with N and D in billions, the formula gives 130.', ABOUT),
    claim('loss-chinchilla-printed', '\\approx 2.15$$', '2.15', 'nats', loss.printed,
      'The law gives 1.951 for 289 and 577 billion, counted in parameters and tokens.', ABOUT),
    claim('loss-chinchilla', '\\approx 2.15$$', '2.15', 'nats', loss.best,
      'The law gives 1.918 for the right optimum at 20 tokens a parameter.', ABOUT),
    claim('loss-gpt3-billions', '\\approx 2.18$$', '2.18', 'nats', inBillions(311, 534),
      'As written, with N and D in billions, the formula gives more than a hundred.', ABOUT),
    claim('loss-gpt3', '\\approx 2.18$$', '2.18', 'nats', loss.gpt3,
      'The law gives 1.954 for 311 and 534 billion, counted in parameters and tokens.', ABOUT),
    claim('loss-gain-printed', 'achieves 1.4\\% lower loss', '1.4', '%', 100 * (1 - 2.15 / 2.18),
      '2.15 against 2.18, as printed.'),
    claim('loss-gain-pair', 'achieves 1.4\\% lower loss', '1.4', '%', 100 * (1 - loss.printed / loss.gpt3),
      'Between the two printed allocations, whose losses hardly differ.'),
    claim('loss-gain', 'achieves 1.4\\% lower loss', '1.4', '%', 100 * (1 - chinchillaLoss(fitted.N, fitted.D) / loss.gpt3),
      'From the law\'s own optimum, 1.911, to GPT-3\'s allocation, 1.954.'),
  ];
}
