/** The chapter's section on the work and memory of the feed-forward block. */

import { ffnBytes } from '../../compute/tensors';
import { gpuByName } from '../../hardware/gpu-names';
import { ffnOverAttention } from './bert-layer';
import { ABOUT, type Claim, claimsIn } from './claim';
import { BERT } from './models';

const A100 = gpuByName('A100 40GB');
const TERA = 1e12;

export function feedForwardComplexityClaims(): readonly Claim[] {
  const claim = claimsIn('Feed-Forward Network Complexity');
  const intermediate = ffnBytes(BERT, 1, 512);
  return [
    claim(
      'ffn-width-ratio',
      'is typically $4d_{\\text{model}}$',
      '4',
      'd',
      BERT.ffn / BERT.hidden,
      'BERT and GPT widen to 3,072 from 768.',
    ),
    claim(
      'ffn-width',
      '$n=512$, $d_{ff}=3072$:',
      '3072',
      'values',
      4 * BERT.hidden,
      'Four times the width of 768.',
    ),
    claim(
      'ffn-twice-attention-short',
      'the FFN requires roughly twice the FLOPs',
      '2',
      '× attention',
      ffnOverAttention(128),
      'For short sequences the projections alone remain, and 16nd² is close to twice 8nd².',
      ABOUT,
    ),
    claim(
      'ffn-twice-attention-edge',
      'the FFN requires roughly twice the FLOPs',
      '2',
      '× attention',
      ffnOverAttention(2 * BERT.hidden),
      'At the end of the stated range, n = 2d, both cost the same: the factor falls from 2 to 1 over it.',
      ABOUT,
    ),
    claim(
      'ffn-intermediate-bytes',
      '$6 \\times 12 \\times 32',
      '6',
      'MB',
      intermediate / 1e6,
      '512 × 3,072 fp32 values are 6.29 MB.',
    ),
    claim(
      'ffn-intermediate-total',
      '32 = 2.3\\text{ GB}$',
      '2.3',
      'GB',
      (intermediate * 12 * 32) / 1e9,
      'With the unrounded 6.29 MB it is 2.416 GB.',
    ),
    claim(
      'ffn-intermediate-product',
      '32 = 2.3\\text{ GB}$',
      '2.3',
      'GB',
      (6 * BERT.layers * 32) / 1e3,
      "The product of the chapter's own rounded factors.",
    ),
    claim(
      'ffn-utilization',
      '(often 70-90\\% of peak FLOPS on modern GPUs)',
      '70-90',
      '% of peak',
      null,
      'What a kernel reaches of the peak has to be measured.',
    ),
    claim(
      'ffn-a100-peak',
      'GPU (312 TFLOPS FP16), computing',
      '312',
      'TFLOPS',
      (A100.peak.fp16 ?? 0) / TERA,
      'The dense fp16 tensor peak of the A100 datasheet.',
    ),
  ];
}
