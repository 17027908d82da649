/** The chapter's section on the memory budget of training: bytes a parameter, then BERT-base and GPT-3. */

import { GiB } from '../../base/units';
import { devicesFor } from '../../compute/tensors';
import { gpuByName } from '../../hardware/gpu-names';
import { ABOUT, type Claim, claimsIn } from './claim';
import {
  activations,
  BERT,
  bytesPerParameter,
  checkpointed,
  GPT3,
  NOMINAL,
  stateBytesPerParameter,
} from './models';

const GB = 1e9;
const A100 = gpuByName('A100 80GB');

export function stateClaims(): readonly Claim[] {
  const claim = claimsIn('Training Memory Budget');
  const fp32 = (component: 'params' | 'gradients' | 'adam_m' | 'adam_v') =>
    bytesPerParameter(component, 'fp32');
  const mixed = (component: 'params' | 'master_params' | 'gradients' | 'adam_m' | 'adam_v') =>
    bytesPerParameter(component, 'mixed-fp16');
  const half = activations(BERT, 1, 512, 'mixed-fp16') / activations(BERT, 1, 512);
  return [
    claim(
      'adamw-parameters',
      '4 bytes (FP32) = $4P$ bytes',
      '4',
      'P bytes',
      fp32('params'),
      'Four bytes for each of P values.',
    ),
    claim(
      'adamw-gradients',
      'Gradients: $P$ parameters $\\times$ 4 bytes = $4P$ bytes',
      '4',
      'P bytes',
      fp32('gradients'),
      'One gradient for each parameter.',
    ),
    claim(
      'adamw-first-moment',
      '(momentum): $P$ parameters $\\times$ 4 bytes = $4P$ bytes',
      '4',
      'P bytes',
      fp32('adam_m'),
      'One mean for each parameter.',
    ),
    claim(
      'adamw-second-moment',
      '(variance): $P$ parameters $\\times$ 4 bytes = $4P$ bytes',
      '4',
      'P bytes',
      fp32('adam_v'),
      'One mean of squares for each parameter.',
    ),
    claim(
      'adamw-total',
      'Total: $16P + A$ bytes',
      '16',
      'P bytes',
      stateBytesPerParameter('fp32'),
      'Four tensors of four bytes.',
    ),
    claim(
      'mixed-parameters',
      'FP16 parameters (forward/backward): $2P$ bytes',
      '2',
      'P bytes',
      mixed('params'),
      'The working copy, two bytes each.',
    ),
    claim(
      'mixed-master',
      'FP32 master parameters: $4P$ bytes',
      '4',
      'P bytes',
      mixed('master_params'),
      'The fp32 copy the optimizer updates.',
    ),
    claim(
      'mixed-gradients',
      'FP32 gradients: $4P$ bytes',
      '4',
      'P bytes',
      mixed('gradients'),
      'Gathered in fp32; frameworks that keep them in half precision need 2P.',
    ),
    claim(
      'mixed-states',
      'FP32 optimizer states: $8P$ bytes',
      '8',
      'P bytes',
      mixed('adam_m') + mixed('adam_v'),
      'Two fp32 moments of four bytes each.',
    ),
    claim(
      'mixed-activations',
      'FP16 activations: $A/2$ bytes',
      '2',
      'times less than A',
      1 / half,
      'Two bytes for each of four.',
    ),
    claim(
      'mixed-total',
      'Total: $18P + A/2$ bytes',
      '18',
      'P bytes',
      stateBytesPerParameter('mixed-fp16'),
      '2 + 4 + 4 + 8 bytes.',
    ),
    claim(
      'mixed-more-18',
      '(18P vs 16P)',
      '18',
      'P bytes',
      stateBytesPerParameter('mixed-fp16'),
      'The half-precision copy comes on top of 16P.',
    ),
    claim(
      'mixed-more-16',
      '(18P vs 16P)',
      '16',
      'P bytes',
      stateBytesPerParameter('fp32'),
      'Four fp32 tensors.',
    ),
  ];
}

export function bertBudgetClaims(): readonly Claim[] {
  const claim = claimsIn('Training Memory Budget');
  const full = (stateBytesPerParameter('fp32') * NOMINAL.bert + activations(BERT, 32, 512)) / GB;
  const mixed =
    (stateBytesPerParameter('mixed-fp16') * NOMINAL.bert +
      activations(BERT, 32, 512, 'mixed-fp16')) /
    GB;
  const memory = (name: string) => gpuByName(name).memoryBytes / GiB;
  return [
    claim(
      'fits-v100',
      'Fits on: NVIDIA V100 (16 GB)',
      '16',
      'GiB',
      memory('V100 16GB'),
      'The device reports 16,384 MiB.',
    ),
    claim(
      'fits-a100-40',
      'A100 (40/80 GB), RTX 3090',
      '40',
      'GiB',
      memory('A100 40GB'),
      'The device reports 40,960 MiB.',
    ),
    claim(
      'fits-a100-80',
      '(40/80 GB), RTX 3090',
      '80',
      'GiB',
      memory('A100 80GB'),
      'The device reports 81,920 MiB.',
    ),
    claim(
      'fits-3090',
      'RTX 3090 (24 GB)',
      '24',
      'GiB',
      memory('RTX 3090'),
      'The device reports 24,576 MiB.',
    ),
    claim(
      'bert-training',
      '$13.8 - 8',
      '13.8',
      'GB',
      full,
      '16P is 1.76 GB and the activations of 32 sequences 11.48 GB; the chapter rounded those to 12.',
    ),
    claim(
      'bert-training-mixed',
      '- 8 = 5.8\\text{ GB}$',
      '8',
      'GB',
      mixed,
      '18P is 1.98 GB and half the activations 5.74 GB.',
    ),
    claim(
      'bert-saving-difference',
      '= 5.8\\text{ GB}$',
      '5.8',
      'GB',
      13.8 - 8,
      '13.8 less 8, as printed.',
    ),
    claim(
      'bert-saving',
      '= 5.8\\text{ GB}$',
      '5.8',
      'GB',
      full - mixed,
      'With the unrounded budgets, 13.24 less 7.72.',
    ),
    claim(
      'bert-saving-share-printed',
      '(42\\% reduction)',
      '42',
      '%',
      (100 * (13.8 - 8)) / 13.8,
      '5.8 of 13.8.',
    ),
    claim(
      'bert-saving-share',
      '(42\\% reduction)',
      '42',
      '%',
      (100 * (full - mixed)) / full,
      'The share of the unrounded budgets.',
    ),
    claim(
      'bert-checkpoint-share',
      'Activations reduced by 80\\%',
      '80',
      '%',
      100 * (1 - checkpointed(BERT, 32, 512) / activations(BERT, 32, 512)),
      'The 0.2 A that the chapter takes full checkpointing to keep.',
    ),
  ];
}

