/**
 * How near the prediction comes to real GPUs: the sessions under resources/ground-truth, predicted by the theory as it is
 * now. `npm run bench:accuracy`; another folder can be given, and `--json` prints the rows. Sessions whose names begin
 * with `fault-` were declared falsely on purpose: they are listed and left out of the means. Simulated ones say so.
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
import type { SessionDocument } from '../../src/shared/session/session-document';

const EXTENSION = '.plumbline';

export interface AccuracyRow {
  readonly name: string;
  readonly gpu: string | null;
  readonly simulated: boolean;
  readonly heldOut: boolean;
  readonly planted: boolean;
  /** The series that the prediction is compared with. */
  readonly series: string | null;
  /** Bytes; null where it was not measured or cannot be predicted. */
  readonly measured: number | null;
  readonly textbook: number | null;
  readonly refined: number | null;
  /** Refined less measured, in percent of measured. */
  readonly errorPercent: number | null;
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

function rowOf(doc: SessionDocument): AccuracyRow {
  const measured = doc.overlay.measuredPeak?.bytes ?? null;
  const { textbook = null, refined = null } = doc.overlay.predictedPeak ?? {};
  return {
    name: doc.name,
    gpu: doc.environment.gpus[0]?.name ?? null,
    simulated: doc.simulated,
    heldOut: heldOut(doc.name),
    planted: doc.name.startsWith('fault-'),
    series: doc.overlay.series,
    measured,
    textbook,
    refined,
    errorPercent:
      measured === null || measured === 0 || refined === null
        ? null
        : ((refined - measured) / measured) * 100,
    findings: doc.findings.map(({ kind, bytes, slope }) => ({
      kind,
      bytes: slope?.bytes ?? bytes,
    })),
  };
}

/** The runs of the manifest beside the sessions; none where there is no manifest. */
export function readManifest(folder: string): ManifestRun[] {
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
      const { stdout } = await promisify(execFile)(
        process.execPath,
        [launcher, 'show', basename(file, EXTENSION), '--json'],
        {
          env: { ...process.env, PLUMBLINE_HOME: library },
          maxBuffer: 256 * 2 ** 20,
        },
      );
      rows.push(rowOf(JSON.parse(stdout) as SessionDocument));
    }
    return rows;
  } finally {
    rmSync(library, { recursive: true, force: true });
  }
}

const mebibytes = (bytes: number | null) =>
  (bytes === null ? '-' : (bytes / 2 ** 20).toFixed(0)).padStart(9);
const percent = (value: number | null) =>
  (value === null ? '-' : `${value >= 0 ? '+' : ''}${value.toFixed(1)}%`).padStart(8);

function meanOf(rows: readonly AccuracyRow[]): string {
  const errors = rows.flatMap(({ errorPercent }) =>
    errorPercent === null ? [] : [Math.abs(errorPercent)],
  );
  if (errors.length === 0) return 'no session';
  return `mean |error| ${(errors.reduce((sum, one) => sum + one, 0) / errors.length).toFixed(1)}%, largest ${Math.max(...errors).toFixed(1)}%, ${errors.length} sessions`;
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
  return [
    `${'session'.padEnd(width)} ${'measured'.padStart(9)} ${'refined'.padStart(9)} ${'textbook'.padStart(9)} ${'error'.padStart(8)}  (peaks, MiB)`,
    ...rows.map(
      (row) =>
        `${row.name.padEnd(width)} ${mebibytes(row.measured)} ${mebibytes(row.refined)} ${mebibytes(row.textbook)} ${percent(row.errorPercent)}  ${[row.series ?? 'nothing measured', row.gpu ?? 'no GPU', row.heldOut && 'held out', row.planted && 'planted', row.simulated && 'SIMULATED'].filter(Boolean).join(', ')}`,
    ),
    `held out: ${meanOf(fair.filter((row) => row.heldOut))}`,
    `others:   ${meanOf(fair.filter((row) => !row.heldOut))}`,
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
