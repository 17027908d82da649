/** The third exercise: the chapter's benchmark of GPT-2 with and without a KV cache. */

import { attentionRows } from '../../compute/generation';
import { floatKvCache } from '../../compute/quantization';
import { parameterCount } from '../../model/parameters';
import { bytesPerElement } from '../../model/precision';
import { ABOUT, type Claim, claimsIn } from './claim';
import { GPT2 } from './models';

export function kvCacheExerciseClaims(): readonly Claim[] {
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
