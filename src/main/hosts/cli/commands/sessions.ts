/** Commands on recorded sessions: list, show, compare, report, delete. */
import type { Command } from 'commander';
import { Failure } from '../../../../shared/base/failure';
import type { ReportFile } from '../../../../shared/contract/api';
import { checkComparison } from '../../../../shared/session/expectations';
import type { SessionDocument } from '../../../../shared/session/session-document';
import type { Engine } from '../../../engine/engine';
import { exportFormats } from '../../../engine/exports';
import {
  addExpectationOptions,
  type ExpectationOptions,
  parseExpectationOptions,
  reportOutcomes,
} from '../options/expectations';
import type { Output } from '../output';
import { compareText, listText, sessionText } from '../text/session';
import { withEngine } from '../with-engine';
import { outputPath, writeFile } from '../write-file';

const REPORT_FORMATS = exportFormats('report');
/** "html, md or json". */
const FORMAT_WORDS = REPORT_FORMATS.map(({ id }) => id)
  .join(', ')
  .replace(/, (?=\w+$)/, ' or ');

export function registerSessions(program: Command, output: Output): void {
  program
    .command('list')
    .description('list the recorded sessions, newest first')
    .action(() =>
      withEngine(async (engine) => {
        const { sessions, damaged } = engine.listing();
        output.result({ sessions, damaged }, () => listText(sessions));
        for (const { message } of damaged) output.say(`plumbline: ${message}`);
      }),
    );

  program
    .command('show')
    .description('show one session: budget beside measurement, residual, findings')
    .argument('<id>', 'id of the session, or its beginning')
    .option('--series <id>', 'lay this series over the budget instead of the best one')
    .action((id: string, options: { series?: string }) =>
      withEngine(async (engine) => {
        const doc = await engine.show({
          id,
          ...(options.series === undefined ? {} : { series: options.series }),
        });
        const budget = await engine.budgetOf({ id });
        output.result(doc, () => sessionText(doc, budget));
      }),
    );

  registerCompare(program, output);

  program
    .command('report')
    .description('write a self-contained report of one session, or one comparing several')
    .argument('<ids...>', 'ids of the sessions')
    .option('--format <format>', FORMAT_WORDS, 'html')
    .option('--out <path>', 'file or folder to write to; "-" for standard output', '.')
    .action((ids: string[], options: { format: string; out: string }) =>
      withEngine(async (engine) => {
        const report = await renderReport(engine, ids, options.format);
        if (options.out === '-') {
          output.result(report, () => report.text);
          return;
        }
        const path = writeReport(report, options.out);
        output.result({ path, bytes: Buffer.byteLength(report.text) }, () => path);
      }),
    );

  registerDelete(program, output);
}

function registerDelete(program: Command, output: Output): void {
  program
    .command('delete')
    .description('delete a session and its file')
    .argument('<ids...>', 'ids of the sessions')
    .action((ids: string[]) =>
      withEngine(async (engine) => {
        // All ids are looked up before the first file goes, so that a slip of the keyboard deletes nothing.
        const docs: SessionDocument[] = [];
        for (const id of ids) docs.push(await engine.show({ id }));
        for (const doc of docs) await engine.delete({ id: doc.id });
        output.result({ deleted: docs.map(({ id }) => id) }, () =>
          docs.map(({ id, name }) => `deleted ${id}  ${name}`).join('\n'),
        );
      }),
    );
}

function registerCompare(program: Command, output: Output): void {
  const compare = program
    .command('compare')
    .description('compare sessions with the first one given')
    .argument('<ids...>', 'ids of two sessions or more');
  addExpectationOptions(compare, '"peak>+2%"').action(
    async (ids: string[], options: ExpectationOptions) => {
      const expectations = parseExpectationOptions(options, '>');
      process.exitCode = await withEngine(async (engine) => {
        const comparison = await engine.compare({ ids });
        const outcomes = checkComparison(expectations, comparison);
        output.result(
          expectations.length === 0 ? comparison : { ...comparison, expectations: outcomes },
          () => compareText(comparison),
        );
        return reportOutcomes(
          outcomes,
          options,
          output,
          comparison.sessions.map(({ name }) => name).join(' and '),
          comparison.time.durationUs.at(-1) ?? 0,
        );
      });
    },
  );
}

/** Throws a Failure for a format that there is not. */
export async function renderReport(
  engine: Engine,
  ids: readonly string[],
  format: string,
): Promise<ReportFile> {
  if (!REPORT_FORMATS.some(({ id }) => id === format))
    throw new Failure(
      'bad_input',
      `There is no report format "${format}".`,
      `Use ${FORMAT_WORDS}.`,
    );
  return engine.report({ ids, format });
}

/** Writes `report` to `out`, a file when it ends as reports do and a folder otherwise; returns the path. */
export function writeReport({ fileName, text }: ReportFile, out: string): string {
  const path = outputPath(
    out,
    fileName,
    REPORT_FORMATS.flatMap(({ endings }) => endings),
  );
  writeFile(path, text, 'report');
  return path;
}
