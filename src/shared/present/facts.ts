/** What every format tells of a session, worked out once: figures, table rows and sentences, without any markup. */

import {
  ABSENT,
  formatBytes,
  formatDuration,
  formatExactBytes,
  formatInteger,
  formatSignedBytes,
  formatSignedPercent,
} from '../base/format';
import type { Bytes, Micros } from '../base/units';
import { COMPONENTS, type Component, PHASES, type Phase } from '../base/vocabulary';
import type { Budget, ComponentBytes } from '../budget/types';
import { announcedNumber } from '../chapter/experiments/measured/measurement';
import { FLAG_LIMITS } from '../divergence/overlay/flags';
import { highestPhase } from '../divergence/overlay/phase-rows';
import { showsRun } from '../divergence/overlay/shows-run';
import type { GpuInstance } from '../hardware/gpu-info';
import { runDefaults } from '../model/run';
import type { SessionDocument } from '../session/session-document';
import { FRAMEWORK_ALLOCATED, isFrameworkSeries } from '../trace/series-ids';
import { phaseName } from './phase-name';
import { inversionTable, ledgerTable, timeTable, type WordTable } from './tables';

export interface ComponentRow {
  readonly component: Component;
  readonly textbook: Bytes | null;
  readonly refined: Bytes | null;
  readonly measured: Bytes | null;
  readonly residual: Bytes | null;
}

export interface ComponentTable {
  /** The phase all columns tell of; null where no phase is known and each prediction is at its own peak. */
  readonly phase: Phase | null;
  readonly rows: readonly ComponentRow[];
  readonly total: Omit<ComponentRow, 'component'>;
}

/**
 * Bytes by component in the phase in which memory peaked: prediction and measurement of the same phase, so that they can
 * be compared line by line. Where a split is known at all, a component it leaves out holds nothing.
 */
export function componentTable(doc: SessionDocument, budget: Budget | null): ComponentTable {
  const top = highestPhase(
    doc.overlay.phases.filter(({ predictedComponents }) => predictedComponents !== null),
  );
  const textbook =
    budget &&
    (budget.tiers.textbook.phases.find(({ phase }) => phase === top?.phase) ??
      (top ? null : budget.tiers.textbook));
  const refined = top?.predictedComponents ?? budget?.tiers.refined.components ?? null;
  const measured = top?.measuredComponents ?? null;
  const rows = COMPONENTS.filter(
    (one) => textbook?.components[one] || refined?.[one] || measured?.[one],
  ).map((component) => {
    const of = (split: ComponentBytes | null | undefined) =>
      split ? (split[component] ?? 0) : null;
    const [predicted, seen] = [of(refined), of(measured)];
    return {
      component,
      textbook: of(textbook?.components),
      refined: predicted,
      measured: seen,
      residual: predicted === null || seen === null ? null : seen - predicted,
    };
  });
  const { predictedPeak, measuredPeak, residualBytes } = doc.overlay;
  return {
    phase: top?.phase ?? null,
    rows,
    total: top
      ? {
          textbook: top.predicted.textbook,
          refined: top.predicted.refined,
          measured: top.measured,
          residual: top.residualBytes,
        }
      : { ...predictedPeak, measured: measuredPeak?.bytes ?? null, residual: residualBytes },
  };
}

export function componentTitle({ phase }: ComponentTable): string {
  return phase === null
    ? 'By component, at the peak'
    : `By component, in ${phase}, where memory peaked`;
}

/** What the trace tells beyond peaks: what the bytes are made of, time, and what the run must have been. */
export function explained({
  overlay,
  time,
  inversion,
}: SessionDocument): readonly (readonly [title: string, table: WordTable])[] {
  const ledger = ledgerTable(overlay);
  return [
    ...(ledger ? [['Ledger', ledger] as const] : []),
    ...(time ? [['Time', timeTable(time)] as const] : []),
    ...(inversion ? [['What ran, by the trace', inversionTable(inversion)] as const] : []),
  ];
}

/** All occurrences of a phase in one row; the figures are those of its highest occurrence. */
export interface PhaseRow {
  readonly phase: Phase;
  /** For people: the stage of one that was found in the trace. */
  readonly name: string;
  readonly count: number;
  readonly durationUs: Micros;
  readonly measured: Bytes | null;
  readonly textbook: Bytes | null;
  readonly refined: Bytes | null;
  readonly residual: Bytes | null;
  readonly flagged: number;
}

