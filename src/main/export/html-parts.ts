/** The parts of an HTML report. Everything that came from outside passes through `escapeHtml` here and nowhere else. */

import {
  formatBytes,
  formatDuration,
  formatExactBytes,
  formatInteger,
  formatSignedBytes,
  formatSignedPercent,
} from '../../shared/base/format';
import type { Bytes } from '../../shared/base/units';
import { compareWorst } from '../../shared/divergence/overlay/phase-tally';
import type { Finding } from '../../shared/divergence/overlay/types';
import { COMPONENT_HEAD, componentTable, componentTitle } from '../../shared/present/components';
import { describeConfiguration } from '../../shared/present/configuration';
import { describeEnvironment } from '../../shared/present/environment';
import { methodNotes } from '../../shared/present/method';
import { formatSpan } from '../../shared/present/moments';
import { capitalize, componentLabel } from '../../shared/present/names';
import { noFindings } from '../../shared/present/no-findings';
import { observedFrom, observedResidual } from '../../shared/present/observed';
import { phaseName } from '../../shared/present/phase-name';
import { PHASE_HEAD, phaseRows } from '../../shared/present/phases';
import { rankCells, rankHead, rankTitle } from '../../shared/present/ranks';
import { listRemarks, REMARKS_TITLE } from '../../shared/present/remarks';
import { remedyOf } from '../../shared/present/remedy';
import { explainTrace } from '../../shared/present/tables';
import type { WordTable } from '../../shared/present/word-table';
import type { SessionDocument } from '../../shared/session/session-document';
import { seriesName } from '../../shared/trace/series-names';
import { buildLegend, componentColor, sessionChart } from './chart';
import { layBudget } from './chart-budget';
import { escapeHtml as e } from './escape';
import type { ReportInput } from './protocol';

/** Rows of single phases are listed up to here. */
const LISTED_PHASES = 400;

/** `kind`: a class of its own. */
export function card(title: string, body: string, kind = ''): string {
  return `<section class="card${kind && ` ${kind}`}"><h2>${e(title)}</h2>${body}</section>`;
}

/** The first `words` columns are words, the others figures. */
function table(head: readonly string[], rows: readonly string[], words = 1): string {
  return `<div class="scroll"><table><thead><tr>${head.map((title, i) => `<th scope="col"${i > 0 && i < words ? ' class="word"' : ''}>${e(capitalize(title))}</th>`).join('')}</tr></thead><tbody>${rows.join('')}</tbody></table></div>`;
}

/** In a narrow window the picture scrolls, and can be reached by the keys that scroll it. */
export const chartFrame = (label: string, svg: string): string =>
  `<div class="chart" role="group" aria-label="${e(label)}" tabindex="0">${svg}</div>`;

function td(text: string, kind = ''): string {
  return `<td${kind ? ` class="${kind}"` : ''}>${e(text)}</td>`;
}

/** Bytes with the exact figure on hovering. */
function tdBytes(bytes: Bytes | null | undefined): string {
  return bytes == null
    ? td('—')
    : `<td title="${formatExactBytes(bytes)}">${formatBytes(bytes)}</td>`;
}

function tdResidual(bytes: Bytes | null): string {
  if (bytes === null) return td('—');
  if (bytes === 0) return `<td class="even" title="${formatExactBytes(0)}">0</td>`;
  return `<td class="${bytes > 0 ? 'over' : 'under'}" title="${formatExactBytes(bytes)}">${formatSignedBytes(bytes)}</td>`;
}

export function keyFigures({ doc }: ReportInput): string {
  const { overlay } = doc;
  const flags = overlay.phases.filter((row) => row.flagged).length;
  const cell = (label: string, value: string, sub: string) =>
    `<div><dt>${e(label)}</dt><dd>${e(value)}<span class="sub">${e(sub)}</span></dd></div>`;
  return `<dl class="card keys">${[
    cell(
      'Measured peak',
      formatBytes(overlay.measuredPeak?.bytes),
      overlay.measuredPeak ? `at ${formatDuration(overlay.measuredPeak.at)}` : 'nothing was read',
    ),
    ...predictedCells(doc, cell),
    doc.learned === undefined
      ? ''
      : cell(
          'Predicted, learned',
          formatBytes(doc.learned.peak),
          `from ${formatInteger(doc.learned.sessions)} earlier sessions`,
        ),
    residualCell(doc, cell),
    cell(
      'Duration',
      formatDuration(doc.durationUs),
      overlay.phases.length === 0
        ? 'no phases announced'
        : `${overlay.phases.length} phases, ${flags === 0 ? 'none' : flags} flagged`,
    ),
  ].join('')}</dl>`;
}

type Cell = (label: string, value: string, sub: string) => string;

