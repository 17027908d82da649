/** The first exercise, part 2: GPT-3 generates 100 tokens. */

import { cacheWorkRatio, decodeFlops, generationFlops } from '../../compute/generation';
import { parameterCount } from '../../model/parameters';
import { ABOUT, type Claim, claimsIn } from './claim';
import { GPT3, NOMINAL } from './models';

const TERA = 1e12;
const P = NOMINAL.gpt3;

export function gpt3GenerationClaims(): readonly Claim[] {
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
