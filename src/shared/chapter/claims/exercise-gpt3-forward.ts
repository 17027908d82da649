/** The first exercise, part 1: one forward pass of GPT-3 over 2,048 tokens. */

import { attentionPairs, forwardFlops, layerFlops } from '../../compute/flops';
import { parameterCount } from '../../model/parameters';
import { ABOUT, type Claim, claimsIn } from './claim';
import { GPT3, NOMINAL } from './models';

const TERA = 1e12;
const P = NOMINAL.gpt3;

export function gpt3ForwardClaims(): readonly Claim[] {
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
