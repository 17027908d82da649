/** `plumbline import`: a session from output of nvidia-smi, or from a session file; `--dry-run` only tells what a file holds. */
import type { Command } from 'commander';
import { Failure } from '../../../../shared/base/failure';
import { type Bytes, GiB, KiB, MiB } from '../../../../shared/base/units';
import { seriesStats } from '../../../../shared/trace/series';
import type { Gap, SeriesData } from '../../../../shared/trace/types';
import { readTrace } from '../../../import';
import { readHead } from '../../../import/decode';
import { type ImportOptions, importFile } from '../../../import/into-library';
import { isSessionFile, readSessionFile } from '../../../import/session-copy';
import { openLibrary } from '../../../store/library';
import {
  addSpecOptions,
  declaresSpec,
  resolveSpec,
  type SpecOptions,
  whole,
} from '../options/spec-options';
import type { Output } from '../output';
import { importedText } from '../text/import';
import { sessionText } from '../text/session';
import { withEngine } from '../with-engine';

interface CliOptions extends SpecOptions {
  readonly dryRun?: boolean;
  readonly interval?: string;
  readonly columns?: string;
  readonly baseline?: string;
  readonly name?: string;
  readonly keepRaw?: boolean;
}

export function registerImport(program: Command, output: Output): void {
  addSpecOptions(
    program
      .command('import')
      .description(
        'import output of nvidia-smi (XML, CSV, -q, dmon, pmon, table) or a session file',
      )
      .argument('<file>', 'the file to import')
      .option('--dry-run', 'tell what the file holds and import nothing')
      .option('--name <name>', 'name of the session; the name of the file when left out')
      .option('--interval <ms>', 'interval of a file without timestamps')
      .option(
        '--columns <names>',
        'names of the columns of a CSV file without a header, with commas',
      )
      .option(
        '--baseline <bytes>',
        'device memory in use before the run, for example 310MiB; the first sample when left out and memory rises from it',
      )
      .option('--keep-raw', 'keep the file in the session as it came'),
  ).action(async (file: string, options: CliOptions) => {
    const request = buildRequest(options);
    if (options.dryRun) {
      const found = dryRun(file, request);
      output.result(found, () => importedText(found));
      return;
    }
    await withEngine(async (engine) => {
      const id = importFile(openLibrary(), file, request);
      const [doc, budget] = [await engine.show({ id }), await engine.budgetOf({ id })];
      output.result(doc, () => sessionText(doc, budget));
    });
  });
}

function buildRequest(options: CliOptions): ImportOptions {
  const intervalMs = whole('--interval', options.interval);
  const baselineBytes = bytes('--baseline', options.baseline);
  return {
    ...(declaresSpec(options) ? resolveSpec(options, { model: 'gpt2', framework: 'pytorch' }) : {}),
    ...(intervalMs === undefined ? {} : { intervalMs }),
    ...(baselineBytes === undefined ? {} : { baselineBytes }),
    ...(options.columns === undefined
      ? {}
      : { columns: options.columns.split(',').map((name) => name.trim()) }),
    ...(options.name === undefined ? {} : { name: options.name }),
    ...(options.keepRaw === undefined ? {} : { keepRaw: options.keepRaw }),
  };
}

function dryRun(file: string, request: ImportOptions) {
  if (!isSessionFile(readHead(file, 64))) {
    const { series, ...trace } = readTrace(file, request);
    return { ...trace, series: series.map(told) };
  }
  const session = readSessionFile(file);
  return {
    kind: 'plumbline' as const,
    driver: session.environment.gpus[0]?.driver ?? null,
    cuda: session.environment.gpus[0]?.cuda ?? null,
    gpus: session.environment.gpus,
    samples: Math.max(0, ...session.series.map(({ times }) => times.length)),
    gaps: byReason(session.series.flatMap((series) => series.gaps)),
    warnings: session.warnings,
    startedAt: session.startedAt,
    durationUs: session.durationUs,
    error: null,
    series: session.series.map(told),
  };
}

/** A series' figures, and the spans of it that hold no reading. */
const told = (series: SeriesData) => ({ ...seriesStats(series), gaps: byReason(series.gaps) });

function byReason(gaps: readonly Gap[]) {
  return [...Map.groupBy(gaps, ({ reason }) => reason)].map(([reason, all]) => ({
    reason,
    count: all.length,
  }));
}

/** `310MiB`, `1.5 GiB`, or bytes. */
function bytes(option: string, value: string | undefined): Bytes | undefined {
  if (value === undefined) return undefined;
  const [, amount, unit] = /^(\d+(?:\.\d+)?)\s*(B|KiB|MiB|GiB)?$/i.exec(value.trim()) ?? [];
  const factor = { b: 1, kib: KiB, mib: MiB, gib: GiB }[(unit ?? 'b').toLowerCase()];
  const given = Math.round(Number(amount) * (factor ?? Number.NaN));
  if (!Number.isSafeInteger(given))
    throw new Failure(
      'bad_input',
      `${option} cannot be "${value}".`,
      `Give bytes, or an amount with its unit: ${option} 310MiB.`,
    );
  return given;
}