export function phaseRows(doc: SessionDocument): PhaseRow[] {
  const groups = PHASES.flatMap((phase) => {
    const own = doc.overlay.phases.filter((row) => row.phase === phase);
    return [...new Set(own.map(phaseName))].map((name) => ({
      phase,
      name,
      own: own.filter((row) => phaseName(row) === name),
    }));
  });
  return groups.map(({ phase, name, own }) => {
    const top = highestPhase(own) ?? own[0]!;
    return {
      phase,
      name,
      count: own.length,
      durationUs: own.reduce((sum, { span: [t0, t1] }) => sum + t1 - t0, 0),
      measured: top.measured,
      textbook: top.predicted.textbook,
      refined: top.predicted.refined,
      residual: top.residualBytes,
      flagged: own.filter((row) => row.flagged).length,
    };
  });
}

/** Each rank beside the others: the head and the cells of a table, empty for a session of one process. */
export const RANK_HEAD = [
  'rank',
  'line',
  'measured',
  'predicted',
  'residual',
  'of predicted',
  'resident',
  'phases',
] as const;

export function rankCells({ overlay, ranks = [] }: SessionDocument): string[][] {
  return ranks.map((row) => [
    `${row.rank}${row.rank === overlay.rank ? ', shown' : ''}`,
    row.series ?? ABSENT,
    formatBytes(row.measuredPeak),
    formatBytes(row.predictedPeak),
    formatSignedBytes(row.residualBytes),
    formatSignedPercent(row.residualPercent),
    formatBytes(row.residentPeak),
    formatInteger(row.phases),
  ]);
}

/** The session in one sentence with its figures. */
export function headline({ overlay }: SessionDocument): string {
  const { measuredPeak, residualBytes, residualPercent, predictedPeak } = overlay;
  if (!measuredPeak)
    return predictedPeak.refined === null
      ? 'No memory was measured and none was predicted.'
      : `No memory was measured; ${formatBytes(predictedPeak.refined)} were predicted.`;
  if (residualBytes === null)
    return `Memory peaked at ${formatBytes(measuredPeak.bytes)}. Nothing was predicted.`;
  if (!showsRun(overlay))
    return `No run is seen in this trace: memory rose by ${formatBytes(measuredPeak.bytes)} where ${formatBytes(predictedPeak.refined)} were predicted.`;
  const flags = overlay.phases.filter((row) => row.flagged).length;
  const phases =
    flags === 0
      ? ''
      : ` ${flags} of ${overlay.phases.length} phases ${flags === 1 ? 'is' : 'are'} flagged.`;
  if (residualBytes === 0)
    return `Measured and predicted peak agree to the byte: ${formatExactBytes(measuredPeak.bytes)}.${phases}`;
  return `Memory peaked at ${formatBytes(measuredPeak.bytes)} where ${formatBytes(predictedPeak.refined)} were predicted: ${formatSignedBytes(residualBytes)} (${formatSignedPercent(residualPercent)}).${phases}`;
}

const LINES: readonly (readonly [RegExp, string])[] = [
  [
    /^(rank\d+\.)?framework\.allocated$/,
    'bytes of live tensors as the framework itself counts them, with the high-water mark of every phase',
  ],
  [
    /\.mig\d+\.workload\.memory$/,
    'memory of the MIG device that the workload was confined to, less the baseline and less what other processes took there meanwhile',
  ],
  [
    /\.mig\d+\.memory\.used$/,
    'memory of one MIG device less the baseline, all processes on it together',
  ],
  [
    /\.workload\.memory$/,
    'GPU memory of the workload: device memory less the baseline and less what other processes took meanwhile',
  ],
  [/\.memory\.used$/, 'device memory less the baseline, all processes together'],
  [/\.process\.memory$/, "GPU memory the driver counts for the workload's own processes"],
  [
    /^rank\d+\.rss$/,
    'resident host memory of the processes of one rank, runtime and libraries included',
  ],
  [/^tree\.rss$/, 'resident host memory of the process tree, runtime and libraries included'],
];

