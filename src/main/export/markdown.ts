/** The tables of a report in GitHub's Markdown, to be pasted into an issue. */

import {
  formatBytes,
  formatDuration,
  formatExactBytes,
  formatSignedBytes,
  formatSignedPercent,
} from '../../shared/base/format';
import { answer } from '../../shared/present/answer';
import {
  comparisonTable,
  legendRows,
  repeatsTable,
  settingsTable,
} from '../../shared/present/comparison';
import {
  COMPONENT_HEAD,
  componentTable,
  componentTitle,
  formatComponentFigures,
} from '../../shared/present/components';
import { describeConfiguration } from '../../shared/present/configuration';
import { describeEnvironment } from '../../shared/present/environment';
import { describeStatus, headline } from '../../shared/present/headline';
import { methodNotes } from '../../shared/present/method';
import { formatInstant, formatSpan } from '../../shared/present/moments';
import { componentName } from '../../shared/present/names';
import { noFindings } from '../../shared/present/no-findings';
import { observedResidual } from '../../shared/present/observed';
import { formatPhaseRow, PHASE_HEAD, phaseRows } from '../../shared/present/phases';
import { rankCells, rankHead, rankTitle } from '../../shared/present/ranks';
import { listRemarks, REMARKS_TITLE } from '../../shared/present/remarks';
import { remedyOf } from '../../shared/present/remedy';
import { explainTrace } from '../../shared/present/tables';
import type { WordTable } from '../../shared/present/word-table';
import type { Comparison } from '../../shared/session/comparison';
import type { SessionDocument } from '../../shared/session/session-document';
import { reportFileName } from './file-name';
import type { ExportFormat, ReportInput } from './protocol';

