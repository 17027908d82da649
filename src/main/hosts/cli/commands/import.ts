/**
 * `plumbline import`: sessions from output of nvidia-smi and its neighbours, or from session files; `--dry-run` only tells what they hold.
 * Both come to one verdict, exit code included.
 */
import type { Command } from 'commander';
import { Failure } from '../../../../shared/base/failure';
import { type Bytes, GiB, KiB, MiB } from '../../../../shared/base/units';
import { shortenDocument } from '../../../../shared/session/brief';
import type { BriefDocument } from '../../../../shared/session/session-document';
import {
  type ExaminedFile,
  examineFile,
  type ImportOptions,
  STANDARD_INPUT,
  withPrometheus,
} from '../../../engine/imports';
import { ImportProgress } from '../import-progress';
import { BRIEF_OPTION } from '../options/brief';
import { collect } from '../options/setting-options';
import { addSpecOptions, declaredSpec, type SpecOptions, whole } from '../options/spec-options';
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
  readonly beside?: readonly string[];
  readonly brief?: boolean;
  readonly query?: string;
  readonly from?: string;
  readonly to?: string;
}

/** Names a server instead of files. */
const PROMETHEUS = 'prometheus';

export function registerImport(program: Command, output: Output): void {
  addSpecOptions(
    program
      .command('import')
      .argument(
        '<file...>',
        'the files to import, also packed with gzip; - is standard input; or prometheus URL for the samples of a server',
      )
      .option('--dry-run', 'tell what the file holds and import nothing')
      .option('--name <name>', 'name of the session; the name of the file when left out')
      .option(
        '--beside <file>',
        "a file of the same run to lay beside it, for example an engine's log beside nvidia-smi's (may be repeated)",
        collect,
      )
      .option('--interval <ms>', 'interval of a file without timestamps')
      .option(
        '--columns <names>',
        'names of the columns of a CSV file without a header, with commas',
      )
      .option(
        '--baseline <bytes>',
        'device memory in use before the run, for example 310MiB; the first sample when left out and memory rises from it',
      )
      .option(
        '--query <selector>',
        'of prometheus: which series, for example DCGM_FI_DEV_FB_USED{job="train"}; all of GPUs when left out',
      )
      .option('--from <time>', 'of prometheus: a time, or how long ago, 1h when left out')
      .option('--to <time>', 'of prometheus: a time, or how long ago, now when left out')
      .option(...BRIEF_OPTION)
      .option('--keep-raw', 'keep the file in the session as it came'),
  ).action(async (files: readonly string[], options: CliOptions) => {
    if (options.beside !== undefined && files.length > 1)
      throw new Failure(
        'bad_input',
        '--beside lays files beside one file, and several were given.',
        'Import them one after another.',
      );
    const progress = new ImportProgress((line) => output.progress(line));
    const request: ImportOptions = {
      ...(await buildRequest(options)),
      onProgress: (told) => progress.tell(told),
    };
    const work = (given: readonly string[]) =>
      options.dryRun
        ? examine(given, request, output)
        : importAll(given, request, options.brief === true, output);
    const [kind, url] = files;
    if (kind !== PROMETHEUS || url === undefined || files.length > 2) return await work(files);
    const { query, from, to } = options;
    await withPrometheus({ url, query, from, to }, (path) => work([path]), request.onProgress);
  });
}

/** One file prints what it holds; of several each does, and the first that would be refused decides how it ends. */
async function examine(
  files: readonly string[],
  request: ImportOptions,
  output: Output,
): Promise<void> {
  const all: ExaminedFile[] = [];
  for (const file of files) all.push(await examineFile(file, request));
  const refusal = all.map((found) => found.refusal).find((each) => each !== null);
  if (refusal && output.json) throw refusal;
  const told = all.map(({ refusal: _, ...found }) => found);
  output.result(told.length === 1 ? told[0] : { files: told }, () =>
    told.map(importedText).join('\n\n'),
  );
  if (refusal) throw refusal;
}

/** All or none: what was imported before a file that is refused is taken out again. */
async function importAll(
  files: readonly string[],
  request: ImportOptions,
  isBrief: boolean,
  output: Output,
): Promise<void> {
  if (
    files.filter((file) => file === STANDARD_INPUT).length > 1 ||
    (files.length > 1 && request.name)
  )
    throw new Failure(
      'bad_input',
      'Several files cannot share one name, nor standard input be read twice.',
      'Import them one by one.',
    );
  await withEngine(async (engine) => {
    const ids: string[] = [];
    try {
      for (const file of files) ids.push((await engine.importFile(file, request)).id);
    } catch (error) {
      for (const id of ids) await engine.delete({ id });
      throw error;
    }
    const sessions: BriefDocument[] = [];
    const texts: string[] = [];
    for (const id of ids) {
      const doc = await engine.show({ id });
      const budget = await engine.sessionBudget({ id });
      sessions.push(isBrief ? shortenDocument(doc) : doc);
      texts.push(sessionText(doc, budget));
    }
    output.result(sessions.length === 1 ? sessions[0] : { sessions }, () => texts.join('\n\n'));
  });
}

async function buildRequest(options: CliOptions): Promise<ImportOptions> {
  const intervalMs = whole('--interval', options.interval);
  const baselineBytes = bytes('--baseline', options.baseline);
  return {
    ...(await declaredSpec(options)),
    ...(intervalMs === undefined ? {} : { intervalMs }),
    ...(baselineBytes === undefined ? {} : { baselineBytes }),
    ...(options.columns === undefined
      ? {}
      : { columns: options.columns.split(',').map((name) => name.trim()) }),
    ...(options.name === undefined ? {} : { name: options.name }),
    ...(options.keepRaw === undefined ? {} : { keepRaw: options.keepRaw }),
    ...(options.beside === undefined ? {} : { beside: options.beside }),
  };
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
