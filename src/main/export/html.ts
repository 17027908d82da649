/**
 * A report as one HTML file: it opens from disk, asks nothing of any network, runs no script, and carries the session's
 * document as JSON for programs. What the workload or a person wrote into names and logs is text there, never markup.
 */

import {
  formatBytes,
  formatDuration,
  formatSignedBytes,
  formatSignedPercent,
} from '../../shared/base/format';
import { toJson } from '../../shared/base/json';
import { describeStatus, headline } from '../../shared/present/headline';
import { formatInstant } from '../../shared/present/moments';
import { componentName, formatSetting } from '../../shared/present/names';
import type { Comparison } from '../../shared/session/compare';
import type { SessionDocument } from '../../shared/session/session-document';
import { comparisonChart, sessionColor } from './chart';
import { escapeHtml as e, escapeScript } from './escape';
import { reportFileName } from './file-name';
import {
  card,
  chartCard,
  componentCard,
  explainedCards,
  findingsCard,
  keyFigures,
  notesCard,
  phaseCard,
  rankCard,
  settingsCards,
  table,
  td,
  tdBytes,
} from './html-parts';
import { STYLE } from './html-style';
import { reportDocument } from './json';
import type { ExportFormat, ReportInput, ReportRequest } from './protocol';

const POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:";
const MARK =
  '<svg viewBox="0 0 18 18" aria-hidden="true"><path d="M9 1v8" stroke="currentColor" stroke-width="1.6" stroke-linecap="round"/><path d="M9 17 5.6 11.4a3.4 3.4 0 0 1 6.8 0Z" fill="currentColor"/><circle cx="9" cy="1.6" r="1.4" fill="currentColor"/></svg>';
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

function sessionBody(input: ReportInput): string {
  return (
    keyFigures(input) +
    chartCard(input) +
    rankCard(input) +
    componentCard(input) +
    phaseCard(input) +
    findingsCard(input) +
    explainedCards(input) +
    settingsCards(input) +
    notesCard(input)
  );
}

function singlePage(input: ReportInput): string {
  const { doc } = input;
  return `<h1>${e(doc.name)}${doc.simulated ? SIMULATED : ''}</h1>${meta(doc)}<p class="headline">${e(headline(doc))}</p>${sessionBody(input)}`;
}

function comparisonPage(inputs: readonly ReportInput[], comparison: Comparison | null): string {
  const simulated = inputs.some(({ doc }) => doc.simulated);
  const title =
    inputs.length === 2
      ? `${inputs[0]!.doc.name} against ${inputs[1]!.doc.name}`
      : `${inputs.length} sessions compared`;
  const parts = inputs.map((input) => {
    const { doc } = input;
    return `<section class="part"><h2>${e(doc.name)}${doc.simulated ? SIMULATED : ''}</h2>${meta(doc)}<p class="headline">${e(headline(doc))}</p>${sessionBody(input)}</section>`;
  });
  return `<h1>${e(title)}${simulated ? SIMULATED : ''}</h1>${comparison ? `<p class="headline">${e(comparison.verdict)}</p>${comparisonCards(inputs, comparison)}` : ''}${parts.join('')}`;
}

function comparisonCards(inputs: readonly ReportInput[], comparison: Comparison): string {
  const svg = comparisonChart(inputs);
  const legend = comparison.sessions.map(({ name }, i) => `<li>${swatch(i)}${e(name)}</li>`);
  return [
    card('At a glance', overviewTable(comparison)),
    svg
      ? card(
          'Measured lines, each from its start',
          `<div class="chart">${svg}</div><ul class="legend">${legend.join('')}</ul>`,
        )
      : '',
    differenceCards(comparison),
  ].join('');
}

const swatch = (i: number) => `<i style="background:${sessionColor(i)}"></i>`;

function overviewTable({ sessions, peak, time }: Comparison): string {
  const peakChange = (i: number) =>
    peak.changeBytes[i] == null
      ? '—'
      : `${formatSignedBytes(peak.changeBytes[i])} (${formatSignedPercent(peak.changePercent[i])})`;
  return table(
    ['Session', 'Measured peak', 'Against the first', 'Predicted', 'Duration', 'Against the first'],
    sessions.map(
      ({ name }, i) =>
        `<tr><td class="word">${swatch(i)}${e(name)}</td>${tdBytes(peak.measured[i])}${td(peakChange(i))}${tdBytes(peak.predicted[i])}${td(formatDuration(time.durationUs[i]))}${td(formatSignedPercent(time.changePercent[i]))}</tr>`,
    ),
  );
}

/** Settings, components and phases, each beside the other sessions'; what does not differ has no card. */
function differenceCards({ sessions, differences }: Comparison): string {
  const names = sessions.map(({ name }) => name);
  const differenceCard = (title: string, first: string, rows: readonly [string, string[]][]) =>
    rows.length === 0
      ? ''
      : card(
          title,
          table(
            [first, ...names],
            rows.map(
              ([label, cells]) =>
                `<tr><td>${e(label)}</td>${cells.map((text) => td(text)).join('')}</tr>`,
            ),
          ),
        );
  return [
    differenceCard(
      'Settings that differ',
      'Setting',
      differences.config.map(({ field, values }) => [field, values.map(formatSetting)]),
    ),
    differenceCard(
      'By component, where memory peaked: predicted → measured',
      'Component',
      differences.components.map(({ component, predicted, measured }) => [
        componentName(component),
        names.map((_, i) => `${formatBytes(predicted[i])} → ${formatBytes(measured[i])}`),
      ]),
    ),
    differenceCard(
      'By phase: predicted → measured, time in all',
      'Phase',
      differences.phases.map(({ phase, predicted, measured, durationUs }) => [
        phase,
        names.map(
          (_, i) =>
            `${formatBytes(predicted[i])} → ${formatBytes(measured[i])}, ${formatDuration(durationUs[i])}`,
        ),
      ]),
    ),
  ].join('');
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
    `<footer>Made by Plumbline ${e(sessions[0]!.doc.environment.plumbline)}. The document behind this page is embedded in it as JSON.</footer></main>`,
    `<script type="application/json" id="plumbline-document">${escapeScript(toJson(reportDocument(request), 0))}</script>`,
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