/** Text that means nothing to Markdown or HTML: names come from anywhere. */
function escapeMarkdown(text: string): string {
  return text
    .replace(/\s+/g, ' ')
    .replace(/[\\`*_{}[\]<>()#+!|~@]/g, (sign) => `\\${sign}`)
    .replace(/&/g, '&amp;')
    .replace(/:\/\//g, ':\u200b//');
}
const e = escapeMarkdown;

function table(head: readonly string[], rows: readonly (readonly string[])[], left = 1): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return [
    line(head),
    line(head.map((_, i) => (i < left ? '---' : '---:'))),
    ...rows.map(line),
  ].join('\n');
}

/** A heading, a paragraph, a list or a table: blank lines stand between blocks. */
type Block = string;

/** A session under a heading of `level`, its sections a level below it. */
function sessionBlocks(input: ReportInput, level: string): Block[] {
  const { doc } = input;
  return [
    `${level} ${e(doc.name)}${doc.simulated ? ' **(SIMULATED)**' : ''}`,
    `${e(doc.id)} · ${e(describeStatus(doc))} · ${e(formatInstant(doc.startedAt))} · ${formatDuration(doc.durationUs)}`,
    `**${e(answer(doc))}**`,
    ...(answer(doc) === headline(doc) ? [] : [e(headline(doc))]),
    peakTable(doc),
    `${level}# Findings`,
    findingList(doc),
    ...rankBlocks(doc, level),
    ...componentBlocks(input, level),
    ...phaseBlocks(doc, level),
    ...explainedBlocks(doc, level),
    ...listBlocks('Warnings', doc.warnings, level),
    ...listBlocks(REMARKS_TITLE, listRemarks(doc), level),
    `${level}# What ran, and where`,
    settingTable(input),
    methodNotes(doc)
      .map((line) => `> ${e(line)}`)
      .join('\n>\n'),
  ];
}

function peakTable({ overlay, learned }: SessionDocument): Block {
  const { measuredPeak, predictedPeak, residualBytes, residualPercent } = overlay;
  const apart = observedResidual(overlay);
  const row = (label: string, bytes: number | null | undefined) => [
    label,
    formatBytes(bytes),
    formatExactBytes(bytes),
  ];
  return table(
    ['peak', 'bytes', 'exactly'],
    [
      row('measured', measuredPeak?.bytes),
      row('predicted, refined', predictedPeak.refined),
      row('predicted, textbook', predictedPeak.textbook),
      ...(learned === undefined ? [] : [row('predicted, learned', learned.peak)]),
      ...(predictedPeak.observed === undefined
        ? []
        : [row('expected, observed', predictedPeak.observed)]),
      [
        'residual',
        formatSignedBytes(apart?.bytes ?? residualBytes),
        formatSignedPercent(apart?.percent ?? residualPercent),
      ],
    ],
  );
}

function rankBlocks(doc: SessionDocument, level: string): Block[] {
  return doc.ranks ? [`${level}# ${rankTitle(doc)}`, table(rankHead(doc), rankCells(doc), 2)] : [];
}

function phaseBlocks(doc: SessionDocument, level: string): Block[] {
  const phases = phaseRows(doc);
  if (phases.length === 0) return [];
  return [
    `${level}# By phase, at its highest`,
    table(
      PHASE_HEAD,
      phases.map((row) => {
        const cells = formatPhaseRow(row);
        return row.flagged === 0 ? cells : [...cells.slice(0, -1), `**${cells.at(-1)}**`];
      }),
    ),
  ];
}

function componentBlocks({ doc, budget }: ReportInput, level: string): Block[] {
  const split = componentTable(doc, budget);
  if (split.rows.length === 0) return [];
  return [
    `${level}# ${componentTitle(split)}`,
    table(COMPONENT_HEAD, [
      ...split.rows.map((row) => [componentName(row.component), ...formatComponentFigures(row)]),
      ['**total**', ...formatComponentFigures(split.total)],
    ]),
  ];
}

const code = (command: string | null): string =>
  command === null ? '' : ` \`${command.replaceAll('`', "'")}\``;

function findingList(doc: SessionDocument): Block {
  if (doc.findings.length === 0) return `None. ${noFindings(doc)}`;
  return doc.findings
    .flatMap((finding) => {
      const { title, kind, confidence, span, evidence } = finding;
      const remedy = remedyOf(finding);
      return [
        `- **${e(title)}** (${e(kind)}, ${confidence} confidence, ${formatSpan(span)})`,
        ...evidence.map((line) => `  - ${e(line)}`),
        ...(remedy ? [`  - To do: ${e(remedy.words)}${code(remedy.command)}`] : []),
      ];
    })
    .join('\n');
}

function explainedBlocks(doc: SessionDocument, level: string): Block[] {
  return explainTrace(doc).flatMap(([title, words]) => [
    `${level}# ${title}`,
    ...wordBlocks(words),
  ]);
}

function listBlocks(title: string, lines: readonly string[], level: string): Block[] {
  return lines.length === 0
    ? []
    : [`${level}# ${title}`, lines.map((line) => `- ${e(line)}`).join('\n')];
}

function settingTable({ doc, budget }: ReportInput): Block {
  const settings = [...describeConfiguration(doc, budget), ...describeEnvironment(doc)];
  return table(
    ['', ''],
    settings.map(([label, value]) => [e(label), e(value)]),
    2,
  );
}

function comparisonBlocks(comparison: Comparison): Block[] {
  const settings = settingsTable(comparison);
  const repeats = repeatsTable(comparison);
  return [
    '# Plumbline comparison',
    `**${e(comparison.verdict)}**`,
    table(
      ['', 'by what differs', 'session', 'id'],
      legendRows(comparison).map((row) => row.map(e)),
      4,
    ),
    ...(settings ? ['## Settings that differ', ...wordBlocks(settings)] : []),
    '## Figures, the largest difference first',
    ...wordBlocks(comparisonTable(comparison, true)),
    ...(repeats ? ['## Runs of the same settings', ...wordBlocks(repeats)] : []),
  ];
}

const wordBlocks = ({ head, rows, words, notes }: WordTable): Block[] => [
  table(
    head.map(e),
    rows.map((row) => row.map(e)),
    words,
  ),
  ...(notes.length === 0 ? [] : [notes.map(e).join(' ')]),
];

export const markdown: ExportFormat<'report'> = {
  id: 'md',
  label: 'Markdown',
  source: 'report',
  endings: ['md'],
  mimeType: 'text/markdown',
  isText: true,
  isForPeople: true,
  render(request) {
    const { sessions, comparison } = request;
    const blocks = [
      ...(comparison ? comparisonBlocks(comparison) : []),
      ...sessions.flatMap((each) => sessionBlocks(each, comparison ? '##' : '#')),
    ];
    return { fileName: reportFileName(request, 'md'), contents: `${blocks.join('\n\n')}\n` };
  },
};
