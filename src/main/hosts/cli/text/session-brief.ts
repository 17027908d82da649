/**
 * A session in about a dozen lines: the answer, the peak against its budget, the trace, what was found, and where the
 * rest is to be had.
 */
import { formatBytes, formatDuration, formatInteger } from '../../../../shared/base/format';
import type { Bytes } from '../../../../shared/base/units';
import type { Budget } from '../../../../shared/budget/types';
import { answer } from '../../../../shared/present/answer';
import { describeConfiguration } from '../../../../shared/present/configuration';
import { describeStatus } from '../../../../shared/present/headline';
import { tellHeld } from '../../../../shared/present/held-objects';
import { whyNoGpu } from '../../../../shared/present/method';
import { formatInstant } from '../../../../shared/present/moments';
import { noFindings } from '../../../../shared/present/no-findings';
import { phaseTitle } from '../../../../shared/present/phase-name';
import { planKept } from '../../../../shared/present/plan-kept';
import { rankCells, rankHead, ranksNote, rankTitle } from '../../../../shared/present/ranks';
import type { SessionDocument } from '../../../../shared/session/session-document';
import { shortId } from '../../../../shared/session/short-id';
import type { Envelope } from '../../../../shared/trace/envelope';
import { seriesName } from '../../../../shared/trace/series-names';
import { bar, tracePicture } from './bars';
import { plain, remedyLines, table, WIDTH, wrap } from './columns';
import { type Style, styled } from './style';
import { cut, cutMiddle, padEnd, padStart } from './width';

/** Findings and warnings that are told; of the rest the number. */
const TOLD = 3;
const MAX_RANKS = 8;
const LABEL = 11;
const [SHORTEST_BAR, LONGEST_BAR] = [8, 40];

/** `line`: the trace that the budget is laid over, whole; null where there is none. */
export function briefText(
  doc: SessionDocument,
  budget: Budget | null,
  line: Envelope | null,
): string {
  return [
    head(doc, budget),
    [styled(tone(doc), wrap(answer(doc), '')), wrap(planKept(doc) ?? '', '')]
      .filter((line) => line !== '')
      .join('\n'),
    pictures(doc, line),
    styled('quiet', wrap(whyNoGpu(doc) ?? '', '')),
    ...(doc.ranks === undefined ? [] : [ranksText(doc)]),
    told(doc),
    styled('quiet', `In full: plumbline show ${shortId(doc.id)} --full`),
  ]
    .filter((part) => part !== '')
    .join('\n\n');
}

function head(doc: SessionDocument, budget: Budget | null): string {
  const mark = doc.simulated ? '  [SIMULATED]' : '';
  const configuration = describeConfiguration(doc, budget)
    .filter(([label]) => label !== 'Shape' && label !== 'Parameters')
    .map(([label, value]) => SHORT[label]?.(value) ?? value);
  return [
    `${styled('strong', cutMiddle(plain(doc.name), WIDTH - mark.length))}${mark}`,
    ...(configuration.length > 0 ? [cut(plain(configuration.join(' · ')), WIDTH)] : []),
    styled(
      'quiet',
      cut(
        `${doc.id} · ${describeStatus(doc)} · ${formatInstant(doc.startedAt)} · ${formatDuration(doc.durationUs)}`,
        WIDTH,
      ),
    ),
  ].join('\n');
}

/** Values that say nothing without their name. */
const SHORT: Readonly<Record<string, (value: string) => string>> = {
  Batch: (value) => `batch ${value}`,
  Steps: (value) => `${value} ${value === '1' ? 'step' : 'steps'}`,
  'KV cache': (value) => `KV cache ${value}`,
  Checkpointing: (value) => (value === 'none' ? 'no checkpointing' : `checkpointing ${value}`),
};

function tone({ status, findings, overlay }: SessionDocument): Style {
  if (status === 'failed') return 'bad';
  if (findings.length > 0 || overlay.phases.some(({ flagged }) => flagged)) return 'warning';
  return overlay.residualBytes === null ? 'strong' : 'good';
}

/** Each rank beside the others where they are few. */
const ranksText = (doc: SessionDocument): string =>
  [
    ...((doc.ranks?.length ?? 0) <= MAX_RANKS
      ? [`${rankTitle(doc)}\n${table(rankHead(doc), rankCells(doc), [0, 1])}`]
      : []),
    wrap(ranksNote(doc), ''),
  ].join('\n');

