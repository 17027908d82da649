/** Each recorded session as the project's own reader shows it: what was measured, predicted, found and inferred. */
import { execFile } from 'node:child_process';
import { copyFileSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { computeBudget } from '../../../src/shared/budget/budget';
import type { Inversion } from '../../../src/shared/divergence/inversion/inversion';
import type { BriefDocument } from '../../../src/shared/session/session-document';
import {
  frameworkSeries,
  gpuDevice,
  processMemory,
  usedMemory,
  workloadMemory,
} from '../../../src/shared/trace/series-ids';
import { heldOut, type ManifestRun } from './manifest';

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
  readonly status: string;
  /** The same of each line that was recorded; what stands above is of the line that the session is judged by. */
  readonly lines: Readonly<Partial<Record<Line, PeakAccuracy>>>;
  /** What was found; bytes of a leak are those of one step. */
  readonly findings: readonly { readonly kind: string; readonly bytes: number | null }[];
  /** What the trace alone tells of a run whose model and mode are known; null where nothing could be asked. */
  readonly inversion: Inversion | null;
  /** Readings of the device's memory a second; null where there are none. */
  readonly readingsPerSecond: number | null;
}

const accuracy = (
  series: string | null,
  measured: number | null,
  predicted: { readonly textbook: number | null; readonly refined: number | null },
): PeakAccuracy => ({
  series,
  measured,
  ...predicted,
  errorPercent:
    measured === null || measured === 0 || predicted.refined === null
      ? null
      : ((predicted.refined - measured) / measured) * 100,
});

/** Of the line that a document lays over the budget. */
const peakOf = ({ overlay }: BriefDocument): PeakAccuracy =>
  accuracy(overlay.series, overlay.measuredPeak?.bytes ?? null, {
    textbook: overlay.predictedPeak?.textbook ?? null,
    refined: overlay.predictedPeak?.refined ?? null,
  });

/** What the allocator took from the device, which no document lays over a budget: the process without its context. */
function reservedPeak({ series, model, run }: BriefDocument): PeakAccuracy | null {
  const reserved = series.find(({ id }) => id === frameworkSeries('reserved', 0));
  if (reserved === undefined || reserved.count === 0) return null;
  const tiers = model && run && computeBudget(model, run).tiers;
  return accuracy(reserved.id, reserved.max, {
    textbook: tiers?.textbook.total ?? null,
    refined: tiers ? tiers.refined.total - (tiers.refined.components.context ?? 0) : null,
  });
}

/**
 * The series of a line among those recorded. Of the process the driver's own count comes first; where the driver lists no
 * process of the workload, device memory less what others took, or at least less what was in use before.
 */
function seriesOf(
  line: 'allocated' | 'process',
  { series, overlay }: BriefDocument,
): string | undefined {
  const shown = [overlay.series, ...overlay.alternatives];
  const gpu = gpuDevice(0);
  const ids: readonly string[] =
    line === 'process'
      ? [processMemory(gpu), workloadMemory(gpu), usedMemory(gpu)]
      : [frameworkSeries(line, 0)];
  const isEmpty = (id: string) => series.some((each) => each.id === id && each.max === 0);
  return ids.find((id) => shown.includes(id) && !isEmpty(id));
}

/** One row for each session file in `folder`, in order of name; none where the folder does not exist. `launcher` shows them. */
export async function accuracyOf(
  folder: string,
  runs: readonly ManifestRun[] = [],
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
  const ask = <T>(...args: readonly string[]) => askTerminal<T>(launcher, library, args);
  try {
    const rows: AccuracyRow[] = [];
    for (const file of files) {
      copyFileSync(join(folder, file), join(library, file));
      const id = basename(file, EXTENSION);
      const show = (...more: string[]) => ask<BriefDocument>('show', id, '--brief', ...more);
      const doc = await show();
      const lines: Partial<Record<Line, PeakAccuracy>> = {};
      for (const line of ['allocated', 'process'] as const) {
        const series = seriesOf(line, doc);
        if (series !== undefined) lines[line] = peakOf(await show('--series', series));
      }
      const reserved = reservedPeak(doc);
      if (reserved !== null) lines.reserved = reserved;
      const mode = runs.find(({ name }) => name === doc.name)?.workload?.mode;
      const inversion =
        mode === undefined
          ? null
          : await ask<Inversion>(
              'invert',
              id,
              '--framework',
              'pytorch',
              '--mode',
              String(mode),
            ).catch(() => null);
      rows.push(rowOf(doc, lines, inversion));
    }
    return rows;
  } finally {
    rmSync(library, { recursive: true, force: true });
  }
}

function rowOf(
  doc: BriefDocument,
  lines: AccuracyRow['lines'],
  inversion: Inversion | null,
): AccuracyRow {
  const read = doc.series.find(({ id }) => id === usedMemory(gpuDevice(0)))?.count ?? 0;
  return {
    ...peakOf(doc),
    name: doc.name,
    gpu: doc.environment.gpus[0]?.name ?? null,
    simulated: doc.simulated,
    heldOut: heldOut(doc.name),
    planted: doc.name.startsWith('fault-'),
    status: doc.status,
    lines,
    findings: doc.findings.map(({ kind, bytes, slope }) => ({
      kind,
      bytes: slope?.bytes ?? bytes,
    })),
    inversion,
    readingsPerSecond: read === 0 || doc.durationUs === 0 ? null : (read * 1e6) / doc.durationUs,
  };
}

async function askTerminal<T>(
  launcher: string,
  library: string,
  args: readonly string[],
): Promise<T> {
  const { stdout } = await promisify(execFile)(process.execPath, [launcher, ...args, '--json'], {
    env: { ...process.env, PLUMBLINE_HOME: library },
    maxBuffer: 64 * 2 ** 20,
  });
  return JSON.parse(stdout) as T;
}
