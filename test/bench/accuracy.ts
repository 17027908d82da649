/**
 * How near the prediction comes to real GPUs: the sessions under resources/ground-truth, predicted by the theory as it is
 * now. `npm run bench:accuracy`; another folder can be given, and `--json` prints the rows. Sessions whose names begin
 * with `fault-` were declared falsely on purpose: they are listed and left out of the sums. Simulated ones say so.
 * Allocated, reserved and the process's memory on the GPU are told apart, each against the budget as it shows in that line,
 * with the median and the worst of the sessions.
 * Where the capture's manifest.json lies beside them, it also tells which planted faults were found (precision, recall,
 * error of the attributed bytes) and what recording cost a step, from the same runs without Plumbline.
 */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  copyFileSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join, resolve } from 'node:path';
import { promisify } from 'node:util';
import type { BriefDocument } from '../../src/shared/session/session-document';
import {
  frameworkSeries,
  gpuDevice,
  processMemory,
  workloadMemory,
} from '../../src/shared/trace/series-ids';

const EXTENSION = '.plumbline';

/** What a prediction is held to: a line of the framework, or of the process on the device. */
export const LINES = ['allocated', 'reserved', 'process'] as const;
export type Line = (typeof LINES)[number];

/** One line's peak: bytes, null where it was not measured or cannot be predicted. */
export interface PeakAccuracy {
  readonly series: string | null;
  readonly measured: number | null;
  readonly textbook: number | null;
  readonly refined: number | null;
  /** Refined less measured, in percent of measured. */
  readonly errorPercent: number | null;
}

export interface AccuracyRow extends PeakAccuracy {
  readonly name: string;
  readonly gpu: string | null;
  readonly simulated: boolean;
  readonly heldOut: boolean;
  readonly planted: boolean;
  /** The same of each line that was recorded; what stands above is of the line that the session is judged by. */
  readonly lines: Readonly<Partial<Record<Line, PeakAccuracy>>>;
  /** What was found; bytes of a leak are those of one step. */
  readonly findings: readonly { readonly kind: string; readonly bytes: number | null }[];
}

/** A run of the capture's manifest, as far as it is read here. */
export interface ManifestRun {
  readonly key: string;
  readonly name: string;
  readonly plumbline: boolean;
  readonly status: string;
  /** Seconds a step; null where the sample told none. */
  readonly stepS: number | null;
  readonly intervalMs: number | null;
  readonly environment: Readonly<Record<string, string>>;
  /** What was planted: the finding it ought to be, and its bytes where they are known. */
  readonly finding: { readonly kind: string; readonly bytes?: number } | null;
}

/** The rule of scripts/gpu/matrix.py: about a third of all names, chosen before anything was measured. */
export const heldOut = (name: string): boolean =>
  createHash('sha256').update(name).digest()[0]! % 3 === 0;

function peakOf({ overlay }: BriefDocument): PeakAccuracy {
  const measured = overlay.measuredPeak?.bytes ?? null;
  const { textbook = null, refined = null } = overlay.predictedPeak ?? {};
  return {
    series: overlay.series,
    measured,
    textbook,
    refined,
    errorPercent:
      measured === null || measured === 0 || refined === null
        ? null
        : ((refined - measured) / measured) * 100,
  };
}

function rowOf(doc: BriefDocument, lines: AccuracyRow['lines']): AccuracyRow {
  return {
    ...peakOf(doc),
    name: doc.name,
    gpu: doc.environment.gpus[0]?.name ?? null,
    simulated: doc.simulated,
    heldOut: heldOut(doc.name),
    planted: doc.name.startsWith('fault-'),
    lines,
    findings: doc.findings.map(({ kind, bytes, slope }) => ({
      kind,
      bytes: slope?.bytes ?? bytes,
    })),
  };
}

/** The series of a line among those recorded; of the process the driver's count before what is derived. */
function seriesOf(line: Line, { series }: BriefDocument): string | undefined {
  const ids: readonly string[] =
    line === 'process'
      ? [processMemory(gpuDevice(0)), workloadMemory(gpuDevice(0))]
      : [frameworkSeries(line, 0)];
  return ids.find((id) => series.some((each) => each.id === id));
}

