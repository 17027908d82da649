/** A plan as text for a terminal of 100 columns: the catalogue, the GPU asked for, and what would make the run fit there. */

import {
  ABSENT,
  formatBytes,
  formatDuration,
  formatInteger,
  formatSignedBytes,
} from '../../../../shared/base/format';
import { rankCount } from '../../../../shared/budget/sharding/shard';
import type { PaddingReport } from '../../../../shared/compute/padding';
import type { QuantizationRow } from '../../../../shared/compute/quantization';
import { SERVER_NAMES } from '../../../../shared/model/choices';
import type { RunSpec } from '../../../../shared/model/spec';
import type { GpuPlan } from '../../../../shared/planning/plan';
import type { ServingPlan } from '../../../../shared/planning/serving';
import { assumedSentences } from '../../../../shared/present/assumed';
import { carriedSentences } from '../../../../shared/present/carried-words';
import { changeWords } from '../../../../shared/present/change-words';
import { cards, fitSentence } from '../../../../shared/present/fit-words';
import { learnedSentence } from '../../../../shared/present/learned-words';
import { figure } from '../../../../shared/present/numbers';
import type { PlanDocument } from '../../../../shared/present/spec-documents';
import { table, wrap } from './columns';

/** The answer first; every GPU of the catalogue where none is named or `allGpus` asks for them. */
export function planText(plan: PlanDocument, allGpus: boolean): string {
  const { model, run, gpu } = plan;
  const described = `${model.name}, ${formatInteger(model.parameters)} parameters · ${runWords(run)}`;
  return [
    wrap(answerText(plan), ''),
    ...(plan.learned ? [wrap(learnedSentence(plan.learned, gpu?.memoryBytes ?? null), '')] : []),
    ...(plan.carried ? carriedSentences(plan.carried).map((sentence) => wrap(sentence, '')) : []),
    wrap(described, ''),
    ...assumedSentences(plan.assumed).map((sentence) => wrap(sentence, '')),
    ...positionsText(plan),
    ...(gpu ? ['', ...gpuText(gpu, run)] : []),
    ...(gpu === null || allGpus ? ['', catalogueTable(plan)] : []),
    ...(plan.padding ? ['', paddingText(plan.padding)] : []),
    ...(plan.quantized && (gpu === null || allGpus) ? ['', quantizedText(plan.quantized)] : []),
  ].join('\n');
}

/** Whether it fits, by how much, and the cheapest change that makes it fit. */
function answerText({ run, gpu, smallest, fits }: PlanDocument): string {
  if (gpu === null) {
    if (smallest === null)
      return 'No GPU of the catalogue holds it alone; name one with --gpu for what would make it fit there.';
    const fit = fits.find((each) => each.gpu === smallest);
    const peak = fit ? fit.memoryBytes - fit.headroomBytes : 0;
    return `It needs ${formatBytes(peak)}: the smallest GPU that holds it is the ${smallest}.`;
  }
  const sentence = fitSentence(gpu, run);
  if (gpu.fits) return sentence;
  const [cheapest] = gpu.changes;
  if (cheapest)
    return `${sentence} Cheapest change: ${cheapest.options.join(' ')}, ${formatBytes(cheapest.peakBytes)} then.`;
  if (gpu.fewest)
    return `${sentence} No known change makes it fit on one; ${gpu.fewest.gpus} hold it.`;
  return `${sentence} No known change makes it fit.`;
}

function catalogueTable({ fits }: PlanDocument): string {
  const rows = fits.map((fit) => [
    fit.gpu,
    formatBytes(fit.memoryBytes),
    formatBytes(fit.memoryBytes - fit.headroomBytes),
    fit.fits ? 'yes' : 'no',
    formatSignedBytes(fit.headroomBytes),
    fit.maxBatch === 0 ? 'none' : formatInteger(fit.maxBatch),
  ]);
  return table(
    ['GPU', 'memory', 'predicted peak', 'fits', 'to spare', 'largest batch'],
    rows,
    [0, 3],
  );
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
  if (run.mode === 'serve')
    return [
      run.mode,
      SERVER_NAMES[run.engine ?? 'vllm'],
      `${run.batch} × ${length}`,
      run.gguf ?? run.precision,
    ].join(' · ');
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
  serve: 'a forward pass',
} as const;

/** What a serving engine has left for its cache, and how far that reaches. */
function servingText(serving: ServingPlan, run: RunSpec): string {
  const { weightBytes, passBytes, cacheBytes, cacheTokens, longestContext, sequences } = serving;
  const left =
    cacheTokens === 0
      ? 'nothing is left for the cache'
      : `${formatBytes(cacheBytes)} are left for the cache, ${formatInteger(cacheTokens)} tokens: ${countSequences(sequences)} of ${formatInteger(run.seq)} at once, or one of ${formatInteger(longestContext)}`;
  return wrap(
    `${SERVER_NAMES[run.engine ?? 'vllm']} holds ${formatBytes(weightBytes)} of weights and sets ${formatBytes(passBytes)} aside for passes; ${left}.${layersText(serving)}`,
    '',
  );
}

function countSequences(count: number): string {
  if (count === 0) return 'no sequence';
  return count === 1 ? 'one sequence' : `${formatInteger(count)} sequences`;
}

/** What llama.cpp does where a model is larger than the card. */
function layersText({ layersOnCard }: ServingPlan): string {
  if (layersOnCard === null) return '';
  return layersOnCard === 0
    ? ' The card holds none of the layers.'
    : ` The card holds ${layersOnCard} of the layers (-ngl ${layersOnCard}); the host runs the others, more slowly.`;
}

/** A sequence longer than the model was made for is no error, but no default either. */
function positionsText({ model, run, maxPositions }: PlanDocument): string[] {
  const asked = run.mode === 'generate' ? run.promptTokens + run.tokens : run.seq;
  return asked > maxPositions
    ? [
        wrap(
          `${model.name} was published for sequences of up to ${formatInteger(maxPositions)} tokens.`,
          '',
        ),
      ]
    : [];
}

function gpuText(gpu: GpuPlan, run: RunSpec): string[] {
  const time =
    gpu.seconds === null || !gpu.fits
      ? ''
      : ` By the roofline ${WHAT[run.mode]} takes ${formatDuration(gpu.seconds * 1e6)} at least.`;
  const longest =
    gpu.maxContext === 0
      ? 'not one token fits at this batch'
      : `the longest sequence at this batch is ${formatInteger(gpu.maxContext)} tokens`;
  const lines = gpu.serving
    ? [servingText(gpu.serving, run)]
    : [wrap(`On ${cards(gpu, run)} ${longest}.${time}`, '')];
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
      rankCount(run) === 1
        ? 'No combination of four known changes makes it fit on one.'
        : 'No combination of four known changes makes it fit on these.',
    ];
  return [
    ...lines,
    wrap(fewest, ''),
    '',
    rankCount(run) === 1 ? 'On one of them, cheapest first:' : 'On these, cheapest first:',
    ...gpu.changes.flatMap((change, i) => [
      wrap(`${i + 1}  ${change.options.join(' ')}`, '     ', '  '),
      wrap(changeWords(change), '     '),
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
