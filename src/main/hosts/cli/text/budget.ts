/** A budget as text for a terminal: by component, by phase, by stage of a pipeline, and on which GPUs it fits. */
import { formatBytes, formatExactBytes, formatInteger } from '../../../../shared/base/format';
import { COMPONENTS } from '../../../../shared/base/vocabulary';
import type { Budget, StageBudget, TierBudget } from '../../../../shared/budget/types';
import type { GpuHold } from '../../../../shared/planning/fits';
import { fitSentence } from '../../../../shared/present/fit-words';
import { componentName } from '../../../../shared/present/names';
import { table, wrap } from './columns';

/** `fits`: which GPUs hold the run, where that is to be told; `asked`: whether the one that was named does. */
export function budgetText(
  budget: Omit<Budget, 'fits'> & { readonly fits?: readonly GpuHold[] },
  asked?: GpuHold,
): string {
  const { run, perRank, fits } = budget;
  const { textbook, refined } = budget.tiers;
  const what =
    run.mode === 'generate' ? `${run.promptTokens} + ${run.tokens} tokens` : `${run.seq} tokens`;
  return [
    wrap(
      `${budget.model.name} · ${formatInteger(budget.model.parameters)} parameters · ${run.mode} · batch ${run.batch} · ${what} · ${run.precision}${run.mode === 'train' ? trainingWords(run) : ''}`,
      '',
    ),
    ...(asked ? [wrap(fitSentence(asked, run), '')] : []),
    ...(perRank
      ? [
          wrap(
            `The fullest of ${perRank.ranks} ranks peaks at ${formatBytes(perRank.refined.peak.bytes)} in ${perRank.refined.peak.phase}.`,
            '',
          ),
          ...tierTables(['textbook', perRank.textbook], ['refined', perRank.refined]),
          ...(perRank.stages.length > 1 ? [stageTable(perRank.stages)] : []),
          wrap('The whole model on one device:', ''),
        ]
      : []),
    wrap(
      `Peak ${formatBytes(refined.peak.bytes)} in ${refined.peak.phase} (refined); ${formatBytes(textbook.peak.bytes)} in ${textbook.peak.phase} (textbook).`,
      '',
    ),
    ...tierTables(['textbook', textbook], ['refined', refined]),
    ...(fits && fits.length > 0 ? [fitText(fits, perRank !== undefined)] : []),
    ...(budget.assumed ?? []).map((one) => wrap(one, '')),
  ].join('\n\n');
}

/** What of training changes the budget, where it is not as usual. */
function trainingWords({
  optimizer,
  checkpointing,
  loraRank,
  frozenLayers,
}: Budget['run']): string {
  return [
    '',
    optimizer,
    ...(checkpointing === 'none' ? [] : [`checkpointing ${checkpointing}`]),
    ...(loraRank ? [`adapters of rank ${loraRank}`] : []),
    ...(frozenLayers ? [`the first ${frozenLayers} layers frozen`] : []),
  ].join(' · ');
}

type NamedTier = readonly [name: string, tier: TierBudget];

/** Components and phases of tiers beside each other; the last one exactly. */
function tierTables(...tiers: readonly [textbook: NamedTier, exact: NamedTier]): string[] {
  const [, [exactName, exact]] = tiers;
  const names = COMPONENTS.filter((one) => tiers.some(([, tier]) => tier.components[one]));
  const phases = [...new Set(tiers.flatMap(([, tier]) => tier.phases.map(({ phase }) => phase)))];
  const row = (label: string, of: (tier: TierBudget) => number) => [
    label,
    ...tiers.map(([, tier]) => formatBytes(of(tier))),
    formatExactBytes(of(exact)),
  ];
  return [
    `By component, at the peak\n${table(
      ['component', ...tiers.map(([name]) => name), `${exactName}, exactly`],
      [
        ...names.map((one) => row(componentName(one), (tier) => tier.components[one] ?? 0)),
        null,
        row('total', (tier) => tier.total),
      ],
    )}`,
    `By phase\n${table(
      ['phase', ...tiers.flatMap(([name]) => [name, 'at its end'])],
      phases.map((phase) => [
        phase,
        ...tiers.flatMap(([, tier]) => {
          const found = tier.phases.find((one) => one.phase === phase);
          return [formatBytes(found?.total), formatBytes(found?.end)];
        }),
      ]),
    )}`,
  ];
}

/** A rank of each pipeline stage beside the others. */
function stageTable(stages: readonly StageBudget[]): string {
  const ends = ({ embedding, head }: StageBudget) =>
    [...(embedding ? ['embeddings'] : []), ...(head ? ['head'] : [])].join(', ') || '–';
  return `By pipeline stage\n${table(
    ['stage', 'layers', 'besides', 'in flight', 'textbook', 'refined'],
    stages.map((one) => [
      String(one.stage),
      String(one.layers),
      ends(one),
      String(one.inFlight),
      formatBytes(one.peak.textbook),
      formatBytes(one.peak.refined),
    ]),
  )}`;
}

/** The shorter of the two lists is enough: the rest of the catalogue is the other. */
function fitText(fits: readonly GpuHold[], sharded: boolean): string {
  const [yes, no] = [fits.filter(({ fits: does }) => does), fits.filter(({ fits: does }) => !does)];
  // A name stays on one line.
  const list = (some: readonly GpuHold[]) =>
    some.map(({ gpu }) => gpu.replaceAll(' ', NO_BREAK)).join(', ');
  const what = sharded ? 'A rank fits' : 'It fits';
  const words = () => {
    if (no.length === 0) return `${what} on every GPU of the catalogue.`;
    if (yes.length === 0)
      return `${what} on no GPU of the catalogue alone; "plumbline plan --gpu NAME" tells what would make it fit.`;
    if (yes.length <= no.length)
      return `${what} on ${yes.length} of ${fits.length} GPUs: ${list(yes)}.`;
    return `${what} on all GPUs of the catalogue but ${no.length}: ${list(no)}.`;
  };
  return wrap(words(), '').replaceAll(NO_BREAK, ' ');
}

const NO_BREAK = '\u00a0';
