/** `plumbline record`: the bundled GPT-2, any command, a process that runs already, or the GPUs of other machines. */
import type { Command } from 'commander';
import { FAILURE_CODES, Failure } from '../../../../shared/base/failure';
import type { RecordRequest } from '../../../../shared/contract/api';
import { requestAgain, withGiven } from '../../../../shared/contract/record-again';
import { shortenDocument } from '../../../../shared/session/brief';
import { checkSession } from '../../../../shared/session/expectations';
import type { Engine } from '../../../engine/engine';
import type { EndedSession } from '../../../engine/recording';
import { INSTRUMENTS } from '../../../engine/workload-choices';
import { describeSession } from '../describe-session';
import { follow } from '../follow';
import { BRIEF_OPTION, FULL_OPTION } from '../options/brief';
import {
  addExpectationOptions,
  parseExpectationOptions,
  reportOutcomes,
} from '../options/expectations';
import {
  buildRecordRequest,
  environmentWithoutCommand,
  type RecordOptions,
  readBeside,
} from '../options/record-request';
import { collect } from '../options/setting-options';
import { addBundledOptions, addSpecOptions } from '../options/spec-options';
import type { Output } from '../output';
import { warnOfAccess } from '../privacy';
import { compareText } from '../text/comparison';
import { withEngine } from '../with-engine';

export function registerRecord(program: Command, output: Output): void {
  addExpectationOptions(
    addBundledOptions(addRecordOptions(program)),
    'peak=8GiB,residual=10%,leak=1MiB',
  )
    .passThroughOptions()
    .action(async (given: string[], options: RecordOptions) => {
      process.exitCode = await record(given, options, output);
    });
}

function addRecordOptions(program: Command): Command {
  return addSpecOptions(
    program
      .command('record')
      .argument('[command...]', 'the command to launch and record, after --')
      .option('--bundled <name>', 'record the bundled workload: gpt2, or another model it can be')
      .option('--pid <pid>', 'record a process that runs already')
      .option(
        '--from <source...>',
        'record the GPUs of other machines: prometheus URL, the server that scrapes them, until Ctrl-C',
      )
      .option(
        '--query <selector>',
        'of prometheus: which series, for example DCGM_FI_DEV_FB_USED{job="train"}; all of GPUs when left out',
      )
      .option('--name <name>', 'name of the session')
      .option(
        '--instrument <kind>',
        `watch the command through its interpreter, without changing it: ${INSTRUMENTS.join(', ')} (python unless told otherwise: a script is watched once it imports PyTorch)`,
      )
      .option('--no-instrument', 'leave the command alone; PLUMBLINE_INSTRUMENT=0 does so for all')
      .option(
        '--leave-running',
        'leave running what the command leaves behind when it ends, where it would be ended too',
      )
      .option('--env <NAME=VALUE>', 'set a variable for the command (may be repeated)', collect)
      .option('--clean-env', 'pass on only what any program needs to start and to find its GPU')
      .option(
        '--pass-env <NAME>',
        'pass this variable on too; implies --clean-env (may be repeated)',
        collect,
      )
      .option(
        '--save <name>',
        'save this workload under a name before recording it; values of secrets are left out',
      )
      .option('--run <name>', 'record a saved workload again')
      .option('--again <id>', 'record what a session recorded once more, and compare the two')
      .option(
        '--weights <dir|file>',
        'Hugging Face checkpoint (config.json and model.safetensors) for the bundled workload',
      )
      .option(
        '--save-weights <dir>',
        'keep what the bundled workload trained, as such a checkpoint, in a new folder',
      )
      .option(...BRIEF_OPTION)
      .option(...FULL_OPTION)
      .option(
        '--interval <ms>',
        'sampling interval in milliseconds (100); of a server, how often it is asked (2000)',
      ),
  );
}

/** Records, prints the session, and returns the exit code. */
async function record(given: string[], options: RecordOptions, output: Output): Promise<number> {
  const { save, again } = options;
  const typed = again === undefined ? await buildRecordRequest(given, options) : null;
  const expectations = parseExpectationOptions(options, '=');
  return withEngine(async (engine) => {
    // Named before there is another session that is the last.
    const before = again === undefined ? null : engine.identify(again).id;
    const request = typed ?? (await askAgain(engine, before ?? '', given, options));
    warnOfAccess(engine, output);
    if (save !== undefined) await engine.saveWorkload({ name: save, request });
    const { data, interrupted } = await follow(engine, request, output, { echo: true });
    const doc = await engine.show({ id: data.id });
    const text = await describeSession(engine, doc, options.full === true);
    const outcomes = checkSession(expectations, doc);
    const comparison = before === null ? null : await engine.compare({ ids: [before, doc.id] });
    const result = {
      ...(options.brief === true ? shortenDocument(doc) : doc),
      ...(expectations.length > 0 && { expectations: outcomes }),
      ...(comparison && { comparison }),
    };
    output.result(result, () =>
      [text, ...(comparison ? [compareText(comparison)] : [])].join('\n\n'),
    );
    const unmet = reportOutcomes(outcomes, options, output, doc.name, doc.durationUs);
    // Readings of other machines have no end but this.
    if (interrupted && request.prometheus === undefined) return 130;
    return data.status === 'failed' ? exitCodeOfFailed(request, data) : unmet;
  });
}

/** The bundled workload ends with Plumbline's own codes: that the machine lacks the backend asked for is told by its own. */
const exitCodeOfFailed = ({ bundled }: RecordRequest, { exitCode }: EndedSession): number =>
  bundled !== undefined && exitCode === FAILURE_CODES.unavailable
    ? FAILURE_CODES.unavailable
    : FAILURE_CODES.workload_failed;

/** What a session recorded, to be recorded once more, with what may be given beside it. */
async function askAgain(
  engine: Engine,
  id: string,
  command: readonly string[],
  options: RecordOptions,
): Promise<RecordRequest> {
  if (command.length > 0)
    throw new Failure(
      'bad_input',
      'More than one thing to record was given.',
      'Give --again ID, or the command.',
    );
  const beside = readBeside(options, 'again');
  const [doc, announced] = [
    await engine.brief({ id }),
    [
      await engine.markers({ id, type: 'model', limit: 1 }),
      await engine.markers({ id, type: 'run', limit: 1 }),
    ],
  ];
  const isAnnounced = announced.some(({ total }) => total > 0);
  const request = requestAgain(doc, isAnnounced);
  if (beside.environment && !request.command) throw environmentWithoutCommand();
  return withGiven(request, beside);
}