/** The runs of the manifest beside the sessions; none where there is no manifest. */
function readManifest(folder: string): ManifestRun[] {
  const path = join(folder, 'manifest.json');
  if (!existsSync(path)) return [];
  return (JSON.parse(readFileSync(path, 'utf8')) as { runs: ManifestRun[] }).runs;
}

export interface FaultScore {
  /** Found of planted. */
  readonly recall: number | null;
  /** Right ones of all that speak of a fault. */
  readonly precision: number | null;
  /** Of the attributed bytes where they are known, in percent, each. */
  readonly byteErrors: readonly number[];
  readonly missed: readonly string[];
  readonly wrong: readonly string[];
}

/** Findings held to what was planted. Kinds that nobody plants belong to every run and are no claim of a fault. */
export function scoreFaults(
  rows: readonly AccuracyRow[],
  runs: readonly ManifestRun[],
): FaultScore {
  const plantable = new Set(runs.flatMap(({ finding }) => (finding ? [finding.kind] : [])));
  let planted = 0;
  let found = 0;
  let claimed = 0;
  const byteErrors: number[] = [];
  const missed: string[] = [];
  const wrong: string[] = [];
  for (const { name, findings } of rows) {
    const truth = runs.find((run) => run.plumbline && run.name === name)?.finding ?? null;
    const claims = findings.filter(({ kind }) => plantable.has(kind));
    const right = claims.find(({ kind }) => kind === truth?.kind);
    claimed += claims.length;
    wrong.push(
      ...claims.filter(({ kind }) => kind !== truth?.kind).map(({ kind }) => `${name}: ${kind}`),
    );
    if (!truth) continue;
    planted++;
    if (!right) missed.push(`${name}: ${truth.kind}`);
    else found++;
    if (right?.bytes != null && truth.bytes)
      byteErrors.push(((right.bytes - truth.bytes) / truth.bytes) * 100);
  }
  return {
    recall: planted === 0 ? null : found / planted,
    precision: claimed === 0 ? null : (claimed - wrong.length) / claimed,
    byteErrors,
    missed,
    wrong,
  };
}

/** What recording added to a step, in percent, for each run that has a twin without Plumbline. */
export function recordingCosts(
  runs: readonly ManifestRun[],
): { name: string; intervalMs: number | null; source: string; percent: number }[] {
  return runs.flatMap((run) => {
    const twin = runs.find(({ key }) => key === `${run.name}.bare`);
    if (!run.plumbline || run.stepS === null || !twin?.stepS) return [];
    return [
      {
        name: run.name,
        intervalMs: run.intervalMs,
        source: run.environment.PLUMBLINE_SOURCE ?? 'auto',
        percent: (run.stepS / twin.stepS - 1) * 100,
      },
    ];
  });
}

/** One row for each session file in `folder`, in order of name; none where the folder does not exist. `launcher` shows them. */
export async function accuracyOf(
  folder: string,
  launcher = resolve('bin', 'plumbline.mjs'),
): Promise<AccuracyRow[]> {
  const files = statSync(folder, { throwIfNoEntry: false })?.isDirectory()
    ? readdirSync(folder)
        .filter((name) => name.endsWith(EXTENSION))
        .sort()
    : [];
  if (files.length === 0) return [];
  // A copy: showing a session keeps its summary and an index beside it, and committed files stay as they are.
  const library = mkdtempSync(join(tmpdir(), 'plumbline-accuracy-'));
  try {
    const rows: AccuracyRow[] = [];
    for (const file of files) {
      copyFileSync(join(folder, file), join(library, file));
      const show = (...more: string[]) =>
        showBriefly(launcher, library, basename(file, EXTENSION), ...more);
      const doc = await show();
      const lines: Partial<Record<Line, PeakAccuracy>> = {};
      for (const line of LINES) {
        const id = seriesOf(line, doc);
        if (id !== undefined) lines[line] = peakOf(await show('--series', id));
      }
      rows.push(rowOf(doc, lines));
    }
    return rows;
  } finally {
    rmSync(library, { recursive: true, force: true });
  }
}

async function showBriefly(
  launcher: string,
  library: string,
  ...args: readonly string[]
): Promise<BriefDocument> {
  const { stdout } = await promisify(execFile)(
    process.execPath,
    [launcher, 'show', ...args, '--json', '--brief'],
    { env: { ...process.env, PLUMBLINE_HOME: library }, maxBuffer: 64 * 2 ** 20 },
  );
  return JSON.parse(stdout) as BriefDocument;
}

