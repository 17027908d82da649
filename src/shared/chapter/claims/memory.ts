/** The chapter's sections on memory: parameters and activations. */

import { GiB } from '../../base/units';
import { forwardFlops, layerFlops, trainFlops } from '../../compute/flops';
import {
  attentionWeightBytes,
  checkpointSavingPercent,
  hiddenBytes,
  largestBatch,
} from '../../compute/tensors';
import { gpuByName } from '../../hardware/gpu-names';
import { countParameters, parameterCount } from '../../model/parameters';
import { bytesPerElement } from '../../model/precision';
import { ABOUT, AT_MOST, type Claim, claimsIn } from './claim';
import { activations, BERT, checkpointed, GPT3, NOMINAL, stateBytesPerParameter } from './models';

const GB = 1e9;
const MB = 1e6;
const V100 = gpuByName('V100 16GB');
const A100_40 = gpuByName('A100 40GB');
const A100_80 = gpuByName('A100 80GB');

function parameters(): readonly Claim[] {
  const claim = claimsIn('Model Parameters');
  return [
    claim(
      'bytes-fp32',
      'FP32 (float32): 4 bytes',
      '4',
      'bytes',
      bytesPerElement('fp32'),
      '32 bits are four bytes.',
    ),
    claim(
      'bytes-fp16',
      'FP16 (float16): 2 bytes',
      '2',
      'bytes',
      bytesPerElement('fp16'),
      '16 bits are two bytes.',
    ),
    claim(
      'bytes-bf16',
      'BF16 (bfloat16): 2 bytes',
      '2',
      'bytes',
      bytesPerElement('bf16'),
      '16 bits are two bytes.',
    ),
    claim(
      'bytes-int8',
      'INT8: 1 byte per parameter',
      '1',
      'bytes',
      bytesPerElement('int8'),
      '8 bits are one byte, without the scales.',
    ),
    claim(
      'bert-parameters',
      'BERT-base with 110 million',
      '110',
      'million',
      parameterCount(BERT) / 1e6,
      'The published checkpoint has 109,482,240.',
      ABOUT,
    ),
    claim(
      'bert-bytes',
      '4 = 440\\text{ MB}$',
      '440',
      'MB',
      (NOMINAL.bert * 4) / MB,
      '110 million times four.',
    ),
    claim(
      'bert-bytes-exact',
      '4 = 440\\text{ MB}$',
      '440',
      'MB',
      (parameterCount(BERT) * 4) / MB,
      'The published checkpoint takes 437.9 MB; the chapter counts with its nominal size.',
      ABOUT,
    ),
    claim(
      'gpt3-bytes',
      'GPT-3 in FP32 requires 700 GB',
      '700',
      'GB',
      (NOMINAL.gpt3 * 4) / GB,
      '175 billion parameters of four bytes.',
    ),
    claim(
      'gpt3-bytes-exact',
      'GPT-3 in FP32 requires 700 GB',
      '700',
      'GB',
      (parameterCount(GPT3) * 4) / GB,
      'Its shape gives 174.6 billion parameters; the chapter counts with its nominal size.',
      ABOUT,
    ),
    claim(
      'a100-memory',
      '(A100 has 80 GB)',
      '80',
      'GiB',
      A100_80.memoryBytes / GiB,
      'The device reports 81,920 MiB.',
    ),
    claim(
      'gpt3-half',
      '(350 GB for GPT-3)',
      '350',
      'GB',
      (NOMINAL.gpt3 * bytesPerElement('fp16')) / GB,
      'Two bytes a parameter.',
    ),
    claim(
      'gpt3-int8',
      '(175 GB for GPT-3)',
      '175',
      'GB',
      (NOMINAL.gpt3 * bytesPerElement('int8')) / GB,
      'One byte a parameter, without scales.',
    ),
  ];
}

