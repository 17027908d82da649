/**
 * A report as one HTML file: it opens from disk, asks nothing of any network, runs no script but its own, and carries the
 * session's document as JSON for programs. What the workload or a person wrote into names and logs is text there, never markup.
 */

import { toJson } from '../../shared/base/json';
import { answer } from '../../shared/present/answer';
import {
  comparisonTable,
  legendRows,
  repeatsTable,
  settingsTable,
} from '../../shared/present/comparison';
import { describeStatus, headline } from '../../shared/present/headline';
import { formatInstant } from '../../shared/present/moments';
import { shortenDocument } from '../../shared/session/brief';
import type { Comparison } from '../../shared/session/comparison';
import type { SessionDocument } from '../../shared/session/session-document';
import { comparisonChart, sessionColor } from './chart';
import { escapeHtml as e, escapeScript } from './escape';
import { reportFileName } from './file-name';
import {
  card,
  chartCard,
  chartFrame,
  componentCard,
  explainedCards,
  findingsCard,
  keyFigures,
  notesCard,
  phaseCard,
  rankCard,
  settingsCards,
  wordTable,
} from './html-parts';
import { SCRIPT, SCRIPT_SOURCE } from './html-script';
import { STYLE } from './html-style';
import type { ExportFormat, ReportInput, ReportRequest } from './protocol';

const POLICY = `default-src 'none'; style-src 'unsafe-inline'; img-src data:; script-src ${SCRIPT_SOURCE}`;
const MARK =
  '<svg viewBox="0 0 18 18" aria-hidden="true"><path d="M9 1v8" stroke="currentColor" stroke-width="1.6" stroke-linecap="round"/><path d="M9 17 5.6 11.4a3.4 3.4 0 0 1 6.8 0Z" fill="currentColor"/><circle cx="9" cy="1.6" r="1.4" fill="currentColor"/></svg>';
/** Phases and markers of a session that is embedded whole. */
const EMBEDDED_ROWS = 2000;
const SIMULATED = '<span class="simulated">SIMULATED</span>';

const STATUS_KIND: Readonly<Record<SessionDocument['status'], string>> = {
  complete: 'good',
  recording: 'warn',
  recovered: 'warn',
  interrupted: 'warn',
  failed: 'bad',
};

function meta(doc: SessionDocument): string {
  return `<p class="meta"><span class="chip ${STATUS_KIND[doc.status]}">${e(describeStatus(doc))}</span> <span>${e(formatInstant(doc.startedAt))}</span><span>${e(doc.workload.title)}</span><span>${e(doc.id)}</span></p>`;
}

/** The answer, and below it the exact figures where they say more. */
function sentences(doc: SessionDocument): string {
  const [first, exact] = [answer(doc), headline(doc)];
  return `<p class="headline">${e(first)}</p>${first === exact ? '' : `<p class="exact">${e(exact)}</p>`}`;
}

function sessionBody(input: ReportInput): string {
  return (
    keyFigures(input) +
    findingsCard(input) +
    chartCard(input) +
    rankCard(input) +
    componentCard(input) +
    phaseCard(input) +
    explainedCards(input) +
    settingsCards(input) +
    notesCard(input)
  );
}

function singlePage(input: ReportInput): string {
  const { doc } = input;
  return `<h1>${e(doc.name)}${doc.simulated ? SIMULATED : ''}</h1>${meta(doc)}${sentences(doc)}${sessionBody(input)}`;
}

function comparisonPage(inputs: readonly ReportInput[], comparison: Comparison | null): string {
  const simulated = inputs.some(({ doc }) => doc.simulated);
  const title =
    inputs.length === 2
      ? `${inputs[0]!.doc.name} against ${inputs[1]!.doc.name}`
      : `${inputs.length} sessions compared`;
  const parts = inputs.map((input) => {
    const { doc } = input;
    return `<section class="part"><h2>${e(doc.name)}${doc.simulated ? SIMULATED : ''}</h2>${meta(doc)}${sentences(doc)}${sessionBody(input)}</section>`;
  });
  return `<h1>${e(title)}${simulated ? SIMULATED : ''}</h1>${comparison ? `<p class="headline">${e(comparison.verdict)}</p>${comparisonCards(inputs, comparison)}` : ''}${parts.join('')}`;
}

function comparisonCards(inputs: readonly ReportInput[], comparison: Comparison): string {
  const svg = comparisonChart(inputs);
  const settings = settingsTable(comparison);
  const repeats = repeatsTable(comparison);
  const legend = legendRows(comparison).map(
    ([sign = '', label = '', name = ''], i) =>
      `<li>${badge(i, sign)}<b>${e(label)}</b>${name === label ? '' : e(name)}</li>`,
  );
  return [
    card(
      'What is compared',
      `<ul class="legend">${legend.join('')}</ul>${settings ? wordTable(settings) : '<p class="none">The sessions declare the same settings.</p>'}`,
    ),
    svg
      ? card('Measured lines, each from its start', chartFrame('Measured lines', svg), 'picture')
      : '',
    card('Figures, the largest difference first', wordTable(comparisonTable(comparison, true))),
    repeats ? card('Runs of the same settings', wordTable(repeats)) : '',
  ].join('');
}

/** A letter in the session's colour: the letter says it where the colour cannot. */
const badge = (i: number, sign: string): string =>
  `<i class="badge" style="background:${sessionColor(i)}">${e(sign)}</i>`;

/** The document behind the page; of a long session its brief form, so that the page stays small. */
function embeddedDocument({ sessions, comparison }: ReportRequest): unknown {
  const documents = sessions.map(({ doc }) =>
    doc.overlay.phases.length + doc.markers.length <= EMBEDDED_ROWS ? doc : shortenDocument(doc),
  );
  return documents.length === 1 && comparison === null
    ? documents[0]
    : { comparison, sessions: documents };
}

function page(request: ReportRequest): string {
  const { sessions, comparison } = request;
  const single = sessions.length === 1 && comparison === null;
  const title = single ? sessions[0]!.doc.name : 'Comparison';
  return [
    '<!doctype html>',
    '<html lang="en"><head><meta charset="utf-8">',
    `<meta http-equiv="Content-Security-Policy" content="${POLICY}">`,
    '<meta name="viewport" content="width=device-width,initial-scale=1"><meta name="color-scheme" content="light dark">',
    `<title>${e(title)} – Plumbline</title><style>${STYLE}</style></head><body><main>`,
    `<div class="brand">${MARK}Plumbline report</div>`,
    single ? singlePage(sessions[0]!) : comparisonPage(sessions, comparison),
    `<footer>Made by Plumbline ${e(sessions[0]!.doc.environment.plumbline)}.<span class="screen"> The document behind this page is embedded in it as JSON.</span></footer></main>`,
    `<script type="application/json" id="plumbline-document">${escapeScript(toJson(embeddedDocument(request), 0))}</script>`,
    `<script>${SCRIPT}</script>`,
    '</body></html>',
    '',
  ].join('\n');
}

export const html: ExportFormat<'report'> = {
  id: 'html',
  label: 'HTML',
  source: 'report',
  endings: ['html', 'htm'],
  mimeType: 'text/html',
  isText: true,
  isForPeople: true,
  render: (request) => ({ fileName: reportFileName(request, 'html'), contents: page(request) }),
};