const mebibytes = (bytes: number | null) =>
  (bytes === null ? '-' : (bytes / 2 ** 20).toFixed(0)).padStart(9);
const percent = (value: number | null) =>
  (value === null ? '-' : `${value >= 0 ? '+' : ''}${value.toFixed(1)}%`).padStart(8);

/** Median and worst of a line, without regard to sign. */
export function summarizeErrors(rows: readonly AccuracyRow[], line: Line): string | null {
  const errors = rows
    .flatMap(({ lines }) => lines[line]?.errorPercent ?? [])
    .map(Math.abs)
    .sort((a, b) => a - b);
  if (errors.length === 0) return null;
  const [low, high] = [errors[(errors.length - 1) >> 1]!, errors[errors.length >> 1]!];
  return `${line} median ${((low + high) / 2).toFixed(2)}%, worst ${errors.at(-1)!.toFixed(2)}% of ${errors.length}`;
}

function errorsText(rows: readonly AccuracyRow[]): string {
  const told = LINES.flatMap((line) => summarizeErrors(rows, line) ?? []);
  return told.length === 0 ? 'no session' : told.join('; ');
}

function faultText({ recall, precision, byteErrors, missed, wrong }: FaultScore): string[] {
  if (recall === null) return [];
  const share = (value: number | null) => (value === null ? '-' : `${(100 * value).toFixed(0)}%`);
  const worst = byteErrors.toSorted((a, b) => Math.abs(b) - Math.abs(a))[0];
  return [
    `planted faults: recall ${share(recall)}, precision ${share(precision)}, attributed bytes ${worst === undefined ? 'not told' : `at most ${Math.abs(worst).toFixed(1)}% off`}`,
    ...missed.map((one) => `  missed  ${one}`),
    ...wrong.map((one) => `  wrong   ${one}`),
  ];
}

export function accuracyText(
  rows: readonly AccuracyRow[],
  runs: readonly ManifestRun[] = [],
): string {
  const width = Math.max(7, ...rows.map(({ name }) => name.length));
  const fair = rows.filter(({ planted }) => !planted);
  const heads = ['measured', 'refined', 'textbook'].map((head) => head.padStart(9)).join(' ');
  return [
    `${'session'.padEnd(width)} ${heads} ${LINES.map((line) => line.padStart(10)).join('')}  (peaks in MiB; refined less measured)`,
    ...rows.map(
      (row) =>
        `${row.name.padEnd(width)} ${mebibytes(row.measured)} ${mebibytes(row.refined)} ${mebibytes(row.textbook)} ${LINES.map((line) => percent(row.lines[line]?.errorPercent ?? null).padStart(10)).join('')}  ${[row.series ?? 'nothing measured', row.gpu ?? 'no GPU', row.heldOut && 'held out', row.planted && 'planted', row.simulated && 'SIMULATED'].filter(Boolean).join(', ')}`,
    ),
    `held out: ${errorsText(fair.filter((row) => row.heldOut))}`,
    `others:   ${errorsText(fair.filter((row) => !row.heldOut))}`,
    ...faultText(scoreFaults(rows, runs)),
    ...recordingCosts(runs).map(
      ({ name, intervalMs, source, percent: added }) =>
        `recording cost ${name}: ${percent(added).trim()} a step (${source}, every ${intervalMs} ms)`,
    ),
  ].join('\n');
}

const judged = (rows: readonly AccuracyRow[], runs: readonly ManifestRun[]) => ({
  faults: scoreFaults(rows, runs),
  costs: recordingCosts(runs),
});

async function main(args: readonly string[]): Promise<void> {
  const folder = args.find((arg) => !arg.startsWith('--')) ?? join('resources', 'ground-truth');
  const rows = await accuracyOf(folder);
  if (args.includes('--json'))
    console.log(JSON.stringify({ sessions: rows, ...judged(rows, readManifest(folder)) }));
  else if (rows.length > 0) console.log(accuracyText(rows, readManifest(folder)));
  else
    console.log(
      `There are no recorded sessions in ${folder}, so there is no accuracy to tell. scripts/gpu/README.md says how to record them.`,
    );
}

if (process.env.VITEST === undefined) await main(process.argv.slice(2));
