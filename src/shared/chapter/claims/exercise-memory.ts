/** The second exercise: training memory of a 1.3B model, and four ways to fit it. */

import { textbookActivations } from '../../budget/textbook';
import { attentionWeightBytes, ffnBytes, hiddenBytes, largestBatch } from '../../compute/tensors';
import { parameterCount } from '../../model/parameters';
import type { Precision } from '../../model/spec';
import { AT_MOST, type Claim, claimsIn } from './claim';
import { activations, bytesPerParameter, NOMINAL, stateBytesPerParameter, XL } from './models';

const GB = 1e9;
const P = NOMINAL.xl;
const SEQ = 2048;

export function memoryExerciseClaims(): readonly Claim[] {
  const claim = claimsIn('Exercise: training memory of 1.3B parameters');
  const tensor = (component: 'params' | 'gradients' | 'adam_m' | 'adam_v') =>
    (bytesPerParameter(component, 'fp32') * P) / GB;
  const scores = attentionWeightBytes(XL, 64, SEQ) / GB;
  const hidden = hiddenBytes(XL, 64, SEQ) / GB;
  const ffn = ffnBytes(XL, 64, SEQ) / GB;
  const layer = scores + hidden + ffn + 2 * hidden;
  const textbook = activations(XL, 64, SEQ) / GB;
  const kept = (batch: number, precision: Precision) =>
    textbookActivations(XL, { batch, seq: SEQ, checkpointing: 'every=4', precision }) / GB;
  const state = {
    fp32: (stateBytesPerParameter('fp32') * P) / GB,
    mixed: (stateBytesPerParameter('mixed-fp16') * P) / GB,
  };
  const zeroStates = (tensor('gradients') + tensor('adam_m') + tensor('adam_v')) / 4;
  const halfParameters = (bytesPerParameter('params', 'mixed-fp16') * P) / GB;
  const halfZero = halfParameters + (state.mixed - halfParameters) / 4;
  /** Sequences beside `fixed` GB on a card of 80 GB. */
  const room = (fixed: number, precision: Precision) => largestBatch(80, fixed, kept(1, precision));
  const mixedOptimizer =
    ((stateBytesPerParameter('mixed-fp16') -
      bytesPerParameter('params', 'mixed-fp16') -
      bytesPerParameter('gradients', 'mixed-fp16')) *
      P) /
    GB;
  return [
    claim(
      'xl-parameters',
      'Given: $P = 1.3B$ parameters',
      '1.3',
      'billion',
      parameterCount(XL) / 1e9,
      "The assumed shape with GPT-2's vocabulary has 1.316 billion.",
    ),
    claim(
      'xl-ffn-width',
      '$d_{ff} = 8192$',
      '8192',
      'values',
      4 * XL.hidden,
      'Four times the width of 2,048.',
    ),
    claim(
      'xl-bytes',
      '4 = 5.2$GB',
      '5.2',
      'GB',
      tensor('params'),
      'Four bytes for each of 1.3 billion parameters.',
    ),
    claim(
      'xl-gradients',
      'Gradients: $5.2$GB',
      '5.2',
      'GB',
      tensor('gradients'),
      'One fp32 gradient for each parameter.',
    ),
    claim(
      'xl-first-moment',
      'First moment: $5.2$GB',
      '5.2',
      'GB',
      tensor('adam_m'),
      'One fp32 mean for each parameter.',
    ),
    claim(
      'xl-second-moment',
      'Second moment: $5.2$GB',
      '5.2',
      'GB',
      tensor('adam_v'),
      'One fp32 mean of squares for each parameter.',
    ),
    claim(
      'xl-optimizer-sum',
      'Total optimizer: $15.6$GB',
      '15.6',
      'GB',
      tensor('gradients') + tensor('adam_m') + tensor('adam_v'),
      'Gradients and two moments.',
    ),
    claim(
      'xl-optimizer',
      'Total optimizer: $15.6$GB',
      '15.6',
      'GB',
      tensor('adam_m') + tensor('adam_v'),
      'Gradients are no optimizer state: the two moments are 10.4 GB.',
    ),
    claim(
      'xl-scores',
      '= 34.4$GB',
      '34.4',
      'GB',
      scores,
      'Thirty-two matrices of 2048 × 2048 for each of 64 sequences.',
    ),
    claim(
      'xl-attention-output',
      '4 = 1.07$GB',
      '1.07',
      'GB',
      hidden,
      'One tensor of n×d for each of 64 sequences.',
    ),
    claim(
      'xl-ffn',
      '= 4.29$GB',
      '4.29',
      'GB',
      ffn,
      'One tensor of n×d_ff for each of 64 sequences.',
    ),
    claim('xl-residuals-product', '= 2.14$GB', '2.14', 'GB', 2 * 1.07, 'Twice the rounded 1.07.'),
    claim(
      'xl-residuals',
      '= 2.14$GB',
      '2.14',
      'GB',
      2 * hidden,
      'Twice the unrounded tensor is 2.147 GB.',
    ),
    claim('xl-layer', 'Total per layer: $41.9$GB', '41.9', 'GB', layer, 'The sum of the four.'),
    claim(
      'xl-layer-textbook',
      'Total per layer: $41.9$GB',
      '41.9',
      'GB',
      textbook / XL.layers,
      "The chapter's own list has seven tensors of n×d, where this one counts three.",
    ),
    claim('xl-layers-product', '= 1{,}005.6$GB', '1005.6', 'GB', 24 * 41.9, '24 times 41.9.'),
    claim(
      'xl-layers',
      '= 1{,}005.6$GB',
      '1005.6',
      'GB',
      XL.layers * layer,
      'Without rounding the layer first.',
    ),
    claim(
      'xl-checkpointed-product',
      '= 251.4\\text{GB}',
      '251.4',
      'GB',
      (24 / 4) * 41.9,
      'Six times 41.9.',
    ),
    claim(
      'xl-checkpointed',
      '= 251.4\\text{GB}',
      '251.4',
      'GB',
      kept(64, 'fp32'),
      "A quarter of A by the chapter's own list of tensors, 1,108 GB.",
    ),
    claim(
      'xl-total-sum',
      '= 1{,}026.4$GB',
      '1026.4',
      'GB',
      5.2 + 15.6 + 1005.6,
      'The sum of the three printed parts.',
    ),
    claim(
      'xl-total',
      '= 1{,}026.4$GB',
      '1026.4',
      'GB',
      state.fp32 + textbook,
      "16P and A by the chapter's own list of tensors, 20.8 and 1,108 GB.",
    ),
    claim(
      'xl-checkpointed-sum',
      '15.6 + 251.4 = 272.2$GB',
      '272.2',
      'GB',
      5.2 + 15.6 + 251.4,
      'The sum of the three printed parts.',
    ),
    claim(
      'xl-checkpointed-total',
      '15.6 + 251.4 = 272.2$GB',
      '272.2',
      'GB',
      state.fp32 + kept(64, 'fp32'),
      "16P and A/4 by the chapter's own list of tensors, 20.8 and 277 GB.",
    ),
    claim(
      'xl-requirement',
      'Current requirement: 272.2GB',
      '272.2',
      'GB',
      5.2 + 15.6 + 251.4,
      'The sum of the paragraph before, 5.2 + 15.6 + 251.4.',
    ),
    claim('xl-reduction', '(4$\\times$ reduction)', '4', '×', 64 / 16, 'From 64 sequences to 16.'),
    claim('xl-batch-16', '\\frac{251.4}{4} = 62.9', '62.9', 'GB', 251.4 / 4, 'A quarter of 251.4.'),
    claim(
      'xl-batch-16-total',
      '62.9 = 83.7\\text{GB}',
      '83.7',
      'GB',
      5.2 + 15.6 + 62.9,
      'The sum of the three printed parts.',
    ),
    claim(
      'xl-batch-16-derived',
      '62.9 = 83.7\\text{GB}',
      '83.7',
      'GB',
      state.fp32 + kept(16, 'fp32'),
      'Wrong only through the tensors left out of a layer: with them it is 90.1, still too large.',
    ),
    claim('xl-batch-8', '= 31.4\\text{GB}$$ $$', '31.4', 'GB', 251.4 / 8, 'An eighth of 251.4.'),
    claim(
      'xl-batch-8-total',
      '31.4 = 52.2\\text{GB}',
      '52.2',
      'GB',
      5.2 + 15.6 + 31.4,
      'The sum of the three printed parts.',
    ),
    claim(
      'xl-batch-8-derived',
      '31.4 = 52.2\\text{GB}',
      '52.2',
      'GB',
      state.fp32 + kept(8, 'fp32'),
      'Wrong only through the tensors left out of a layer: with them it is 55.4, which fits as well.',
    ),
    claim(
      'xl-batch-8-fits',
      'Try $B = 8$',
      '8',
      'sequences',
      room(state.fp32, 'fp32'),
      'Thirteen sequences fit, so eight do.',
      AT_MOST,
    ),
    claim('xl-mixed-parameters', '2 = 2.6$GB', '2.6', 'GB', halfParameters, 'Two bytes each.'),
    claim(
      'xl-mixed-optimizer',
      'Optimizer states: $7.8$GB',
      '7.8',
      'GB',
      mixedOptimizer,
      'Master weights and two moments in fp32 are 12P, 15.6 GB; halving them halves what mixed precision keeps whole.',
    ),
    claim(
      'xl-mixed-activations',
      '$B=16$): $31.4$GB',
      '31.4',
      'GB',
      251.4 / 4 / 2,
      'Half of 62.85.',
    ),
    claim(
      'xl-mixed-sum',
      '31.4 = 41.8$GB',
      '41.8',
      'GB',
      2.6 + 7.8 + 31.4,
      'The sum of the three printed parts.',
    ),
    claim(
      'xl-mixed-total',
      '31.4 = 41.8$GB',
      '41.8',
      'GB',
      state.mixed + 31.4,
      '18P is 23.4 GB before any activation.',
    ),
    claim(
      'xl-mixed-fits',
      '(FP16, $B=16$)',
      '16',
      'sequences',
      room(state.mixed, 'mixed-fp16'),
      'Beside 18P 26 sequences fit, so sixteen do, wrong as the sum is.',
      AT_MOST,
    ),
    claim(
      'xl-zero-parameters',
      'Parameters: $5.2$GB per GPU',
      '5.2',
      'GB',
      tensor('params'),
      'ZeRO-2 leaves the parameters whole on every GPU.',
    ),
    claim(
      'xl-zero-states',
      '$15.6/4 = 3.9$GB',
      '3.9',
      'GB',
      15.6 / 4,
      'A quarter of gradients and moments, as ZeRO-2 shards them.',
    ),
    claim(
      'xl-zero-activations',
      '$B=64$): $62.9$GB',
      '62.9',
      'GB',
      251.4 / 4,
      'Sixteen of the 64 sequences on each of four GPUs.',
    ),
    claim(
      'xl-zero-total',
      '62.9 = 72.0$GB',
      '72.0',
      'GB',
      5.2 + 3.9 + 62.9,
      'The sum of the three printed parts.',
    ),
    claim(
      'xl-zero-derived',
      '62.9 = 72.0$GB',
      '72.0',
      'GB',
      tensor('params') + zeroStates + kept(16, 'fp32'),
      'Wrong only through the tensors left out of a layer: with them it is 78.4, which just fits.',
    ),
    claim(
      'xl-zero-fits',
      'Activations ($B=64$)',
      '64',
      'sequences',
      4 * room(tensor('params') + zeroStates, 'fp32'),
      'Sixteen fit on each of the four.',
      AT_MOST,
    ),
    claim(
      'xl-recommended-single',
      'Single A100: $B=8$',
      '8',
      'sequences',
      room(state.mixed, 'mixed-fp16'),
      'Beside 18P 26 sequences of half-precision activations fit, so eight do.',
      AT_MOST,
    ),
    claim(
      'xl-recommended-four',
      '4× A100: $B=64$',
      '64',
      'sequences',
      4 * room(halfZero, 'mixed-fp16'),
      'Beside 2P and a quarter of the other 16P 33 sequences fit on each of the four.',
      AT_MOST,
    ),
    claim(
      'xl-accumulation',
      'gradient accumulation (8 steps)',
      '8',
      'steps',
      64 / 8,
      'Eight micro-batches of eight make 64.',
    ),
  ];
}