export function gpt3BudgetClaims(): readonly Claim[] {
  const claim = claimsIn('Training Memory Budget');
  const state = (stateBytesPerParameter('fp32') * NOMINAL.gpt3) / GB;
  const mixedState = (stateBytesPerParameter('mixed-fp16') * NOMINAL.gpt3) / GB;
  const kept = activations(GPT3, 1, 2048) / GB;
  const printedLayers = (96 * 704) / 1e3;
  const limit = A100.memoryBytes / stateBytesPerParameter('mixed-fp16') / 1e9;
  return [
    claim(
      'gpt3-layer-activations',
      '$96 \\times 704\\text{ MB}',
      '704',
      'MB',
      (1e3 * kept) / GPT3.layers,
      'The list of tensors gives 2.72 GB a layer: the attention weights alone are 1.61 GB.',
    ),
    claim(
      'gpt3-activations-product',
      '\\approx 68\\text{ GB per sequence}$',
      '68',
      'GB',
      printedLayers,
      '96 times 704 MB is 67.6 GB.',
      ABOUT,
    ),
    claim(
      'gpt3-activations',
      '\\approx 68\\text{ GB per sequence}$',
      '68',
      'GB',
      kept,
      "Ninety-six layers by the chapter's own formula.",
      ABOUT,
    ),
    claim('gpt3-state', '$2{,}800 + 68', '2800', 'GB', state, '16 bytes for each of 175 billion.'),
    claim(
      'gpt3-total-sum',
      '68 = 2{,}868\\text{ GB}$',
      '2868',
      'GB',
      2800 + 68,
      '2,800 and 68, as printed.',
    ),
    claim(
      'gpt3-total',
      '68 = 2{,}868\\text{ GB}$',
      '2868',
      'GB',
      state + kept,
      'Wrong only through the activations above: with 261 GB of them it is 3,061.',
    ),
    claim(
      'gpt3-gpus-parameters',
      'need 36 GPUs just for parameters!',
      '36',
      'GPUs',
      devicesFor(4 * NOMINAL.gpt3, 80 * GB),
      'Parameters alone are 700 GB.',
    ),
    claim(
      'gpt3-gpus-total',
      'need 36 GPUs just for parameters!',
      '36',
      'GPUs',
      devicesFor(2868 * GB, 80 * GB),
      'It is the whole of 2,868 GB, activations and all, that takes 36.',
    ),
    claim(
      'gpt3-gpus-state',
      'need 36 GPUs just for parameters!',
      '36',
      'GPUs',
      devicesFor(state * GB, 80 * GB),
      'Read as parameters, gradients and moments.',
    ),
    claim(
      'gpt3-shard-fp32',
      '8 = 359\\text{ GB per GPU}$',
      '359',
      'GB',
      2868 / 8,
      'An eighth of 2,868 GB.',
    ),
    claim(
      'gpt3-mixed-total',
      '$\\approx 1{,}500\\text{ GB total}',
      '1500',
      'GB',
      mixedState + activations(GPT3, 1, 2048, 'mixed-fp16') / GB,
      'Mixed precision needs 18P, more than fp32 does: 3,150 GB before any activation.',
      ABOUT,
    ),
    claim(
      'gpt3-shard-mixed',
      '8 = 188\\text{ GB per GPU}$',
      '188',
      'GB',
      1500 / 8,
      'An eighth of 1,500 GB.',
    ),
    claim(
      'gpt3-checkpointed-total',
      '$\\approx 800\\text{ GB}',
      '800',
      'GB',
      mixedState + checkpointed(GPT3, 1, 2048, 'mixed-fp16') / GB,
      'Checkpointing frees activations; the 18P stay.',
      ABOUT,
    ),
    claim(
      'gpt3-shard-checkpointed',
      '8 = 100\\text{ GB per GPU}$',
      '100',
      'GB',
      800 / 8,
      'An eighth of 800 GB.',
    ),
    claim(
      'single-gpu-limit',
      'beyond $\\sim$10B parameters',
      '10',
      'billion',
      limit,
      'At 18 bytes a parameter an 80 GB card is full at 4.8 billion.',
      ABOUT,
    ),
  ];
}
