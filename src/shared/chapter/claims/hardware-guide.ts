/** The chapter's guide to choosing hardware: cards by model size, and what inference keeps. */

import { GiB } from '../../base/units';
import { floatKvCache } from '../../compute/quantization';
import { devicesFor } from '../../compute/tensors';
import { gpuByName } from '../../hardware/gpu-names';
import { parameterCount } from '../../model/parameters';
import { bytesPerElement } from '../../model/precision';
import { AT_LEAST, AT_MOST, type Claim, claimsIn } from './claim';
import { GPT2, NOMINAL, stateBytesPerParameter } from './models';

const GB = 1e9;
const A100 = gpuByName('A100 80GB');

export function hardwareClaims(): readonly Claim[] {
  const claim = claimsIn('Hardware Selection Guide');
  const state = (parameters: number) => (stateBytesPerParameter('mixed-fp16') * parameters) / GB;
  const fits = (id: string, quote: string, printed: string, parameters: number, why: string) =>
    claim(`hardware-${id}`, quote, printed, 'GB', state(parameters), why, AT_LEAST);
  const memory = (name: string) => gpuByName(name).memoryBytes / GiB;
  return [
    fits(
      'small',
      '| Small | 100M | 8 GB |',
      '8',
      100e6,
      '18P is 1.8 GB, which leaves room for activations.',
    ),
    fits('base', '| Base | 300M | 12 GB |', '12', 300e6, '18P is 5.4 GB.'),
    claim(
      'hardware-small-3070',
      '| 8 GB | RTX 3070',
      '8',
      'GiB',
      memory('RTX 3070'),
      'The device reports 8,192 MiB.',
    ),
    claim(
      'hardware-small-v100',
      '| 8 GB | RTX 3070, V100 |',
      '8',
      'GiB',
      memory('V100 16GB'),
      'The smaller V100 has 16 GiB.',
      AT_MOST,
    ),
    claim(
      'hardware-base-3080-first',
      '| 12 GB | RTX 3080',
      '12',
      'GiB',
      memory('RTX 3080'),
      "The RTX 3080 was sold with 10 GB first; that one falls short of the row's own minimum.",
    ),
    claim(
      'hardware-base-3080',
      '| 12 GB | RTX 3080',
      '12',
      'GiB',
      memory('RTX 3080 12GB'),
      'The RTX 3080 of 2022 has 12 GiB.',
    ),
    claim(
      'hardware-base-v100',
      '| 12 GB | RTX 3080, V100 |',
      '12',
      'GiB',
      memory('V100 16GB'),
      'The smaller V100 has 16 GiB.',
      AT_MOST,
    ),
    fits('large', '| Large | 1B | 24 GB |', '24', 1e9, '18P is 18 GB.'),
    claim(
      'hardware-large-3090',
      '| 24 GB | RTX 3090',
      '24',
      'GiB',
      memory('RTX 3090'),
      'The device reports 24,576 MiB.',
    ),
    claim(
      'hardware-large-a5000',
      '| 24 GB | RTX 3090, A5000 |',
      '24',
      'GiB',
      memory('A5000'),
      'The device reports 24,564 MiB.',
    ),
    fits('xl', '| XL | 3B | 40 GB |', '40', 3e9, '18P alone is 54 GB.'),
    claim(
      'hardware-xl-a100',
      '| XL | 3B | 40 GB | A100 (40 GB) |',
      '40',
      'GiB',
      memory('A100 40GB'),
      'The device reports 40,960 MiB.',
    ),
    fits('xxl', '| XXL | 10B | 80 GB |', '80', 10e9, '18P alone is 180 GB.'),
    claim(
      'hardware-xxl-a100',
      '| XXL | 10B | 80 GB | A100 (80 GB) |',
      '80',
      'GiB',
      memory('A100 80GB'),
      'The device reports 81,920 MiB.',
    ),
    claim(
      'hardware-gpt3',
      '| 175B (GPT-3) | 175B | 8× A100 (80 GB) |',
      '8',
      'GPUs',
      devicesFor(stateBytesPerParameter('mixed-fp16') * NOMINAL.gpt3, A100.memoryBytes),
      '18P is 3,150 GB; eight such cards hold 687.',
      AT_LEAST,
    ),
    claim(
      'hardware-gpt3-card',
      '8× A100 (80 GB)',
      '80',
      'GiB',
      memory('A100 80GB'),
      'The device reports 81,920 MiB.',
    ),
  ];
}

export function inferenceMemoryClaims(): readonly Claim[] {
  const claim = claimsIn('Hardware Selection Guide');
  return [
    claim(
      'inference-parameters',
      'Parameters only: $2P$ bytes',
      '2',
      'P bytes',
      bytesPerElement('fp16'),
      'Two bytes each at fp16.',
    ),
    claim(
      'inference-kv-factor',
      'KV cache (autoregressive): $2 \\times L',
      '2',
      'L·h·n·d_k·B bytes',
      floatKvCache(GPT2, 1, 1, 'fp16') / (GPT2.layers * GPT2.hidden),
      'Keys and values are two tensors of two bytes a value, so four bytes: the printed 2 counts values, or int8 bytes.',
    ),
    claim(
      'inference-kv-values',
      'KV cache (autoregressive): $2 \\times L',
      '2',
      'L·h·n·d_k·B values',
      floatKvCache(GPT2, 1, 1, 'fp16') / bytesPerElement('fp16') / (GPT2.layers * GPT2.hidden),
      'Read as a count of values, two tensors.',
    ),
    claim(
      'gpt2-parameters',
      'For GPT-2 (117M params)',
      '117',
      'million',
      parameterCount(GPT2) / 1e6,
      'The published checkpoint has 124,439,808, as the chapter says elsewhere.',
    ),
  ];
}
