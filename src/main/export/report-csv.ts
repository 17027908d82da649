/**
 * The figures of a report as CSV, for a spreadsheet: of a session its peak, components and phases, of a comparison every
 * row with its differences. Bytes, microseconds and joules as plain numbers; what is not known is an empty cell.
 */
import { componentTable } from '../../shared/present/components';
import type { Comparison } from '../../shared/session/comparison';
import { reportFileName } from './file-name';
import type { ExportFormat, ReportInput } from './protocol';

type Cell = string | number | boolean | null;

/** Quoted where CSV asks for it; a text that a spreadsheet would take for a formula is made text. */
function writeCell(cell: Cell): string {
  if (typeof cell !== 'string') return cell === null ? '' : String(cell);
  const safe = /^[=+\-@\t\r]/.test(cell) ? `'${cell}` : cell;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

const write = (rows: readonly (readonly Cell[])[]): string =>
  `${rows.map((row) => row.map(writeCell).join(',')).join('\n')}\n`;

const SESSION_HEAD = [
  'session',
  'row',
  'name',
  'step',
  'rank',
  'begin_us',
  'end_us',
  'textbook_bytes',
  'refined_bytes',
  'measured_bytes',
  'residual_bytes',
  'flagged',
];

function sessionRows({ doc, budget }: ReportInput): readonly (readonly Cell[])[] {
  const { overlay, durationUs } = doc;
  const { textbook, refined } = overlay.predictedPeak;
  const peak = overlay.measuredPeak?.bytes ?? null;
  return [
    [
      doc.id,
      'peak',
      '',
      null,
      null,
      0,
      durationUs,
      textbook,
      refined,
      peak,
      overlay.residualBytes,
      null,
    ],
    ...componentTable(doc, budget).rows.map((row) => [
      ...[doc.id, 'component', row.component, null, null, null, null],
      ...[row.textbook, row.refined, row.measured, row.residual, null],
    ]),
    ...overlay.phases.map((row) => [
      ...[doc.id, 'phase', row.phase, row.step, row.rank, ...row.span],
      ...[
        row.predicted.textbook,
        row.predicted.refined,
        row.measured,
        row.residualBytes,
        row.flagged,
      ],
    ]),
  ];
}

function comparisonRows({ rows, sessions, base }: Comparison): readonly (readonly Cell[])[] {
  const ids = sessions.map(({ id }) => id);
  const others = ids.flatMap((id, i) => (i === base ? [] : [{ id, i }]));
  return [
    [
      'group',
      'figure',
      'unit',
      'predicted',
      'noise',
      ...ids,
      ...others.map(({ id }) => `${id} minus ${ids[base]}`),
    ],
    ...rows.map(({ group, key, unit, isPredicted, noise, values, changes }) => [
      ...[group, key, unit, isPredicted, noise],
      ...values,
      ...others.map(({ i }) => changes[i] ?? null),
    ]),
  ];
}

export const reportCsv: ExportFormat<'report'> = {
  id: 'csv',
  label: 'CSV',
  source: 'report',
  endings: ['csv'],
  mimeType: 'text/csv',
  isText: true,
  isForPeople: true,
  render: (request) => ({
    fileName: reportFileName(request, 'csv'),
    contents: write(
      request.comparison
        ? comparisonRows(request.comparison)
        : [SESSION_HEAD, ...request.sessions.flatMap(sessionRows)],
    ),
  }),
};
