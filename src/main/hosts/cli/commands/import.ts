/** `plumbline import`: a session from output of nvidia-smi, or from a session file; `--dry-run` only tells what a file holds. */
import type { Command } from 'commander';
import { formatDuration, formatInteger } from '../../../../shared/format';
import { seriesStats } from '../../../../shared/trace/series';
import { readTrace } from '../../../reports/import';
import { readHead } from '../../../reports/import/decode';
import { importFile, type ImportOptions } from '../../../reports/import/into-library';
import { isSessionFile, readSessionFile } from '../../../reports/import/session-copy';
import { sessionText } from '../../../reports/text';
import { openLibrary } from '../../../store/library';
import type { Output } from '../output';
import { addSpecOptions, declaresSpec, type SpecOptions, specOf, whole } from '../spec-options';
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
      .description('import output of nvidia-smi (XML, CSV, -q, dmon, pmon, table) or a session file')
      .argument('<file>', 'the file to import')
      .option('--dry-run', 'tell what the file holds and import nothing')
      .option('--name <name>', 'name of the session; the name of the file when left out')
      .option('--interval <ms>', 'interval of a file without timestamps')
      .option('--columns <names>', 'names of the columns of a CSV file without a header, with commas')
      .option('--baseline <bytes>', 'device memory in use before the run; that of the first sample when left out and memory rises from it')
      .option('--keep-raw', 'keep the file in the session as it came'),
  ).action(async (file: string, options: CliOptions) => {
    const request = requestOf(options);
    if (options.dryRun) {
      const found = dryRun(file, request);
      output.result(found, () => dryRunText(found));
      return;
    }
    await withEngine(async (engine) => {
      const id = importFile(openLibrary(), file, request);
      const [doc, budget] = [await engine.show({ id }), await engine.budgetOf({ id })];
      output.result(doc, () => sessionText(doc, budget));
    });
  });
}

function requestOf(options: CliOptions): ImportOptions {
  const intervalMs = whole('--interval', options.interval);
  const baselineBytes = whole('--baseline', options.baseline, 0);
  return {
    ...(declaresSpec(options) ? specOf(options, { model: 'gpt2', framework: 'pytorch' }) : {}),
    ...(intervalMs === undefined ? {} : { intervalMs }),
    ...(baselineBytes === undefined ? {} : { baselineBytes }),
    ...(options.columns === undefined ? {} : { columns: options.columns.split(',').map((name) => name.trim()) }),
    ...(options.name === undefined ? {} : { name: options.name }),
    ...(options.keepRaw === undefined ? {} : { keepRaw: options.keepRaw }),
  };
}

type Found = ReturnType<typeof dryRun>;

function dryRun(file: string, request: ImportOptions) {
  if (!isSessionFile(readHead(file, 64))) {
    const { series, ...trace } = readTrace(file, request);
    return { ...trace, series: series.map(seriesStats) };
  }
  const session = readSessionFile(file);
  const gaps = Map.groupBy(session.series.flatMap((series) => series.gaps), ({ reason }) => reason);
  return {
    kind: 'plumbline' as const,
    driver: session.environment.gpus[0]?.driver ?? null,
    cuda: session.environment.gpus[0]?.cuda ?? null,
    gpus: session.environment.gpus,
    samples: Math.max(0, ...session.series.map(({ times }) => times.length)),
    gaps: [...gaps].map(([reason, all]) => ({ reason, count: all.length })),
    warnings: session.warnings,
    startedAt: session.startedAt,
    durationUs: session.durationUs,
    error: null,
    series: session.series.map(seriesStats),
  };
}

function dryRunText(found: Found): string {
  return [
    `${found.kind}, driver ${found.driver ?? 'unknown'}, ${formatInteger(found.samples)} rows over ${formatDuration(found.durationUs)}${found.startedAt ? ` from ${found.startedAt}` : ''}`,
    ...found.gpus.map(({ index, name, uuid }) => `  gpu${index}  ${name}${uuid ? `  ${uuid}` : ''}`),
    ...found.series.map(({ id, count, min, max, unit }) => `  ${id.padEnd(28)} ${formatInteger(count).padStart(9)} samples${count > 0 ? `, ${min} to ${max} ${unit}` : ''}`),
    ...found.gaps.map(({ reason, count }) => `  absent: ${reason.replaceAll('_', ' ')} ${formatInteger(count)} times`),
    ...found.warnings.map((text) => `  note: ${text}`),
  ].join('\n');
}
