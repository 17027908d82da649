/** The last exercise: how GPT-3 spent its FLOPs, grown to 10^24, beside the optimum. */

import { ratioOptimum } from '../../compute/chinchilla';
import { GPT3 } from '../../compute/scaling';
import { sixPD } from '../../compute/training';
import { type Claim, claimsIn } from './claim';

const C = 1e24;
const B = 1e9;

export function scalingGpt3Claims(): readonly Claim[] {
  const claim = claimsIn('Exercise: Chinchilla scaling');
  const best = ratioOptimum(C, 20);
  const used = sixPD(GPT3.params, GPT3.tokens);
  const grown = Math.sqrt(C / used);
  const ratio = GPT3.tokens / GPT3.params;
  return [
    claim(
      'gpt3-used-n',
      'GPT-3 used: $N = 175B$',
      '175',
      'billion',
      GPT3.params / B,
      'Brown et al. 2020, table 2.1.',
    ),
    claim(
      'gpt3-used-d',
      '$D = 300B$ tokens',
      '300',
      'billion',
      GPT3.tokens / B,
      'Brown et al. 2020, table 2.1.',
    ),
    claim(
      'gpt3-compute',
      '= 3.15 \\times 10^{23}$ FLOPs',
      '3.15',
      '10^23 FLOPs',
      used / 1e23,
      '6 · 175 · 300 · 10^18.',
    ),
    claim(
      'gpt3-growth',
      '175B \\times 1.78',
      '1.78',
      '×',
      grown,
      'The root of the ratio of the budgets.',
    ),
    claim(
      'gpt3-scaled-n-product',
      '1.78 = 311B$$',
      '311',
      'billion',
      175 * 1.78,
      'The product of the rounded factor.',
    ),
    claim(
      'gpt3-scaled-n',
      '1.78 = 311B$$',
      '311',
      'billion',
      (GPT3.params * grown) / B,
      'With the unrounded factor it is 311.8.',
    ),
    claim(
      'gpt3-scaled-d-product',
      '1.78 = 534B$$',
      '534',
      'billion',
      300 * 1.78,
      'The product of the rounded factor.',
    ),
    claim(
      'gpt3-scaled-d',
      '1.78 = 534B$$',
      '534',
      'billion',
      (GPT3.tokens * grown) / B,
      'With the unrounded factor it is 534.5.',
    ),
    claim(
      'gpt3-ratio-quotient',
      '\\frac{534B}{311B} = 1.72$',
      '1.72',
      'tokens a parameter',
      534 / 311,
      'The quotient of rounded figures.',
    ),
    claim(
      'gpt3-ratio',
      '\\frac{534B}{311B} = 1.72$',
      '1.72',
      'tokens a parameter',
      ratio,
      '300/175 is 1.714.',
    ),
    claim(
      'table-n',
      '| Chinchilla optimal | 289B |',
      '289',
      'billion',
      best.N / B,
      'The root of 10^24/120 is 91.3 billion.',
    ),
    claim(
      'table-d',
      '| 289B | 577B |',
      '577',
      'billion',
      best.D / B,
      'The tokens that go with the right root are 1,826 billion.',
    ),
    claim(
      'table-ratio',
      '| 577B | 2.0 |',
      '2.0',
      'tokens a parameter',
      best.tokensPerParameter,
      'The ratio put into the root was 20.',
    ),
    claim(
      'table-gpt3-n',
      '| GPT-3 scaling | 311B |',
      '311',
      'billion',
      (GPT3.params * grown) / B,
      'With the unrounded factor it is 311.8.',
    ),
    claim(
      'table-gpt3-d',
      '| 311B | 534B |',
      '534',
      'billion',
      (GPT3.tokens * grown) / B,
      'With the unrounded factor it is 534.5.',
    ),
    claim(
      'table-gpt3-ratio',
      '| 534B | 1.72 |',
      '1.72',
      'tokens a parameter',
      ratio,
      '300/175 is 1.714.',
    ),
    claim(
      'table-difference-n-printed',
      '| Difference | -7\\% |',
      '-7',
      '%',
      100 * (289 / 311 - 1),
      '289 against 311, as printed.',
    ),
    claim(
      'table-difference-n',
      '| Difference | -7\\% |',
      '-7',
      '%',
      100 * (best.N / (GPT3.params * grown) - 1),
      "The optimum is less than a third of GPT-3's size.",
    ),
    claim(
      'table-difference-d-printed',
      '| +8\\% |',
      '8',
      '%',
      100 * (577 / 534 - 1),
      '577 against 534, as printed.',
    ),
    claim(
      'table-difference-d',
      '| +8\\% |',
      '8',
      '%',
      100 * (best.D / (GPT3.tokens * grown) - 1),
      "The optimum takes more than three times GPT-3's tokens.",
    ),
    claim(
      'undertrained-used',
      'Used only 1.72 tokens/param',
      '1.72',
      'tokens a parameter',
      ratio,
      '300/175 is 1.714.',
    ),
    claim(
      'undertrained-optimal',
      'tokens/param vs optimal 2.0',
      '2.0',
      'tokens a parameter',
      best.tokensPerParameter,
      'The optimum is 20 tokens a parameter, ten times that.',
    ),
  ];
}
