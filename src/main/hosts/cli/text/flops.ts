/** FLOPs as text for a terminal of 100 columns: by operation, and where asked for on a device, generating, padded, compared. */

import type { Count } from '../../../../shared/base/big-count';
import {
  ABSENT,
  formatBytes,
  formatDuration,
  formatPercent,
  formatSignedPercent,
} from '../../../../shared/base/format';
import type { GenerationReport } from '../../../../shared/compute/serving';
import { scaled, trimmed, whole } from '../../../../shared/present/numbers';
import type { FlopsDocument } from '../../../../shared/present/spec-documents';
import { table, wrap } from './columns';
import { paddingText } from './plan';

const OPERATIONS = [
  ['qkv', 'Q, K, V projections'],
  ['scores', 'scores QKᵀ'],
  ['softmax', 'softmax (not in totals)'],
  ['attentionOutput', 'weights × V'],
  ['projection', 'output projection'],
  ['ffn', 'feed-forward'],
  ['total', 'a layer'],
] as const;

/** `trains`: what a backward pass and a training step cost is asked as well. */
export function flopsText(of: FlopsDocument, trains: boolean): string {
  const { perLayer, crossover, approximations } = of;
  const share = (value: Count, times = of.model.layers) =>
    `${((100 * times * Number(value)) / Number(of.forward)).toFixed(1)}%`;
  const layers = BigInt(of.forward) - BigInt(of.head);
  const rows = [
    ...OPERATIONS.map(([key, label]) => [
      label,
      whole(perLayer[key]),
      scaled(perLayer[key]),
      key === 'softmax' ? ABSENT : share(perLayer[key]),
    ]),
    [`${of.model.layers} layers`, whole(layers), scaled(layers), share(layers, 1)],
    ['output head', whole(of.head), scaled(of.head), share(of.head, 1)],
    ['forward', whole(of.forward), scaled(of.forward), '100.0%'],
    ...(trains
      ? [
          ['backward (2 × forward)', whole(of.backward), scaled(of.backward), ''],
          ['training step', whole(of.train), scaled(of.train), ''],
        ]
      : []),
    ['forward, a token', whole(of.perToken), scaled(of.perToken), ''],
  ];
  return [
    wrap(
      `${of.model.name}: ${whole(of.model.parameters)} parameters, batch ${of.batch}, ${whole(of.seq)} tokens${of.causal ? ', causal' : ''}. A multiply-add is 2.`,
      '',
    ),
    '',
    table(['', 'FLOPs', '', 'of forward'], rows),
    '',
    wrap(
      `Attention costs as much as its projections at ${length(crossover.attentionEqualsProjections)}, as the feed-forward block at ${length(crossover.attentionEqualsFfn)}, as all the rest of the layer at ${length(crossover.attentionEqualsLayer)}. ${whole(of.seq)} tokens are ${REGIMES[of.regime]}; most work is in ${DOMINANT[of.dominant]}.`,
      '',
    ),
    wrap(
      `2P and 6PD miss the count by ${formatSignedPercent(approximations.errorPercent)}, PaLM's 6N + 12LHQT by ${formatSignedPercent(approximations.palmErrorPercent)}.`,
      '',
    ),
    wrap(
      `A recurrent network of this shape takes ${scaled(of.rnn.rnn.time)}FLOPs a sequence, keeps ${scaled(of.rnn.rnn.space)} values and goes ${whole(of.rnn.rnn.sequentialSteps)} steps one after another; the layers here take ${scaled(of.rnn.transformer.time)}FLOPs, keep ${scaled(of.rnn.transformer.space)} values and go ${of.rnn.transformer.sequentialSteps}. Attention alone costs what it costs at ${length(of.rnn.attentionEqualsRnn)}.`,
      '',
    ),
    ...(of.device ? ['', deviceText(of.device)] : []),
    ...(of.training ? ['', trainingText(of.training)] : []),
    ...(of.generation ? ['', generationText(of.generation)] : []),
    ...(of.padding ? ['', paddingText(of.padding)] : []),
    ...(of.against ? ['', againstText(of.model.name, of.against)] : []),
  ].join('\n');
}

