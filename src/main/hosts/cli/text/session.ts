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
import type { Budget } from '../../../../shared/budget/types';
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
import { componentName } from '../../../../shared/present/names';
import { noFindings } from '../../../../shared/present/no-findings';
import { observedResidual } from '../../../../shared/present/observed';
import { formatPhaseRow, PHASE_HEAD, phaseRows } from '../../../../shared/present/phases';
import { rankCells, rankHead, rankTitle } from '../../../../shared/present/ranks';
import { listRemarks, REMARKS_TITLE } from '../../../../shared/present/remarks';
import { explainTrace, inversionTable } from '../../../../shared/present/tables';
import type { WordTable } from '../../../../shared/present/word-table';
import type { SessionDocument } from '../../../../shared/session/session-document';
import { allocationsText } from './allocations';
import { plain, remedyLines, stackedTables, table, WIDTH, wrap } from './columns';
import { ledgerText } from './ledger';
import { cutMiddle, textWidth } from './width';

/** Everything that is known of a session; `briefText` says it in a dozen lines. */
export function sessionText(doc: SessionDocument, budget: Budget | null): string {
  const ledger = ledgerText(doc.overlay);
  return [
    sessionHead(doc, budget),
    wrap(headline(doc), ''),
    peakTable(doc),
    ...(doc.ranks ? [`${rankTitle(doc)}\n${table(rankHead(doc), rankCells(doc), [0, 1])}`] : []),
    ...phaseSection(doc),
    ...componentSection(doc, budget),
    ...(ledger === null ? [] : [wrap(ledger, '    ', '')]),
    findingsText(doc),
    ...explainTrace(doc).map(([title, words]) => `${title}\n${wordsText(words)}`),
    ...(doc.allocations ? [allocationsText(doc.allocations)] : []),
    ...listSection('Warnings', doc.warnings, '  ! '),
    ...listSection(REMARKS_TITLE, listRemarks(doc), '  • '),
    methodNotes(doc)
      .map((line) => wrap(line, ''))
      .join('\n'),
  ].join('\n\n');
}

function listSection(title: string, lines: readonly string[], bullet: string): string[] {
  if (lines.length === 0) return [];
  return [`${title}\n${lines.map((line) => wrap(plain(line), '    ', bullet)).join('\n')}`];
}

function sessionHead(doc: SessionDocument, budget: Budget | null): string {
  const title = `${cutMiddle(plain(doc.name), WIDTH - 14)}${doc.simulated ? '  [SIMULATED]' : ''}`;
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

function peakTable({ overlay, learned }: SessionDocument): string {
  const { measuredPeak, predictedPeak } = overlay;
  const apart = observedResidual(overlay);
  const residualBytes = apart?.bytes ?? overlay.residualBytes;
  const residualPercent = apart?.percent ?? overlay.residualPercent;
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
      ...(learned === undefined ? [] : [row('predicted, learned', learned.peak)]),
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

function findingsText(doc: SessionDocument): string {
  if (doc.findings.length === 0) return wrap(`Findings: none. ${noFindings(doc)}`, '');
  return `Findings\n${doc.findings.map(findingText).join('\n')}`;
}

function findingText(finding: SessionDocument['findings'][number]): string {
  const { title, kind, confidence, span, evidence } = finding;
  return [
    wrap(`${title} (${kind}, ${confidence} confidence, ${formatSpan(span)})`, '    ', '  • '),
    ...evidence.map((line) => wrap(line, '      ', '    – ')),
    ...remedyLines(finding, '      ', '    → '),
  ].join('\n');
}

export function inversionText(inversion: Inversion): string {
  return wordsText(inversionTable(inversion));
}

function wordsText({ head, rows, words, notes }: WordTable): string {
  const left = head.map((_, column) => column).slice(0, words);
  return [stackedTables(head, rows, left), ...notes.map((line) => wrap(line, '  '))].join('\n');
}