/** Where no formula predicts, what the run's own first steps let one expect. */
function predictedCells(doc: SessionDocument, cell: Cell): readonly string[] {
  const { refined, textbook, observed } = doc.overlay.predictedPeak;
  if (refined === null && observed !== undefined)
    return [cell('Expected, observed', formatBytes(observed), observedFrom(doc))];
  const told = (bytes: Bytes | null) =>
    bytes === null
      ? `${doc.model === null ? 'model and run' : 'run'} not declared`
      : formatExactBytes(bytes);
  return [
    cell('Predicted, refined', formatBytes(refined), told(refined)),
    cell('Predicted, textbook', formatBytes(textbook), told(textbook)),
  ];
}

function residualCell({ overlay, status }: SessionDocument, cell: Cell): string {
  const { residualBytes, residualPercent } = overlay;
  const apart = observedResidual(overlay);
  if (apart)
    return cell(
      'Residual',
      formatSignedBytes(apart.bytes),
      describeShare(apart.percent, 'expected'),
    );
  if (residualBytes === null)
    return cell(
      'Residual',
      formatSignedBytes(null),
      overlay.hostBesideGpu ? 'no GPU memory was measured' : 'nothing to compare',
    );
  if (residualBytes === 0)
    return cell(
      'Residual',
      '0 bytes',
      // A run that failed may not have come to its peak: it agrees with nothing.
      status === 'failed' ? 'as far as the run came' : 'equal to the byte',
    );
  return cell(
    'Residual',
    formatSignedBytes(residualBytes),
    describeShare(residualPercent, 'refined'),
  );
}

const describeShare = (percent: number | null, of: string): string =>
  `${formatSignedPercent(percent)} of ${of}`;

export function explainedCards({ doc }: ReportInput): string {
  return explainTrace(doc)
    .map(([title, told]) => card(title, wordTable(told)))
    .join('');
}

export function wordTable({ head, rows, words, notes, tones = [] }: WordTable): string {
  const cell = (text: string, column: number, tone: string): string => {
    if (column < words) return td(column === 0 ? capitalize(text) : text, 'word');
    return td(text, tone);
  };
  const body = rows.map(
    (row, i) => `<tr>${row.map((text, at) => cell(text, at, tones[i]?.[at] ?? '')).join('')}</tr>`,
  );
  return table(head, body, words) + notes.map((note) => `<p class="none">${e(note)}</p>`).join('');
}

/** Puts parts of the picture out and on again. */
const toggle = (parts: string, label: string): string =>
  `<button type="button" aria-pressed="true" data-parts="${e(parts)}">${label}</button>`;

export function chartCard(input: ReportInput): string {
  const drawn = layBudget(input);
  const svg = sessionChart(input, drawn);
  if (!svg) return '';
  const { overlay } = input.doc;
  const bands = buildLegend(drawn).map(
    ({ component, bytes }) =>
      `<li>${toggle(`[data-part="${component}"]`, `<i style="background:${componentColor(component)}"></i>${e(componentLabel(component))} <b>${formatBytes(bytes)}</b>`)}</li>`,
  );
  const lines = [
    overlay.series === null
      ? ''
      : `<li>${toggle('.line, .halo', `<i class="stroke"></i>Measured: ${e(seriesName(overlay.series))} (${e(overlay.series)})`)}</li>`,
    overlay.predictedPeak.refined === null
      ? ''
      : `<li>${toggle('.level.refined', '<i class="stroke refined"></i>Refined peak')}</li>`,
    overlay.predictedPeak.textbook === null
      ? ''
      : `<li>${toggle('.level.textbook', '<i class="stroke textbook"></i>Textbook peak')}</li>`,
    drawn.curves.some((curve) => curve !== null)
      ? `<li>${toggle('.curve', '<i class="stroke curved"></i>Predicted within a phase')}</li>`
      : '',
    overlay.phases.some((row) => row.flagged)
      ? '<li><i class="stroke flagged"></i>Flagged phase</li>'
      : '',
  ];
  return card(
    'Measured over predicted',
    `${chartFrame('Measured over predicted', svg)}<ul class="legend">${lines.join('')}${bands.join('')}</ul>`,
    'picture',
  );
}

export function componentCard({ doc, budget }: ReportInput): string {
  const split = componentTable(doc, budget);
  const { rows, total } = split;
  if (rows.length === 0) return '';
  const measuredAny = rows.some(({ measured }) => measured !== null);
  const body = rows.map(
    (row) =>
      `<tr><td><i style="background:${componentColor(row.component)}"></i>${e(componentLabel(row.component))}</td>${tdBytes(row.textbook)}${tdBytes(row.refined)}${tdBytes(row.measured)}${tdResidual(row.residual)}</tr>`,
  );
  body.push(
    `<tr class="total"><td>Total</td>${tdBytes(total.textbook)}${tdBytes(total.refined)}${tdBytes(total.measured)}${tdResidual(total.residual)}</tr>`,
  );
  const note = measuredAny
    ? ''
    : '<p class="none">The workload did not announce its bytes by component, so only their sum was measured.</p>';
  return card(componentTitle(split), table(COMPONENT_HEAD, body) + note);
}

