/** The tables of a report in GitHub's Markdown, to be pasted into an issue. */

import {
  formatBytes,
  formatDuration,
  formatExactBytes,
  formatSignedBytes,
  formatSignedPercent,
} from '../../shared/base/format';
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
import { componentName, formatSetting } from '../../shared/present/names';
import { noFindings } from '../../shared/present/no-findings';
import { formatPhaseRow, PHASE_HEAD, phaseRows } from '../../shared/present/phases';
import { RANK_HEAD, rankCells } from '../../shared/present/ranks';
import { explainTrace } from '../../shared/present/tables';
import type { Comparison } from '../../shared/session/compare';
import type { ReportFormat, ReportInput } from './protocol';

/** Text that means nothing to Markdown or HTML: names come from anywhere. */
export function escapeMarkdown(text: string): string {
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

function session({ doc, budget }: ReportInput, level: string): string {
  const { overlay } = doc;
  const parts = [
    `${level} ${e(doc.name)}${doc.simulated ? ' **(SIMULATED)**' : ''}`,
    `${e(doc.id)} · ${e(describeStatus(doc))} · ${e(formatInstant(doc.startedAt))} · ${formatDuration(doc.durationUs)}`,
    `**${e(headline(doc))}**`,
    table(
      ['peak', 'bytes', 'exactly'],
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
          formatSignedPercent(overlay.residualPercent),
        ],
      ],
    ),
  ];
  if (doc.ranks)
    parts.push(`${level}# By rank, at the highest`, table(RANK_HEAD, rankCells(doc), 2));
  const phases = phaseRows(doc);
  if (phases.length > 0) {
    parts.push(
      `${level}# By phase, at its highest`,
      table(
        PHASE_HEAD,
        phases.map((row) => {
          const cells = formatPhaseRow(row);
          return row.flagged === 0 ? cells : [...cells.slice(0, -1), `**${cells.at(-1)}**`];
        }),
      ),
    );
  }
  const split = componentTable(doc, budget);
  if (split.rows.length > 0) {
    parts.push(
      `${level}# ${componentTitle(split)}`,
      table(COMPONENT_HEAD, [
        ...split.rows.map((row) => [componentName(row.component), ...formatComponentFigures(row)]),
        ['**total**', ...formatComponentFigures(split.total)],
      ]),
    );
  }
  parts.push(
    `${level}# Findings`,
    doc.findings.length === 0
      ? `None. ${noFindings(doc)}`
      : doc.findings
          .map((one) =>
            [
              `- **${e(one.title)}** (${e(one.kind)}, ${one.confidence} confidence, ${formatSpan(one.span)})`,
              ...one.evidence.map((line) => `  - ${e(line)}`),
              ...(one.remedy ? [`  - To do: ${e(one.remedy)}`] : []),
            ].join('\n'),
          )
          .join('\n'),
  );
  for (const [title, words] of explainTrace(doc))
    parts.push(
      `${level}# ${title}`,
      table(
        words.head,
        words.rows.map((row) => row.map(e)),
      ),
      words.notes.map(e).join(' '),
    );
  if (doc.warnings.length > 0)
    parts.push(`${level}# Warnings`, doc.warnings.map((line) => `- ${e(line)}`).join('\n'));
  parts.push(
    `${level}# What ran, and where`,
    table(
      ['', ''],
      [...describeConfiguration(doc, budget), ...describeEnvironment(doc)].map(([label, value]) => [
        e(label),
        e(value),
      ]),
      2,
    ),
  );
  parts.push(
    methodNotes(doc)
      .map((line) => `> ${e(line)}`)
      .join('\n>\n'),
  );
  return parts.join('\n\n');
}

function renderComparison({ sessions, differences, peak, time, verdict }: Comparison): string {
  const heads = sessions.map(({ name }) => e(name));
  const parts = [
    '# Plumbline comparison',
    `**${e(verdict)}**`,
    table(
      [
        'session',
        'measured peak',
        'against the first',
        'predicted',
        'duration',
        'against the first',
      ],
      sessions.map(({ name }, i) => [
        e(name),
        formatBytes(peak.measured[i]),
        `${formatSignedBytes(peak.changeBytes[i])} (${formatSignedPercent(peak.changePercent[i])})`,
        formatBytes(peak.predicted[i]),
        formatDuration(time.durationUs[i]),
        formatSignedPercent(time.changePercent[i]),
      ]),
    ),
  ];
  if (differences.config.length > 0)
    parts.push(
      '## Settings that differ',
      table(
        ['setting', ...heads],
        differences.config.map(({ field, values }) => [
          e(field),
          ...values.map((value) => e(formatSetting(value))),
        ]),
      ),
    );
  if (differences.components.length > 0) {
    parts.push(
      '## By component, where memory peaked, predicted / measured',
      table(
        ['component', ...heads],
        differences.components.map((row) => [
          componentName(row.component),
          ...sessions.map(
            (_, i) => `${formatBytes(row.predicted[i])} / ${formatBytes(row.measured[i])}`,
          ),
        ]),
      ),
    );
  }
  if (differences.phases.length > 0) {
    parts.push(
      '## By phase, predicted / measured / time',
      table(
        ['phase', ...heads],
        differences.phases.map((row) => [
          row.phase,
          ...sessions.map(
            (_, i) =>
              `${formatBytes(row.predicted[i])} / ${formatBytes(row.measured[i])} / ${formatDuration(row.durationUs[i])}`,
          ),
        ]),
      ),
    );
  }
  return parts.join('\n\n');
}

export const markdown: ReportFormat = {
  id: 'md',
  mimeType: 'text/markdown',
  render({ sessions, comparison }) {
    const parts = comparison
      ? [renderComparison(comparison), ...sessions.map((one) => session(one, '##'))]
      : sessions.map((one) => session(one, '#'));
    return `${parts.join('\n\n')}\n`;
  },
};
