/** `plumbline import`: a session from output of nvidia-smi, or from a session file; `--dry-run` only tells what a file holds. */
import type { Command } from 'commander';
import { Failure } from '../../../../shared/base/failure';
import { type Bytes, GiB, KiB, MiB } from '../../../../shared/base/units';
import { examineFile, type ImportOptions } from '../../../engine/imports';
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
      const found = examineFile(file, request);
      output.result(found, () => importedText(found));
      return;
    }
    await withEngine(async (engine) => {
      const { id } = await engine.importFile(file, request);
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