function perLayer(): readonly Claim[] {
  const claim = claimsIn('Activation Memory');
  const batch = activations(BERT, 32, 512);
  const single = activations(BERT, 1, 512);
  const recompute = trainFlops(BERT, 1, 512, { recompute: true });
  const slower =
    (100 * Number(recompute - trainFlops(BERT, 1, 512))) / Number(trainFlops(BERT, 1, 512));
  const qkvTensors =
    Number(layerFlops(BERT, { batch: 1, queries: 1, pairs: 0n }).qkv) / (2 * BERT.hidden ** 2);
  const norms = countParameters(BERT).perLayer.norms / (2 * BERT.hidden);
  const saving = checkpointSavingPercent(
    BERT.layers,
    hiddenBytes(BERT, 32, 512),
    batch / BERT.layers,
  );
  return [
    claim(
      'qkv-tensors',
      'Query, Key, Value: $3 \\times B',
      '3',
      'tensors',
      qkvTensors,
      'Three outputs of width d.',
    ),
    claim(
      'norm-tensors',
      'Layer norm activations: $2 \\times B',
      '2',
      'tensors',
      norms,
      'Two norms a layer.',
    ),
    claim(
      'bert-layer-activations',
      '$12 \\times 1\\text{ GB}',
      '1',
      'GB',
      batch / BERT.layers / GB,
      'Seven tensors of n×d, one of n×d_ff and the attention weights, for 32 sequences of 512: 0.956 GB.',
      ABOUT,
    ),
    claim(
      'bert-activations',
      '1\\text{ GB} = 12\\text{ GB}$',
      '12',
      'GB',
      batch / GB,
      'Without rounding the layer first, twelve layers hold 11.5 GB.',
    ),
    claim(
      'bert-activations-product',
      '1\\text{ GB} = 12\\text{ GB}$',
      '12',
      'GB',
      BERT.layers * 1,
      'Twelve times the rounded 1 GB.',
    ),
    claim(
      'length-factor',
      'For $n=2048$ (4× longer)',
      '4',
      '×',
      2048 / BERT.maxPositions,
      'From 512 tokens to 2,048.',
    ),
    claim(
      'bert-attention-2048',
      'For 12 layers: $77\\text{ GB}$',
      '77',
      'GB',
      (BERT.layers * attentionWeightBytes(BERT, 32, 2048)) / GB,
      'Twelve layers of 32 × 12 matrices of 2048 × 2048.',
    ),
    claim(
      'checkpoint-saving',
      'Reduce activation memory by $\\sim$80\\%',
      '80',
      '%',
      saving,
      "Keeping each layer's input and one layer in full frees 86% of BERT-base's activations.",
      ABOUT,
    ),
    claim(
      'checkpoint-time',
      '$\\sim$20-30\\%',
      '20-30',
      '% more work',
      slower,
      'A second forward pass on top of a forward and a backward pass of twice its work is a third more.',
    ),
    claim(
      'layer-attention-2048',
      '4 = 201\\text{ MB}$ (4× larger)',
      '201',
      'MB',
      attentionWeightBytes(BERT, 1, 2048) / MB,
      'Twelve fp32 matrices of 2048 × 2048.',
    ),
    claim(
      'layer-attention-growth',
      '(4× larger)',
      '4',
      '×',
      attentionWeightBytes(BERT, 1, 2048) / attentionWeightBytes(BERT, 1, 512),
      'Four times the length makes the matrix sixteen times as large.',
    ),
    claim(
      'layer-total',
      '$12 \\times 84.8',
      '84.8',
      'MB',
      single / BERT.layers / MB,
      "The chapter's own list of tensors adds up to 29.9 MB for one sequence of 512.",
    ),
    claim(
      'layers-total-product',
      '= 1{,}018\\text{ MB}',
      '1018',
      'MB',
      BERT.layers * 84.8,
      'Twelve times 84.8.',
    ),
    claim(
      'layers-total',
      '= 1{,}018\\text{ MB}',
      '1018',
      'MB',
      single / MB,
      'Twelve layers of the list above hold 358.6 MB.',
    ),
    claim(
      'sequence-total',
      '\\approx 1\\text{ GB}$ for single sequence',
      '1',
      'GB',
      single / GB,
      "A sequence takes 0.36 GB; the chapter's own 12 GB for 32 sequences says the same.",
      ABOUT,
    ),
  ];
}

function batches(): readonly Claim[] {
  const claim = claimsIn('Activation Memory');
  const state = stateBytesPerParameter('fp32') * NOMINAL.bert;
  const mixedState = stateBytesPerParameter('mixed-fp16') * NOMINAL.bert;
  const printed = BERT.layers * 84.8 * MB;
  const derived = activations(BERT, 1, 512);
  const rows: readonly (readonly [string, string, string, number, number])[] = [
    ['v100-16', '$\\approx 12-14$', '12-14', V100.memoryBytes, 16],
    ['a100-40', '$\\approx 30-35$', '30-35', A100_40.memoryBytes, 40],
    ['a100-80', '$\\approx 70-75$', '70-75', A100_80.memoryBytes, 80],
  ];
  const slower = (100 * Number(forwardFlops(BERT, 1, 512))) / Number(trainFlops(BERT, 1, 512));
  return [
    ...rows.flatMap(([id, quote, figure, memory, decimal]) => [
      claim(
        `batch-${id}-own`,
        quote,
        figure,
        'sequences',
        largestBatch(decimal * GB, state, printed),
        `From the chapter's own figures: ${decimal} GB less 16P, by 1,018 MB a sequence.`,
      ),
      claim(
        `batch-${id}`,
        quote,
        figure,
        'sequences',
        largestBatch(memory, state, derived),
        'With 359 MB a sequence about three times as many fit.',
      ),
    ]),
    claim(
      'batch-checkpoint-v100',
      'batch size 64 on V100 (16 GB)',
      '64',
      'sequences',
      largestBatch(V100.memoryBytes, state, checkpointed(BERT, 1, 512)),
      'With a fifth of the activations 214 sequences fit, so 64 do.',
      AT_MOST,
    ),
    claim(
      'checkpoint-time-25',
      'increases training time by $\\sim$25\\%',
      '25',
      '% more work',
      slower,
      'The forward pass done again is a third of the work of a step.',
      ABOUT,
    ),
    claim(
      'half-activations',
      '$500 \\times 0.2',
      '500',
      'MB',
      (BERT.layers * 84.8) / 2,
      "Half of the chapter's 1,018 MB is 509.",
      ABOUT,
    ),
    claim(
      'half-activations-derived',
      '$500 \\times 0.2',
      '500',
      'MB',
      activations(BERT, 1, 512, 'mixed-fp16') / MB,
      'Half of the derived 359 MB.',
      ABOUT,
    ),
    claim(
      'half-checkpointed-product',
      '0.2 = 100\\text{ MB per sequence}$',
      '100',
      'MB',
      500 * 0.2,
      'A fifth of 500.',
    ),
    claim(
      'half-checkpointed',
      '0.2 = 100\\text{ MB per sequence}$',
      '100',
      'MB',
      checkpointed(BERT, 1, 512, 'mixed-fp16') / MB,
      'A fifth of half of the derived 359 MB.',
    ),
    claim(
      'batch-mixed-v100',
      'This enables batch size 128 on V100 (16 GB)!',
      '128',
      'sequences',
      largestBatch(V100.memoryBytes, mixedState, checkpointed(BERT, 1, 512, 'mixed-fp16')),
      'Half-precision activations, a fifth of them kept, leave room for several hundred.',
      AT_MOST,
    ),
  ];
}

export function memoryClaims(): readonly Claim[] {
  return [...parameters(), ...perLayer(), ...batches()];
}
