/** Commands that look at recorded sessions: show, compare, report. */
import type { Command } from 'commander';
import { Failure } from '../../../../shared/base/failure';
import type { ReportFile } from '../../../../shared/contract/api';
import type { Overlay } from '../../../../shared/divergence/overlay/types';
import { headline } from '../../../../shared/present/headline';
import { shortenDocument } from '../../../../shared/session/brief';
import { checkComparison } from '../../../../shared/session/expectations';
import type { Engine } from '../../../engine/engine';
import { exportFormats } from '../../../engine/exports';
import { describeSession } from '../describe-session';
import { BRIEF_OPTION, FULL_OPTION } from '../options/brief';
import {
  addExpectationOptions,
  type ExpectationOptions,
  parseExpectationOptions,
  reportOutcomes,
} from '../options/expectations';
import { SESSION_ID, SESSION_IDS } from '../options/session-id';
import type { Output } from '../output';
import { warnOfSharing } from '../privacy';
import { wrap } from '../text/columns';
import { compareText } from '../text/comparison';
import { withEngine } from '../with-engine';
import { outputPath, writeFile } from '../write-file';
import { parseSpeed, replay, SPEEDS } from './replay';

const REPORT_FORMATS = exportFormats('report');
/** "html, md or json". */
const FORMAT_WORDS = REPORT_FORMATS.map(({ id }) => id)
  .join(', ')
  .replace(/, (?=\w+$)/, ' or ');

export function registerSessions(program: Command, output: Output): void {
  registerShow(program, output);
  registerCompare(program, output);

  program
    .command('report')
    .argument('<ids...>', SESSION_IDS)
    .option('--format <format>', FORMAT_WORDS, 'html')
    .option('--out <path>', 'file or folder to write to; "-" for standard output', '.')
    .option('--base <id>', 'of several, the session that the others are compared with')
    .action((ids: string[], options: { format: string; out: string; base?: string }) =>
      withEngine(async (engine) => {
        if (options.out === '-') refuseBytes(options.format);
        const base = options.base === undefined ? undefined : engine.identify(options.base).id;
        const report = await renderReport(engine, ids, options.format, base);
        if (options.out === '-') {
          output.result(report, () => report.text);
          return;
        }
        const path = writeReport(report, options.out);
        await warnOfSharing(engine, ids, options.format, output);
        const bytes = report.bytes?.length ?? Buffer.byteLength(report.text);
        output.result({ path, bytes }, () => path);
      }),
    );
}

interface ShowOptions {
  readonly series?: string;
  readonly brief?: boolean;
  readonly full?: boolean;
  readonly replay?: boolean;
  readonly speed: string;
}

function registerShow(program: Command, output: Output): void {
  program
    .command('show')
    .argument('<id>', SESSION_ID)
    .option('--series <id>', 'lay this series over the budget instead of the best one')
    .option(...BRIEF_OPTION)
    .option(...FULL_OPTION)
    .option('--replay', 'play it as it was recorded: findings appear when they could be known')
    .option('--speed <factor>', `pace of the replay: ${SPEEDS.join(', ')}`, '1')
    .action((id: string, options: ShowOptions) =>
      withEngine(async (engine) => {
        const speed = parseSpeed(options.speed);
        const { series } = options;
        const asked = { id, ...(series === undefined ? {} : { series }) };
        if (options.brief === true && output.json && options.replay !== true) {
          const brief = await engine.brief(asked);
          checkLine(brief, series);
          output.result(brief, () => brief.name);
          return;
        }
        const doc = await engine.show(asked);
        checkLine(doc, series);
        if (options.replay === true) {
          const told = await replay(engine, doc, { speed, series }, output);
          output.result({ id: doc.id, durationUs: doc.durationUs, told }, () =>
            wrap(headline(doc), ''),
          );
          return;
        }
        const text = await describeSession(engine, doc, options.full === true);
        output.result(options.brief === true ? shortenDocument(doc) : doc, () => text);
      }),
    );
}

/** Throws a Failure where another line had to stand in for the one asked for. */
function checkLine(
  { overlay }: { readonly overlay: Pick<Overlay, 'series' | 'alternatives'> },
  asked: string | undefined,
): void {
  if (asked === undefined || overlay.series === asked) return;
  const lines = [overlay.series, ...overlay.alternatives].filter((line) => line !== null);
  throw new Failure(
    'bad_input',
    `${asked} is no line that this session can lay over a budget.`,
    lines.length === 0 ? 'Nothing was measured that could be.' : `It has ${lines.join(', ')}.`,
  );
}

function registerCompare(program: Command, output: Output): void {
  const compare = program
    .command('compare')
    .argument('<ids...>', `two to eight ${SESSION_IDS}`)
    .option('--base <id>', 'the session that the others are compared with')
    .addHelpText(
      'after',
      `\nAs a file to hand on: plumbline report A B --format ${REPORT_FORMATS.map(({ id }) => id).join('|')}`,
    );
  addExpectationOptions(compare, '"peak>+2%"').action(
    async (ids: string[], options: ExpectationOptions & { readonly base?: string }) => {
      const expectations = parseExpectationOptions(options, '>');
      const { base } = options;
      process.exitCode = await withEngine(async (engine) => {
        const comparison = await engine.compare({
          ids,
          ...(base !== undefined && { base: engine.identify(base).id }),
        });
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

/** Throws a Failure for a format that is not text. */
function refuseBytes(format: string): void {
  if (REPORT_FORMATS.find(({ id }) => id === format)?.isText === false)
    throw new Failure(
      'bad_input',
      `A ${format} report is not text, and is not written to standard output.`,
      'Name a file or a folder with --out.',
    );
}

/** Throws a Failure for a format that there is not. */
export async function renderReport(
  engine: Engine,
  ids: readonly string[],
  format: string,
  base?: string,
): Promise<ReportFile> {
  if (!REPORT_FORMATS.some(({ id }) => id === format))
    throw new Failure(
      'bad_input',
      `There is no report format "${format}".`,
      `Use ${FORMAT_WORDS}.`,
    );
  return engine.report({ ids, format, ...(base !== undefined && { base }) });
}

/** Writes `report` to `out`, a file when it has an ending and a folder otherwise; returns the path. */
export function writeReport({ fileName, text, bytes }: ReportFile, out: string): string {
  const path = outputPath(out, fileName);
  writeFile(path, bytes ?? text, { what: 'report', option: '--out' });
  return path;
}
