/** Sessions, budgets and comparisons as text for a terminal: aligned columns, within 100 of them, no colour codes. */

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
import type { Budget, GpuFit, StageBudget, TierBudget } from '../../../../shared/budget/types';
import type { Inversion } from '../../../../shared/divergence/inversion/inversion';
import {
  COMPONENT_HEAD,
  componentTable,
  componentTitle,
  formatComponentFigures,
} from '../../../../shared/present/components';
import { describeConfiguration } from '../../../../shared/present/configuration';
import { describeStatus, headline } from '../../../../shared/present/headline';
import { methodNotes } from '../../../../shared/present/method';
import { formatInstant, formatSpan } from '../../../../shared/present/moments';
import { componentName, formatSetting } from '../../../../shared/present/names';
import { noFindings } from '../../../../shared/present/no-findings';
import { formatPhaseRow, PHASE_HEAD, phaseRows } from '../../../../shared/present/phases';
import { RANK_HEAD, rankCells } from '../../../../shared/present/ranks';
import { explainTrace, inversionTable } from '../../../../shared/present/tables';
import type { Comparison } from '../../../../shared/session/compare';
import type { SessionDocument } from '../../../../shared/session/session-document';
import type { SessionSummary } from '../../../../shared/session/types';
import { cut, plain, table, WIDTH, wrap } from './columns';
import { ledgerText } from './ledger';

export function sessionText(doc: SessionDocument, budget: Budget | null): string {
  const { overlay } = doc;
  const title = `${cut(plain(doc.name), WIDTH - 14)}${doc.simulated ? '  [SIMULATED]' : ''}`;
  const sections = [
    [
      title,
      '═'.repeat(Math.min(title.length, WIDTH)),
      wrap(
        `${doc.id} · ${describeStatus(doc)} · ${formatInstant(doc.startedAt)} · ${formatDuration(doc.durationUs)} · ${doc.workload.title}`,
        '',
      ),
      ...(doc.model && doc.run
        ? [
            wrap(
              describeConfiguration(doc, budget)
                .filter(([label]) => label !== 'Shape')
                .map(([label, value]) => `${label.toLowerCase()} ${value}`)
                .join(' · '),
              '',
            ),
          ]
        : []),
    ].join('\n'),
    wrap(headline(doc), ''),
    table(
      ['', 'peak', 'exactly'],
      [
        [
          'measured',
          formatBytes(overlay.measuredPeak?.bytes),
          formatExactBytes(overlay.measuredPeak?.bytes),
        ],
        [
          'predicted, refined',
          formatBytes(overlay.predictedPeak.refined),
          formatExactBytes(overlay.predictedPeak.refined),
        ],
        [
          'predicted, textbook',
          formatBytes(overlay.predictedPeak.textbook),
          formatExactBytes(overlay.predictedPeak.textbook),
        ],
        [
          'residual',
          formatSignedBytes(overlay.residualBytes),
          overlay.residualBytes === null
            ? ABSENT
            : `${formatInteger(overlay.residualBytes)} (${formatSignedPercent(overlay.residualPercent)})`,
        ],
      ],
    ),
  ];
  if (doc.ranks)
    sections.push(`By rank, at the highest\n${table(RANK_HEAD, rankCells(doc), [0, 1])}`);
  const phases = phaseRows(doc);
  if (phases.length > 0) {
    sections.push(`By phase, at its highest\n${table(PHASE_HEAD, phases.map(formatPhaseRow))}`);
  }
  const split = componentTable(doc, budget);
  if (split.rows.length > 0) {
    sections.push(
      `${componentTitle(split)}\n${table(COMPONENT_HEAD, [
        ...split.rows.map((row) => [componentName(row.component), ...formatComponentFigures(row)]),
        null,
        ['total', ...formatComponentFigures(split.total)],
      ])}`,
    );
  }
  const ledger = ledgerText(overlay);
  if (ledger !== null) sections.push(wrap(ledger, '    ', ''));
  sections.push(
    doc.findings.length === 0
      ? wrap(`Findings: none. ${noFindings(doc)}`, '')
      : `Findings\n${doc.findings
          .map((one) =>
            [
              wrap(
                `${one.title} (${one.kind}, ${one.confidence} confidence, ${formatSpan(one.span)})`,
                '    ',
                '  • ',
              ),
              ...one.evidence.map((line) => wrap(line, '      ', '    – ')),
              ...(one.remedy === undefined ? [] : [wrap(one.remedy, '      ', '    → ')]),
            ].join('\n'),
          )
          .join('\n')}`,
  );
  for (const [title, words] of explainTrace(doc))
    sections.push(
      [title, table(words.head, words.rows), ...words.notes.map((line) => wrap(line, '  '))].join(
        '\n',
      ),
    );
  if (doc.warnings.length > 0)
    sections.push(`Warnings\n${doc.warnings.map((line) => wrap(line, '    ', '  ! ')).join('\n')}`);
  sections.push(
    methodNotes(doc)
      .map((line) => wrap(line, ''))
      .join('\n'),
  );
  return sections.join('\n\n');
}

export function inversionText(inversion: Inversion): string {
  const { head, rows, notes } = inversionTable(inversion);
  return [table(head, rows), ...notes.map((line) => wrap(line, '  '))].join('\n');
}

