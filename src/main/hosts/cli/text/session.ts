/** Sessions in full, and budgets, as text for a terminal: aligned columns. */

import {
  ABSENT,
  formatBytes,
  formatDuration,
  formatExactBytes,
  formatInteger,
  formatSignedBytes,
  formatSignedPercent,
} from '../../../../shared/base/format';
import { COMPONENTS } from '../../../../shared/base/vocabulary';
import type { Budget, StageBudget, TierBudget } from '../../../../shared/budget/types';
import type { Inversion } from '../../../../shared/divergence/inversion/inversion';
import type { GpuHold } from '../../../../shared/planning/fits';
import {
  COMPONENT_HEAD,
  componentTable,
  componentTitle,
  formatComponentFigures,
} from '../../../../shared/present/components';
import { describeConfiguration } from '../../../../shared/present/configuration';
import { describeStatus, headline } from '../../../../shared/present/headline';
import { heldTable } from '../../../../shared/present/held-objects';
import { methodNotes } from '../../../../shared/present/method';
import { formatInstant, formatSpan } from '../../../../shared/present/moments';
import { componentName } from '../../../../shared/present/names';
import { noFindings } from '../../../../shared/present/no-findings';
import { OBSERVED_HEAD, observedRows } from '../../../../shared/present/observed';
import { formatPhaseRow, PHASE_HEAD, phaseRows } from '../../../../shared/present/phases';
import { RANK_HEAD, rankCells } from '../../../../shared/present/ranks';
import { explainTrace, inversionTable } from '../../../../shared/present/tables';
import type { SessionDocument } from '../../../../shared/session/session-document';
import { allocationsText } from './allocations';
import { cut, plain, table, WIDTH, wrap } from './columns';
import { ledgerText } from './ledger';
import { textWidth } from './width';

/** Everything that is known of a session; `briefText` says it in a dozen lines. */
export function sessionText(doc: SessionDocument, budget: Budget | null): string {
  const ledger = ledgerText(doc.overlay);
  return [
    sessionHead(doc, budget),
    wrap(headline(doc), ''),
    peakTable(doc.overlay),
    ...(doc.ranks ? [`By rank, at the highest\n${table(RANK_HEAD, rankCells(doc), [0, 1])}`] : []),
    ...phaseSection(doc),
    ...componentSection(doc, budget),
    ...heldSection(doc),
    ...observedSection(doc),
    ...(ledger === null ? [] : [wrap(ledger, '    ', '')]),
    findingsText(doc),
    ...explainTrace(doc).map(([title, words]) => `${title}\n${wordsText(words)}`),
    ...(doc.allocations ? [allocationsText(doc.allocations)] : []),
    ...(doc.warnings.length > 0
      ? [`Warnings\n${doc.warnings.map((line) => wrap(line, '    ', '  ! ')).join('\n')}`]
      : []),
    methodNotes(doc)
      .map((line) => wrap(line, ''))
      .join('\n'),
  ].join('\n\n');
}

function sessionHead(doc: SessionDocument, budget: Budget | null): string {
  const title = `${cut(plain(doc.name), WIDTH - 14)}${doc.simulated ? '  [SIMULATED]' : ''}`;
  const what = `${doc.id} · ${describeStatus(doc)} · ${formatInstant(doc.startedAt)} · ${formatDuration(doc.durationUs)} · ${doc.workload.title}`;
  const lines = [title, '═'.repeat(Math.min(textWidth(title), WIDTH)), wrap(what, '')];
  if (doc.model && doc.run) {
    const configuration = describeConfiguration(doc, budget)
      .filter(([label]) => label !== 'Shape')
      .map(([label, value]) => `${label.toLowerCase()} ${value}`);
    lines.push(wrap(configuration.join(' · '), ''));
  }
  return lines.join('\n');
}

function peakTable({
  measuredPeak,
  predictedPeak,
  residualBytes,
  residualPercent,
}: SessionDocument['overlay']): string {
  const row = (label: string, bytes: Parameters<typeof formatBytes>[0]) => [
    label,
    formatBytes(bytes),
    formatExactBytes(bytes),
  ];
  const residual =
    residualBytes === null
      ? ABSENT
      : `${formatInteger(residualBytes)} (${formatSignedPercent(residualPercent)})`;
  return table(
    ['', 'peak', 'exactly'],
    [
      row('measured', measuredPeak?.bytes),
      row('predicted, refined', predictedPeak.refined),
      row('predicted, textbook', predictedPeak.textbook),
      ...(predictedPeak.observed === undefined
        ? []
        : [row('expected, observed', predictedPeak.observed)]),
      ['residual', formatSignedBytes(residualBytes), residual],
    ],
  );
}

function phaseSection(doc: SessionDocument): string[] {
  const phases = phaseRows(doc);
  if (phases.length === 0) return [];
  return [`By phase, at its highest\n${table(PHASE_HEAD, phases.map(formatPhaseRow))}`];
}

function componentSection(doc: SessionDocument, budget: Budget | null): string[] {
  const split = componentTable(doc, budget);
  if (split.rows.length === 0) return [];
  return [
    `${componentTitle(split)}\n${table(COMPONENT_HEAD, [
      ...split.rows.map((row) => [componentName(row.component), ...formatComponentFigures(row)]),
      null,
      ['total', ...formatComponentFigures(split.total)],
    ])}`,
  ];
}

function heldSection(doc: SessionDocument): string[] {
  const held = heldTable(doc);
  if (held === null) return [];
  const notes = held.notes.map((line) => wrap(line, '  '));
  return [[held.title, table(held.head, held.rows, [0, 1]), ...notes].join('\n')];
}

function observedSection(doc: SessionDocument): string[] {
  const rows = observedRows(doc);
  if (rows.length === 0) return [];
  return [`Expected from the run's own first steps\n${table(OBSERVED_HEAD, rows)}`];
}

function findingsText(doc: SessionDocument): string {
  if (doc.findings.length === 0) return wrap(`Findings: none. ${noFindings(doc)}`, '');
  return `Findings\n${doc.findings.map(findingText).join('\n')}`;
}

function findingText({
  title,
  kind,
  confidence,
  span,
  evidence,
  remedy,
}: SessionDocument['findings'][number]): string {
  return [
    wrap(`${title} (${kind}, ${confidence} confidence, ${formatSpan(span)})`, '    ', '  • '),
    ...evidence.map((line) => wrap(line, '      ', '    – ')),
    ...(remedy === undefined ? [] : [wrap(remedy, '      ', '    → ')]),
  ].join('\n');
}

export function inversionText(inversion: Inversion): string {
  return wordsText(inversionTable(inversion));
}

function wordsText({ head, rows, notes }: ReturnType<typeof inversionTable>): string {
  return [table(head, rows), ...notes.map((line) => wrap(line, '  '))].join('\n');
}

/** `fits`: which GPUs hold the run, where that is to be told. */
export function budgetText(
  budget: Omit<Budget, 'fits'> & { readonly fits?: readonly GpuHold[] },
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
