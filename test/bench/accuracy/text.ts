/** The accuracy in words and columns, with what is aimed at beside what was reached. */
import {
  type FaultScore,
  INVERTED,
  type RecordingCost,
  recordingCosts,
  scoreFaults,
  scoreInversions,
  summarizeErrors,
} from './judged';
import type { ManifestRun } from './manifest';
import { type AccuracyRow, LINES, type Line } from './sessions';

/** Percent, below which the error of a line is to stay. */
const AIMS: Readonly<Partial<Record<Line, { readonly median?: number; readonly worst: number }>>> =
  { allocated: { median: 1, worst: 3 }, process: { worst: 5 } };
/** Percent of a step that recording may add: where readings are at least so many milliseconds apart. */
const COST_AIMS = [
  { fromMs: 100, percent: 0.5 },
  { fromMs: 1, percent: 2 },
] as const;

const mebibytes = (bytes: number | null) =>
  (bytes === null ? '-' : (bytes / 2 ** 20).toFixed(0)).padStart(9);
const signed = (value: number) => `${value >= 0 ? '+' : ''}${value.toFixed(1)}%`;
const percent = (value: number | null) => (value === null ? '-' : signed(value)).padStart(8);
const aim = (value: number | undefined) => (value === undefined ? '' : ` (aim: below ${value}%)`);

function errorsText(heading: string, rows: readonly AccuracyRow[]): string[] {
  const told = LINES.flatMap((line) => {
    const errors = summarizeErrors(rows, line);
    if (errors === null) return [];
    const { median, worst } = AIMS[line] ?? {};
    return `  ${line.padEnd(9)} median ${errors.median.toFixed(2)}%${aim(median)}, worst ${errors.worst.toFixed(2)}%${aim(worst)} in ${errors.of}, of ${errors.count}`;
  });
  return told.length === 0 ? [`${heading}: no session`] : [`${heading}:`, ...told];
}

function faultText({ recall, precision, byteErrors, missed, wrong }: FaultScore): string[] {
  if (recall === null) return [];
  const share = (value: number | null) => (value === null ? '-' : `${(100 * value).toFixed(0)}%`);
  const worst = byteErrors.toSorted((a, b) => Math.abs(b.percent) - Math.abs(a.percent))[0];
  return [
    `planted faults: recall ${share(recall)}, precision ${share(precision)}, attributed bytes ${worst === undefined ? 'not told' : `at most ${Math.abs(worst.percent).toFixed(1)}% off, in ${worst.name}`}`,
    ...missed.map((one) => `  missed  ${one}`),
    ...wrong.map((one) => `  wrong   ${one}`),
  ];
}

function inversionText(rows: readonly AccuracyRow[], runs: readonly ManifestRun[]): string[] {
  const scores = scoreInversions(rows, runs);
  if (
    scores.every(
      ({ recovered, undetermined, wrong }) => recovered + undetermined + wrong.length === 0,
    )
  )
    return [];
  return [
    `by the trace alone, of a known model (${INVERTED.join(', ')}):`,
    ...scores.map(
      ({ field, recovered, undetermined, wrong }) =>
        `  ${field.padEnd(9)} ${recovered} recovered, ${undetermined} undetermined, ${wrong.length} wrong`,
    ),
    ...scores.flatMap(({ wrong }) => wrong.map((one) => `  wrong   ${one}`)),
  ];
}

function costText(costs: readonly RecordingCost[]): string[] {
  const row = ({ name, source, intervalMs, percent: added, spreadPercent }: RecordingCost) => {
    const limit = COST_AIMS.find(({ fromMs }) => (intervalMs ?? 0) >= fromMs)?.percent;
    const apart =
      spreadPercent === null ? '' : `; runs without lie ${spreadPercent.toFixed(1)}% apart`;
    return `  ${name}: ${signed(added)} a step${aim(limit)} by ${source}, every ${intervalMs} ms${apart}`;
  };
  return costs.length === 0 ? [] : ['what recording costs:', ...costs.map(row)];
}

/** Of the runs that are there for it: how often the device was really read. */
function ratesText(rows: readonly AccuracyRow[], runs: readonly ManifestRun[]): string[] {
  return rows.flatMap(({ name, readingsPerSecond }) => {
    const run = runs.find((each) => each.plumbline && each.name === name);
    if (!run?.environment.PLUMBLINE_SOURCE || readingsPerSecond === null) return [];
    return `readings a second in ${name}: ${readingsPerSecond.toFixed(1)}, asked for ${(1000 / (run.intervalMs ?? 1)).toFixed(0)}`;
  });
}

/** What a row says beside its figures. */
function remarks({ series, gpu, lines, heldOut, planted, status, simulated }: AccuracyRow): string {
  const process = lines.process?.series ?? '';
  return [
    series ?? 'nothing measured',
    gpu ?? 'no GPU',
    process !== '' && !process.endsWith('.process.memory') && `process by ${process}`,
    heldOut && 'held out',
    planted && 'planted',
    status !== 'complete' && status,
    simulated && 'SIMULATED',
  ]
    .filter(Boolean)
    .join(', ');
}

export function accuracyText(
  rows: readonly AccuracyRow[],
  runs: readonly ManifestRun[] = [],
): string {
  const width = Math.max(7, ...rows.map(({ name }) => name.length));
  const fair = rows.filter(({ planted, status }) => !planted && status === 'complete');
  const heads = ['measured', 'refined', 'textbook'].map((head) => head.padStart(9)).join(' ');
  return [
    `${'session'.padEnd(width)} ${heads} ${LINES.map((line) => line.padStart(10)).join('')}  (peaks in MiB; refined less measured)`,
    ...rows.map(
      (row) =>
        `${row.name.padEnd(width)} ${mebibytes(row.measured)} ${mebibytes(row.refined)} ${mebibytes(row.textbook)} ${LINES.map((line) => percent(row.lines[line]?.errorPercent ?? null).padStart(10)).join('')}  ${remarks(row)}`,
    ),
    ...errorsText(
      'held out',
      fair.filter((row) => row.heldOut),
    ),
    ...errorsText(
      'others',
      fair.filter((row) => !row.heldOut),
    ),
    ...faultText(scoreFaults(rows, runs)),
    ...inversionText(rows, runs),
    ...costText(recordingCosts(runs)),
    ...ratesText(rows, runs),
  ].join('\n');
}