export function budgetText(budget: Budget): string {
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
          ...tierTables([
            ['textbook', perRank.textbook],
            ['refined', perRank.refined],
          ]),
          ...(perRank.stages.length > 1 ? [stageTable(perRank.stages)] : []),
          wrap('The whole model on one device:', ''),
        ]
      : []),
    wrap(
      `Peak ${formatBytes(refined.peak.bytes)} in ${refined.peak.phase} (refined); ${formatBytes(textbook.peak.bytes)} in ${textbook.peak.phase} (textbook).`,
      '',
    ),
    ...tierTables([
      ['textbook', textbook],
      ['refined', refined],
    ]),
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

/** Components and phases of tiers beside each other; the last one exactly. */
function tierTables(tiers: readonly (readonly [name: string, tier: TierBudget])[]): string[] {
  const [exactName, exact] = tiers.at(-1)!;
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
function fitText(fits: readonly GpuFit[], sharded: boolean): string {
  const [yes, no] = [fits.filter(({ fits: does }) => does), fits.filter(({ fits: does }) => !does)];
  // A name stays on one line.
  const list = (some: readonly GpuFit[]) =>
    some.map(({ gpu }) => gpu.replaceAll(' ', NO_BREAK)).join(', ');
  const what = sharded ? 'A rank fits' : 'It fits';
  const words =
    no.length === 0
      ? `${what} on every GPU of the catalogue.`
      : yes.length === 0
        ? `${what} on no GPU of the catalogue alone; "plumbline plan --gpu NAME" tells what would make it fit.`
        : yes.length <= no.length
          ? `${what} on ${yes.length} of ${fits.length} GPUs: ${list(yes)}.`
          : `${what} on all GPUs of the catalogue but ${no.length}: ${list(no)}.`;
  return wrap(words, '').replaceAll(NO_BREAK, ' ');
}

const NO_BREAK = '\u00a0';

export function compareText(comparison: Comparison): string {
  const { sessions, differences, peak, time } = comparison;
  const letter = (i: number) => (i < 26 ? String.fromCharCode(65 + i) : String(i + 1));
  const heads = sessions.map((_, i) => letter(i));
  // More than three sessions leave room for the measurement alone.
  const wide = sessions.length <= 3;
  const cell = (...parts: string[]) => (wide ? parts.join(' | ') : parts[1]!);
  const change = (bytes: number | null | undefined, percent: number | null | undefined) =>
    bytes == null ? ABSENT : `${formatSignedBytes(bytes)} (${formatSignedPercent(percent)})`;
  const sections = [
    sessions
      .map(({ id, name }, i) => `${letter(i)}  ${cut(plain(id), 32)}  ${cut(plain(name), 60)}`)
      .join('\n'),
    wrap(comparison.verdict, ''),
    table(
      ['', 'measured peak', 'against A', 'predicted', 'duration', 'against A'],
      sessions.map((_, i) => [
        letter(i),
        formatBytes(peak.measured[i]),
        change(peak.changeBytes[i], peak.changePercent[i]),
        formatBytes(peak.predicted[i]),
        formatDuration(time.durationUs[i]),
        formatSignedPercent(time.changePercent[i]),
      ]),
    ),
  ];
  if (differences.config.length > 0) {
    sections.push(
      `Settings that differ\n${table(
        ['setting', ...heads],
        differences.config.map(({ field, values }) => [
          field,
          ...values.map((value) => cut(plain(formatSetting(value)), 26)),
        ]),
      )}`,
    );
  }
  if (differences.components.length > 0) {
    sections.push(
      `By component, where memory peaked, ${wide ? 'predicted | measured' : 'measured'}\n${table(
        ['component', ...heads],
        differences.components.map((row) => [
          componentName(row.component),
          ...sessions.map((_, i) =>
            cell(formatBytes(row.predicted[i]), formatBytes(row.measured[i])),
          ),
        ]),
      )}`,
    );
  }
  if (differences.phases.length > 0) {
    sections.push(
      `By phase, ${wide ? 'predicted | measured | time' : 'measured'}\n${table(
        ['phase', ...heads],
        differences.phases.map((row) => [
          row.phase,
          ...sessions.map((_, i) =>
            cell(
              formatBytes(row.predicted[i]),
              formatBytes(row.measured[i]),
              formatDuration(row.durationUs[i]),
            ),
          ),
        ]),
      )}`,
    );
  }
  return sections.join('\n\n');
}

export function listText(sessions: readonly SessionSummary[]): string {
  if (sessions.length === 0)
    return 'No session has been recorded yet. "plumbline record --bundled gpt2" records one.';
  const figures = sessions.map((one) => [
    one.status,
    formatDuration(one.durationUs),
    formatBytes(one.measuredPeak),
    formatBytes(one.predictedPeak),
    formatSignedPercent(one.residualPercent),
  ]);
  const head = ['id', 'name', 'status', 'duration', 'measured', 'predicted', 'residual'];
  // The id begins with the day and the hour; the name takes what room the figures leave.
  const taken = [
    sessions.map(({ id }) => id),
    ...figures[0]!.map((_, i) => figures.map((row) => row[i]!)),
  ].reduce(
    (sum, column, i) =>
      sum + 2 + Math.max(head[i === 0 ? 0 : i + 1]!.length, ...column.map((cell) => cell.length)),
    4,
  );
  const name = ({ name: own, simulated }: SessionSummary) =>
    cut(`${simulated ? '[simulated] ' : ''}${plain(own)}`, Math.max(12, WIDTH - taken));
  return table(
    head,
    sessions.map((one, i) => [one.id, name(one), ...figures[i]!]),
    [0, 1, 2],
  );
}