export function describeLine(series: string): string {
  return LINES.find(([pattern]) => pattern.test(series))?.[1] ?? 'as its source reports it';
}

const confinement = ({ slot, memoryBytes, uuid }: GpuInstance): string =>
  `confined to MIG device ${slot} (${[...(memoryBytes === null ? [] : [formatBytes(memoryBytes)]), uuid].join(', ')})`;

/** How the figures came about: the line, its interval, the baseline, and what flagged means. */
export function methodNotes({
  overlay,
  ranks,
  simulated,
  workload,
  environment,
}: SessionDocument): string[] {
  const notes: string[] = [];
  if (ranks)
    notes.push(
      `Of ${ranks.length} ranks, rank ${overlay.rank} is laid over the budget, which is that of one device; the fullest is, unless another is asked for.`,
    );
  if (overlay.series !== null) {
    notes.push(`The measured line is ${overlay.series}: ${describeLine(overlay.series)}.`);
    for (const { index, instances = [] } of environment.gpus) {
      for (const each of instances)
        notes.push(`The workload was ${confinement(each)} of GPU ${index}.`);
    }
    const interval = overlay.measuredPeak?.intervalUs ?? null;
    notes.push(
      interval !== null
        ? `It was sampled every ${formatDuration(interval)}; a spike shorter than that can be missed.`
        : isFrameworkSeries(overlay.series)
          ? 'It is reported by the workload as it happens, so no peak falls between two samples.'
          : 'How often it was sampled is not known; what lay between two samples was not seen.',
    );
    if (overlay.baselineBytes > 0)
      notes.push(`${formatBytes(overlay.baselineBytes)} in use before launch are taken off.`);
  }
  if (overlay.predictedPeak.refined !== null) {
    const { percent, bytes, samples } = FLAG_LIMITS;
    notes.push(
      'Textbook is the list of parameters, gradients, optimizer states, activations and KV cache; refined is the model of the framework that ran. A residual is measured less refined.',
      workload.kind === 'bundled' && overlay.series === FRAMEWORK_ALLOCATED
        ? 'Flagged means any difference at all: for the bundled workload the prediction claims to be exact.'
        : `Flagged means a residual beyond ${percent}% of the prediction or ${formatBytes(bytes)}, whichever is more, for at least ${samples} samples.`,
    );
  }
  if (simulated) notes.push('The device was SIMULATED: no figure here is of real hardware.');
  return notes;
}

/** What the session was: pairs of a label and a value. */
export function describeConfiguration(
  doc: SessionDocument,
  budget: Budget | null,
): [string, string][] {
  const { model, run, workload } = doc;
  if (!model || !run) return [];
  const pairs: [string, string][] = [
    ['Model', model.name],
    ['Parameters', formatInteger(budget?.model.parameters)],
    [
      'Shape',
      `${model.layers} layers × ${model.hidden} wide, ${model.heads} heads, vocabulary ${formatInteger(model.vocab)}`,
    ],
    ['Mode', run.mode],
    ['Batch', String(run.batch)],
  ];
  if (run.mode === 'generate') {
    pairs.push(
      ['Tokens', `${run.promptTokens} prompt + ${run.tokens} generated`],
      [
        'KV cache',
        run.kvCache
          ? `on, ${[run.kvPrecision, run.cacheGrowth].filter(Boolean).join(', ')}`
          : 'off',
      ],
    );
    const drawn = [
      ['temperature', run.temperature],
      ['top-k', run.topK],
      ['top-p', run.topP],
    ].flatMap(([name, value]) => (value === undefined ? [] : [`${name} ${value}`]));
    if (drawn.length > 0) pairs.push(['Sampling', drawn.join(', ')]);
    if (run.prompts)
      pairs.push(['Prompt', run.prompts.map((text) => JSON.stringify(text)).join(', ')]);
  } else pairs.push(['Sequence', `${run.seq} tokens`]);
  if (run.lengths) pairs.push(['Lengths', run.lengths.join(', ')]);
  pairs.push(['Precision', run.precision]);
  if (run.mode === 'train') {
    // The bundled workload runs the steps it is given. Of any other, those that nobody declared are only what a run has where nothing was said.
    const areKnown =
      workload.kind === 'bundled' || run.steps !== runDefaults(model, { mode: run.mode }).steps;
    pairs.push(
      ['Optimizer', run.optimizer],
      ...(areKnown ? [['Steps', String(run.steps)] satisfies [string, string]] : []),
      ['Checkpointing', run.checkpointing],
    );
    if (run.frozenLayers)
      pairs.push([
        'Frozen',
        `embeddings and the first ${run.frozenLayers} of ${model.layers} layers`,
      ]);
    if (run.data)
      pairs.push([
        'Data',
        run.data === 'text' ? 'text, but for the part that is held out' : run.data,
      ]);
    if (run.gradAccum > 1) pairs.push(['Gradient accumulation', String(run.gradAccum)]);
  }
  const [perplexity, tokens, byFrequency] = [
    announcedNumber(doc, 'perplexity'),
    announcedNumber(doc, 'scoredTokens'),
    announcedNumber(doc, 'frequencyPerplexity'),
  ];
  if (Number.isFinite(perplexity + tokens + byFrequency)) {
    pairs.push([
      'Unseen text',
      `perplexity ${perplexity.toFixed(3)} over ${formatInteger(tokens)} tokens, ${byFrequency.toFixed(1)} by their frequencies alone`,
    ]);
  }
  pairs.push(['Framework', run.backend ? `${run.framework}, ${run.backend}` : run.framework]);
  return pairs;
}