export function phaseCard({ doc }: ReportInput): string {
  const rows = phaseRows(doc);
  if (rows.length === 0) return '';
  const body = rows.map(
    (row) =>
      `<tr><td><i style="background:var(--p-${row.phase})"></i>${e(capitalize(row.name))}</td>${td(String(row.count))}${td(formatDuration(row.durationUs))}${tdBytes(row.textbook)}${tdBytes(row.refined)}${tdBytes(row.measured)}${tdResidual(row.residual)}${row.flagged === 0 ? td('no') : td(`${row.flagged} of ${row.count}`, 'over')}</tr>`,
  );
  return card('By phase, at its highest', table(PHASE_HEAD, body) + everyPhase(doc.overlay.phases));
}

/** Every phase of a short run; of a longer one those that are flagged, and then the worst. */
function everyPhase(phases: SessionDocument['overlay']['phases']): string {
  if (phases.length < 2) return '';
  const isShort = phases.length <= LISTED_PHASES;
  const worst = isShort ? [] : [...phases].sort(compareWorst).slice(0, LISTED_PHASES);
  const listed = isShort ? phases : worst.sort((a, b) => a.span[0] - b.span[0]);
  const rows = listed.map(
    (row) =>
      `<tr><td>${capitalize(phaseName(row))}</td>${td(row.step === null ? '—' : String(row.step))}${td(formatSpan(row.span))}${tdBytes(row.predicted.refined)}${tdBytes(row.measured)}${tdResidual(row.residualBytes)}${tdBytes(row.predictedEnd.refined)}${tdBytes(row.end)}${tdResidual(row.residualEndBytes)}</tr>`,
  );
  const flagged = phases.filter((row) => row.flagged).length;
  const more = isShort
    ? ''
    : `<p class="none">The ${listed.length} that are furthest from their prediction, of ${phases.length}${flagged > 0 ? ` (${flagged} flagged)` : ''}; the JSON report has all.</p>`;
  const title = isShort ? 'Every phase, one by one' : 'The worst phases, one by one';
  return `<details><summary>${title}</summary>${table(['Phase', 'Step', 'Span', 'Predicted', 'Measured', 'Residual', 'Predicted end', 'Measured end', 'Residual'], rows)}${more}</details>`;
}

export function rankCard({ doc }: ReportInput): string {
  if (!doc.ranks) return '';
  return card(
    rankTitle(doc),
    table(
      rankHead(doc),
      rankCells(doc).map(
        ([rank = '', line = '', ...figures]) =>
          `<tr><td>${e(rank)}</td>${td(line, 'word')}${figures.map((text) => td(text)).join('')}</tr>`,
      ),
    ),
  );
}

function remedyParagraph(finding: Pick<Finding, 'remedy' | 'command'>): string {
  const remedy = remedyOf(finding);
  if (remedy === null) return '';
  const command = remedy.command === null ? '' : `<p><code>${e(remedy.command)}</code></p>`;
  return `<p>${e(remedy.words)}</p>${command}`;
}

const CONFIDENCE = { high: 'bad', medium: 'warn', low: '' } as const;

export function findingsCard({ doc }: ReportInput): string {
  if (doc.findings.length === 0)
    return card('Findings', `<p class="none">None. ${e(noFindings(doc))}</p>`);
  return card(
    'Findings',
    doc.findings
      .map(({ title, kind, phase, span, confidence, evidence, ...rest }) =>
        [
          `<article class="finding"><header><h3>${e(title)}</h3><span class="chip ${CONFIDENCE[confidence]}">${confidence} confidence</span></header>`,
          `<p>${e([kind.replace(/_/g, ' '), ...(phase ? [phase] : []), formatSpan(span)].join(' · '))}</p>`,
          `<ul>${evidence.map((line) => `<li>${e(line)}</li>`).join('')}</ul>${remedyParagraph(rest)}</article>`,
        ].join(''),
      )
      .join(''),
  );
}

function pairs(rows: readonly (readonly [string, string])[]): string {
  return `<dl class="pairs">${rows.map(([label, value]) => `<dt>${e(label)}</dt><dd>${e(value)}</dd>`).join('')}</dl>`;
}

export function settingsCards({ doc, budget }: ReportInput): string {
  const run = describeConfiguration(doc, budget);
  const left =
    run.length > 0
      ? card('Model and run', pairs(run))
      : card('Model and run', '<p class="none">Not declared, so nothing was predicted.</p>');
  return `<div class="two">${left}${card('Environment', pairs(describeEnvironment(doc)))}</div>`;
}

export function notesCard({ doc }: ReportInput): string {
  const list = (lines: readonly string[]) =>
    `<ul class="notes">${lines.map((line) => `<li>${e(line)}</li>`).join('')}</ul>`;
  const warnings =
    doc.warnings.length > 0 ? card('Warnings of the recording', list(doc.warnings)) : '';
  const remarks = listRemarks(doc);
  const remarked = remarks.length > 0 ? card(REMARKS_TITLE, list(remarks)) : '';
  return warnings + remarked + card('How to read this', list(methodNotes(doc)));
}