/** A crossover length; a sliding window may keep it out of reach. */
function length(tokens: number | null): string {
  return tokens === null ? 'no length' : `${whole(Math.round(tokens))} tokens`;
}

const REGIMES = {
  short: 'a short sequence',
  crossover: 'the crossover',
  long: 'a long sequence',
} as const;
const DOMINANT = {
  ffn: 'the feed-forward blocks',
  projections: 'the attention projections',
  attention: 'attention itself',
  head: 'the output head',
} as const;

function deviceText({
  gpu,
  precision,
  ridge,
  operations,
  seconds,
}: NonNullable<FlopsDocument['device']>): string {
  const rows = operations.map(({ name, times, flops, bytes, intensity, bound, seconds: each }) => [
    name,
    `${times}×`,
    `${scaled(flops)}`,
    `${scaled(bytes)}B`,
    trimmed(intensity),
    bound,
    formatDuration(each * 1e6),
    formatDuration(each * times * 1e6),
  ]);
  return [
    `${gpu.name} at ${precision}: ridge point ${trimmed(ridge)} FLOPs a byte; the forward pass takes at least ${formatDuration(seconds * 1e6)}.`,
    table(
      ['operation', '', 'FLOPs', 'traffic', 'FLOPs/B', 'bound by', 'each', 'all'],
      rows,
      [0, 5],
    ),
  ].join('\n');
}

function trainingText({
  stepSeconds,
  tokensPerSecond,
  utilization,
}: NonNullable<FlopsDocument['training']>): string {
  return wrap(
    `A training step takes ${formatDuration(stepSeconds * 1e6)} at least, recomputation and optimizer included: ${scaled(tokensPerSecond).trimEnd()} tokens a second, ${formatPercent(100 * utilization)} of the peak at best.`,
    '',
  );
}

function generationText({
  promptTokens,
  tokens,
  prefill,
  decode,
  total,
  firstStep,
  lastStep,
  cacheWorkRatio,
  device,
}: GenerationReport): string {
  const flops = (value: Count) => `${scaled(value)}FLOPs`;
  const lines = [
    wrap(
      `Generating ${whole(tokens)} tokens from a prompt of ${whole(promptTokens)} takes ${flops(total)}: ${flops(prefill)} for the prompt, ${flops(decode)} for the steps after it. A cached step grows from ${flops(firstStep)} to ${flops(lastStep)}; without a cache the whole takes ${trimmed(cacheWorkRatio)} times the work.`,
      '',
    ),
  ];
  if (device === null) return lines.join('\n');
  const seconds = (value: number | null) => (value === null ? ABSENT : formatDuration(value * 1e6));
  return [
    ...lines,
    wrap(
      `On ${device.gpu}, by the roofline: first token after ${seconds(device.prefillSeconds)}, then ${seconds(device.perTokenSeconds)} each, ${seconds(device.totalSeconds)} in all; without a cache ${trimmed(device.cacheTimeRatio)} times as long.`,
      '',
    ),
    '',
    table(
      ['batch', 'latency', 'against 1', 'tokens/s', 'against 1', 'peak memory', ''],
      device.batches.map(
        ({
          batch,
          totalSeconds,
          latencyCost,
          tokensPerSecond,
          throughputGain,
          peakBytes,
          fits,
        }) => [
          whole(batch),
          seconds(totalSeconds),
          `${trimmed(latencyCost)} ×`,
          scaled(tokensPerSecond),
          `${trimmed(throughputGain)} ×`,
          formatBytes(peakBytes),
          fits ? 'fits' : 'does not fit',
        ],
      ),
      [6],
    ),
  ].join('\n');
}

function againstText(
  name: string,
  {
    model,
    teacherParameters,
    studentParameters,
    memoryRatio,
    workRatio,
  }: NonNullable<FlopsDocument['against']>,
): string {
  return wrap(
    `Against ${model} (${whole(studentParameters)} parameters) ${name} has ${trimmed(memoryRatio)} times the parameters (${whole(teacherParameters)}), and its layers do ${trimmed(workRatio)} times the work over a sequence.`,
    '',
  );
}