export function describeEnvironment({
  environment: e,
  workload,
}: SessionDocument): [string, string][] {
  return [
    ['Workload', workload.title],
    ...(workload.command.length > 0
      ? [['Command', workload.command.join(' ')] as [string, string]]
      : []),
    [
      'GPU',
      e.gpus
        .map(
          (gpu) =>
            `${gpu.name}${gpu.memoryBytes === null ? '' : `, ${formatBytes(gpu.memoryBytes)}`}${gpu.driver && `, driver ${gpu.driver}`}${(gpu.instances ?? []).map((each) => `, ${confinement(each)}`).join('')}`,
        )
        .join('; ') || 'none seen',
    ],
    // A log that was imported does not know the machine it was written on.
    ...(e.cores > 0
      ? [
          ['CPU', `${e.cpu}, ${e.cores} cores`] satisfies [string, string],
          ['Memory', formatBytes(e.memoryBytes)] satisfies [string, string],
        ]
      : []),
    ['System', e.os],
    ['Plumbline', `${e.plumbline} on Node ${e.node}`],
    ...Object.entries(e.workload).map(([key, value]): [string, string] => [key, value]),
    ...e.sources.map(({ id, ok, detail }): [string, string] => [
      id,
      ok ? detail || 'read' : `not read: ${detail}`,
    ]),
  ];
}

/** How the session ended, in words. */
export function describeStatus({ status, exitCode, signal }: SessionDocument): string {
  const how =
    signal !== null
      ? `signal ${signal}`
      : exitCode !== null && exitCode !== 0
        ? `exit code ${exitCode}`
        : '';
  return how ? `${status}, ${how}` : status;
}

/** "2026-07-01 14:03 UTC" from ISO 8601. */
export function formatInstant(iso: string): string {
  const date = new Date(iso);
  return Number.isNaN(date.getTime())
    ? iso || ABSENT
    : `${date.toISOString().slice(0, 16).replace('T', ' ')} UTC`;
}

export function spanWords([t0, t1]: readonly [Micros, Micros]): string {
  return t0 === t1 ? `at ${formatDuration(t0)}` : `${formatDuration(t0)} to ${formatDuration(t1)}`;
}

/** Component and field names as people read them: adam_m → Adam m, kv_cache → KV cache. */
const NAMES: Readonly<Partial<Record<Component, string>>> = {
  params: 'parameters',
  adam_m: 'Adam m',
  adam_v: 'Adam v',
  optimizer_other: 'optimizer, other',
  master_params: 'master parameters',
  kv_cache: 'KV cache',
  context: 'device context',
  reserve: 'allocator reserve',
};
export function componentName(component: string): string {
  return NAMES[component as Component] ?? component;
}

export function settingWords(value: unknown): string {
  return value === null || value === undefined
    ? ABSENT
    : value === true
      ? 'on'
      : value === false
        ? 'off'
        : String(value);
}
