/** A plan as text for a terminal of 100 columns: the catalogue, the GPU asked for, and what would make the run fit there. */

import { ABSENT, formatBytes, formatDuration, formatInteger } from '../../../../shared/base/format';
import type { PaddingReport } from '../../../../shared/compute/padding';
import type { QuantizationRow } from '../../../../shared/compute/quantization';
import type { RunSpec } from '../../../../shared/model/spec';
import type { GpuPlan, Plan } from '../../../../shared/planning/plan';
import { figure } from '../../../../shared/present/numbers';
import { table, wrap } from './columns';

export interface PlanText extends Plan {
  /** Of a ragged batch. */
  readonly padding: PaddingReport | null;
  /** Of a run that does not train. */
  readonly quantized: readonly QuantizationRow[] | null;
}

export function planText(plan: PlanText): string {
  const { model, run, fits, smallest } = plan;
  const rows = fits.map((fit) => [
    fit.gpu,
    formatBytes(fit.memoryBytes),
    formatBytes(fit.memoryBytes - fit.headroomBytes),
    fit.fits ? 'fits' : 'short of',
    formatBytes(Math.abs(fit.headroomBytes)),
    fit.maxBatch === 0 ? 'none' : formatInteger(fit.maxBatch),
  ]);
  return [
    wrap(`${model.name}, ${formatInteger(model.parameters)} parameters · ${runWords(run)}`, ''),
    '',
    table(['GPU', 'memory', 'predicted peak', '', 'spare', 'largest batch'], rows, [0, 3]),
    '',
    smallest === null
      ? 'No GPU of the catalogue holds it alone.'
      : `The smallest that holds it: ${smallest}.`,
    ...gpuLines(plan),
    ...(plan.padding ? ['', paddingText(plan.padding)] : []),
    ...(plan.quantized ? ['', quantizedText(plan.quantized)] : []),
  ].join('\n');
}

/** Of the GPU asked for; where none is and some are short of memory, how to ask. */
function gpuLines({ gpu, run, fits }: PlanText): string[] {
  if (gpu) return ['', ...gpuText(gpu, run)];
  if (fits.every((fit) => fit.fits)) return [];
  return ['Name one with --gpu for what would make it fit there.'];
}

function runWords(run: RunSpec): string {
  const length =
    run.mode === 'generate'
      ? `${formatInteger(run.promptTokens)} + ${formatInteger(run.tokens)} tokens`
      : `${formatInteger(run.seq)} tokens`;
  const training =
    run.mode === 'train'
      ? [
          run.optimizer,
          ...(run.checkpointing === 'none' ? [] : [`checkpointing ${run.checkpointing}`]),
          ...(run.frozenLayers ? [`${run.frozenLayers} layers frozen`] : []),
        ]
      : [];
  return [
    run.mode,
    `batch ${run.batch}`,
    length,
    run.precision,
    ...training,
    `${run.attention} attention`,
    run.framework,
  ].join(' · ');
}

const WHAT = {
  train: 'a training step',
  generate: 'the generation',
  infer: 'a forward pass',
} as const;

function gpuText(gpu: GpuPlan, run: RunSpec): string[] {
  const time =
    gpu.seconds === null
      ? ''
      : ` By the roofline ${WHAT[run.mode]} takes ${formatDuration(gpu.seconds * 1e6)} at least.`;
  const longest =
    gpu.maxContext === 0
      ? 'not one token fits at this batch'
      : `the longest sequence at this batch is ${formatInteger(gpu.maxContext)} tokens`;
  const lines = [wrap(`On ${gpu.gpu} ${longest}.${time}`, '')];
  if (gpu.fits) return lines;
  const fewest = gpu.fewest
    ? `Fewest of them: ${gpu.fewest.gpus} with ${gpu.fewest.options.join(' ')}, ${formatBytes(gpu.fewest.peakBytes)} each.`
    : 'No layout over up to 4,096 of them fits.';
  if (run.framework === 'tfjs')
    return [
      ...lines,
      wrap(
        'The bundled workload runs on one device as it is; --framework pytorch plans with the settings there are.',
        '',
      ),
    ];
  if (gpu.changes.length === 0)
    return [
      ...lines,
      wrap(fewest, ''),
      'No combination of four known changes makes it fit on one.',
    ];
  return [
    ...lines,
    wrap(fewest, ''),
    '',
    'On one of them, cheapest first:',
    ...gpu.changes.flatMap(({ options, costs, peakBytes, timeRatio }, i) => [
      wrap(`${i + 1}  ${options.join(' ')}`, '     ', '  '),
      wrap(
        `${formatBytes(peakBytes)}${timeRatio === null ? '' : `, ${timeRatio.toFixed(2)} × the time`}: ${costs.join('; ')}`,
        '     ',
      ),
    ]),
  ];
}

export function paddingText({ lengths, forms }: PaddingReport): string {
  const rows = forms.map(({ form, how, computed, wastedPercent, flopsRatio }) => [
    form,
    how,
    formatInteger(computed),
    `${wastedPercent.toFixed(1)}%`,
    `${flopsRatio.toFixed(2)} ×`,
  ]);
  return [
    wrap(
      `The ${lengths.length} sequences hold ${formatInteger(lengths.reduce((sum, one) => sum + one, 0))} tokens. Laid out as`,
      '',
    ),
    table(['', '', 'positions', 'wasted', 'work'], rows, [0, 1]),
  ].join('\n');
}

function quantizedText(rows: readonly QuantizationRow[]): string {
  const cached = rows.some(({ cacheBytes }) => cacheBytes !== null);
  const times = (ratio: number | null) => (ratio === null ? ABSENT : `${ratio.toFixed(2)} ×`);
  return [
    wrap(
      'What narrower weights take: linear layers quantized with fp16 scales, int4 with zero-points, everything else at fp16',
      '',
    ),
    table(
      ['', 'bits a weight', 'weights', 'smaller', ...(cached ? ['KV cache', 'smaller'] : [])],
      rows.map(({ scheme, bitsPerWeight, weightBytes, weightRatio, cacheBytes, cacheRatio }) => [
        scheme,
        figure(bitsPerWeight),
        formatBytes(weightBytes),
        times(weightRatio),
        ...(cached ? [formatBytes(cacheBytes), times(cacheRatio)] : []),
      ]),
    ),
  ].join('\n');
}