/** Bars of the peak and of its budget on one scale, and the trace below on the same. */
function pictures(doc: SessionDocument, line: Envelope | null): string {
  const { measuredPeak, predictedPeak, baselineBytes, series, hostBesideGpu } = doc.overlay;
  const measured = measuredPeak?.bytes ?? null;
  const predicted = predictedPeak.refined;
  const top = Math.max(measured ?? 0, predicted ?? 0);
  if (top === 0) return '';
  const room = Math.max(SHORTEST_BAR, Math.min(LONGEST_BAR, WIDTH - LABEL - 38));
  const row = (label: string, style: Style, bytes: Bytes | null, words: string) =>
    bytes === null
      ? []
      : [
          `${padEnd(label, LABEL)}${styled(style, padEnd(bar(bytes / top, room), room))} ${padStart(formatBytes(bytes), 9)}${words === '' ? '' : `  ${cut(plain(words), WIDTH - LABEL - room - 12)}`}`,
        ];
  return [
    ...row(hostBesideGpu ? 'host' : 'measured', 'measured', measured, peakMoment(doc)),
    ...row(
      hostBesideGpu ? 'for a GPU' : 'predicted',
      'predicted',
      predicted,
      [
        ...(predictedPeak.textbook === null
          ? []
          : [`textbook ${formatBytes(predictedPeak.textbook)}`]),
        ...(doc.learned === undefined ? [] : [`learned ${formatBytes(doc.learned.peak)}`]),
      ].join(', '),
    ),
    ...(line === null || line.times.length < 2
      ? []
      : [
          `${padEnd('over time', LABEL)}${styled('measured', tracePicture(line, baselineBytes, top, room))} ${padStart(formatDuration(doc.durationUs), 9)}  ${cut(series === null ? '' : seriesName(series), WIDTH - LABEL - room - 12)}`,
        ]),
  ].join('\n');
}

/** In which phase, and in which step, memory peaked, or after which: a checkpoint that is saved is between two. */
function peakMoment({ overlay: { measuredPeak, phases } }: SessionDocument): string {
  if (measuredPeak === null) return '';
  const { at } = measuredPeak;
  const found = phases.find(({ span: [t0, t1] }) => t0 <= at && at <= t1);
  if (found !== undefined) return `in ${phaseTitle(found)}`;
  const before = phases.findLast(({ span }) => span[1] < at);
  const after = phases.find(({ span }) => span[0] > at);
  // Steps that are not told may lie between the two, and nothing between them is known then.
  const isNext = (after?.step ?? Number.NaN) - (before?.step ?? Number.NaN) <= 1;
  return before !== undefined && isNext
    ? `after ${phaseTitle(before)}`
    : `at ${formatDuration(at)}`;
}

/** Findings with what to do, warnings, and how many of each are left. */
function told(doc: SessionDocument): string {
  const flagged = doc.overlay.phases.filter((phase) => phase.flagged).length;
  const held = doc.overlay.predictedPeak.refined === null ? tellHeld(doc) : null;
  const findings = doc.findings
    .slice(0, TOLD)
    .flatMap((finding) => [
      wrap(`${finding.title} (${finding.confidence} confidence)`, '  ', '• '),
      ...remedyLines(finding, '    ', '  → '),
    ]);
  const warnings = doc.warnings.slice(0, TOLD).map((line) => wrap(line, '  ', '! '));
  const left = [
    [doc.findings.length - TOLD, 'finding'],
    [doc.warnings.length - TOLD, 'warning'],
  ] as const;
  return [
    ...(flagged === 0
      ? []
      : [
          `${formatInteger(flagged)} of ${formatInteger(doc.overlay.phases.length)} phases ${flagged === 1 ? 'is' : 'are'} out of bounds.`,
        ]),
    ...(findings.length === 0 ? [wrap(noFindings(doc), '')] : findings),
    ...(held === null ? [] : [wrap(held, '')]),
    ...warnings,
    ...left.flatMap(([count, word]) =>
      count > 0 ? [`  and ${count} more ${word}${count === 1 ? '' : 's'}`] : [],
    ),
  ].join('\n');
}
