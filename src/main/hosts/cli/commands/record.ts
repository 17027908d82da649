/** `plumbline record`: the bundled GPT-2, any command, or a process that runs already. */
import { resolve } from 'node:path';
import type { Command } from 'commander';
import { Failure } from '../../../../shared/base/failure';
import type { RecordRequest } from '../../../../shared/contract/api';
import { requestAgain } from '../../../../shared/contract/record-again';
import { bundledPart, checkBundledPrecision, notBundled } from '../../../../shared/model/bundled';
import { isPresetName, preset, presetNames } from '../../../../shared/model/presets';
import { RUN_SETTINGS } from '../../../../shared/model/settings';
import { shortenDocument } from '../../../../shared/session/brief';
import { checkSession } from '../../../../shared/session/expectations';
import type { Engine } from '../../../engine/engine';
import { checkpointName, configBeside, INSTRUMENTS } from '../../../engine/workload-choices';
import { describeSession } from '../describe-session';
import { follow } from '../follow';
import { BRIEF_OPTION, FULL_OPTION } from '../options/brief';
import {
  addExpectationOptions,
  type ExpectationOptions,
  parseExpectationOptions,
  reportOutcomes,
} from '../options/expectations';
import { promptLengths } from '../options/prompt-lengths';
import { resolveModel } from '../options/resolve-model';
import { BUNDLED_SETTINGS, collect, typedFor } from '../options/setting-options';
import {
  addBundledOptions,
  addSpecOptions,
  bundledSettings,
  declaredSpec,
  resolveSpec,
  type SpecOptions,
  whole,
} from '../options/spec-options';
import type { Output } from '../output';
import { warnOfAccess } from '../privacy';
import { compareText } from '../text/comparison';
import { withEngine } from '../with-engine';

interface RecordOptions extends SpecOptions, ExpectationOptions {
  readonly leaveRunning?: boolean;
  readonly bundled?: string;
  readonly pid?: string;
  readonly name?: string;
  readonly brief?: boolean;
  readonly full?: boolean;
  readonly interval?: string;
  /** False: --no-instrument. */
  readonly instrument?: string | false;
  readonly weights?: string;
  readonly saveWeights?: string;
  readonly env?: readonly string[];
  readonly passEnv?: readonly string[];
  readonly cleanEnv?: boolean;
  readonly save?: string;
  readonly run?: string;
  readonly again?: string;
}

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
      .option('--interval <ms>', 'sampling interval in milliseconds (100)'),
  );
}

/** Records, prints the session, and returns the exit code. */
async function record(given: string[], options: RecordOptions, output: Output): Promise<number> {
  const { save, again } = options;
  const typed = again === undefined ? await buildRequest(given, options) : null;
  if (again !== undefined) checkAgain(given, options);
  const expectations = parseExpectationOptions(options, '=');
  return withEngine(async (engine) => {
    // Named before there is another session that is the last.
    const before = again === undefined ? null : engine.identify(again).id;
    const request = typed ?? (await askAgain(engine, before ?? '', options));
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
    if (interrupted) return 130;
    return data.status === 'failed' ? 1 : unmet;
  });
}

/** What a session recorded, to be recorded once more; a name and an interval given beside it come before its own. */
async function askAgain(
  engine: Engine,
  id: string,
  { name, interval }: RecordOptions,
): Promise<RecordRequest> {
  const [doc, announced] = [
    await engine.brief({ id }),
    [
      await engine.markers({ id, type: 'model', limit: 1 }),
      await engine.markers({ id, type: 'run', limit: 1 }),
    ],
  ];
  const intervalMs = whole('--interval', interval);
  return {
    ...requestAgain(
      doc,
      announced.some(({ total }) => total > 0),
    ),
    ...(name !== undefined && { name }),
    ...(intervalMs !== undefined && { intervalMs }),
  };
}

function checkAgain(command: readonly string[], { bundled, pid, run }: RecordOptions): void {
  if (command.length === 0 && [bundled, pid, run].every((each) => each === undefined)) return;
  throw new Failure(
    'bad_input',
    'More than one thing to record was given.',
    'Give --again ID alone, with --name or --interval at most.',
  );
}

/** Options that the bundled workload alone knows. */
const BUNDLED_ONLY = [
  '--weights',
  '--save-weights',
  ...BUNDLED_SETTINGS.map((name) => RUN_SETTINGS[name].option.flag),
];

/** The model that --bundled names: the workload is one, and whatever else it can be may be named in its place. */
function bundledModel(name: string, { model }: RecordOptions): string {
  if (!isPresetName(name) || notBundled(preset(name)) !== null) {
    const names = presetNames().filter((one) => notBundled(preset(one)) === null);
    throw new Failure(
      'bad_input',
      `There is no bundled workload "${name}".`,
      `Use one of ${names.join(', ')}.`,
    );
  }
  if (name !== 'gpt2' && model !== undefined)
    throw new Failure(
      'bad_input',
      `--bundled ${name} names the model already, and --model was given too.`,
      'Leave one of them out.',
    );
  return name;
}

async function buildRequest(command: string[], options: RecordOptions): Promise<RecordRequest> {
  const { bundled, pid, run: saved } = options;
  const given = [bundled, pid, saved].filter((each) => each !== undefined).length;
  if (given + Math.min(1, command.length) !== 1) {
    throw new Failure(
      'bad_input',
      given + command.length === 0
        ? 'There is nothing to record.'
        : 'More than one thing to record was given.',
      'Give exactly one of --bundled gpt2, --pid PID, --run NAME, or a command after --.',
    );
  }
  const intervalMs = whole('--interval', options.interval);
  const named = options.name === undefined ? {} : { name: options.name };
  const environment = parseEnvironment(options);
  if (saved !== undefined) {
    checkNothingBesides(options);
    return { ...named, ...environment, ...(intervalMs !== undefined && { intervalMs }), saved };
  }
  const common = { intervalMs: intervalMs ?? 100, ...named };
  if (environment.environment && command.length === 0) {
    throw new Failure(
      'bad_input',
      'Only a command that is launched can be given an environment.',
      'Leave --env, --clean-env and --pass-env out.',
    );
  }
  if (bundled !== undefined)
    return { ...common, ...(await bundledRequest(bundledModel(bundled, options), options)) };
  return { ...common, ...(await foreignRequest(command, options, environment)) };
}

async function bundledRequest(bundled: string, options: RecordOptions): Promise<RecordRequest> {
  if (options.instrument)
    throw new Failure(
      'bad_input',
      'The bundled workload needs no instrument.',
      'Leave --instrument out.',
    );
  if (options.leaveRunning === true)
    throw new Failure(
      'bad_input',
      'The bundled workload leaves nothing running.',
      'Leave --leave-running out.',
    );
  const { weights, saveWeights, prompt } = options;
  // A name other than the workload's own declares the model, which the weights must then be of.
  const otherwise = weights !== undefined && bundled === 'gpt2' ? configBeside(weights) : bundled;
  const declared = bundledPart(await resolveModel(options.model ?? otherwise));
  const { model: _declared, ...given } =
    prompt === undefined ? options : await promptLengths(declared, prompt, options);
  const { model: found, run } = await resolveSpec(
    { framework: 'tfjs', ...given },
    { model: declared, framework: 'tfjs' },
  );
  const isNamedByWeights =
    weights !== undefined && options.model === undefined && otherwise !== bundled;
  checkBundledPrecision(run);
  if (run.framework !== 'tfjs')
    throw new Failure(
      'bad_input',
      `The bundled workload does not run on ${run.framework}.`,
      'Leave --framework out, or use --framework tfjs.',
    );
  return {
    bundled: 'gpt2',
    model: isNamedByWeights ? { ...found, name: checkpointName(weights) } : found,
    run: { ...run, ...bundledSettings(options) },
    ...(weights !== undefined && { weights: resolve(weights) }),
    ...(saveWeights !== undefined && { saveWeights: resolve(saveWeights) }),
  };
}

/** A command to launch, or a process that runs already. */
async function foreignRequest(
  command: string[],
  options: RecordOptions,
  environment: Pick<RecordRequest, 'environment'>,
): Promise<RecordRequest> {
  const bundledOnly = BUNDLED_ONLY.find((flag) => typedFor(options, flag) !== undefined);
  if (bundledOnly !== undefined)
    throw new Failure(
      'bad_input',
      `${bundledOnly} is for the bundled workload.`,
      `Add --bundled gpt2, or leave ${bundledOnly} out.`,
    );
  const { pid } = options;
  const kind = options.instrument === false ? 'none' : options.instrument;
  if (pid !== undefined && options.instrument) {
    throw new Failure(
      'bad_input',
      'A process that runs already cannot be given an instrument.',
      'Launch it through plumbline record --instrument python -- COMMAND.',
    );
  }
  const { leaveRunning = false } = options;
  if (pid !== undefined && leaveRunning)
    throw new Failure(
      'bad_input',
      'A process that runs already is never ended.',
      'Leave --leave-running out.',
    );
  const spec = await declaredSpec(options);
  if (pid !== undefined) return { ...spec, pid: whole('--pid', pid) ?? 0 };
  const instrument = INSTRUMENTS.find((each) => each === kind);
  if (kind !== undefined && instrument === undefined) {
    throw new Failure(
      'bad_input',
      `There is no instrument "${kind}".`,
      `Use one of ${INSTRUMENTS.join(', ')}.`,
    );
  }
  return {
    ...spec,
    ...environment,
    command,
    ...(instrument && { instrument }),
    ...(leaveRunning && { leaveRunning }),
  };
}

/** A saved workload says what it is itself; only its session's name, interval and environment may be given anew. */
function checkNothingBesides(options: RecordOptions): void {
  const besides = new Set([
    'run',
    'name',
    'interval',
    'env',
    'passEnv',
    'cleanEnv',
    'json',
    'full',
    'brief',
    'failOn',
    'junit',
  ]);
  const other = Object.keys(options).find((option) => !besides.has(option));
  if (other === undefined) return;
  const flag = `--${other.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
  throw new Failure(
    'bad_input',
    `A saved workload is run as it was saved, and ${flag} was given too.`,
    `Leave ${flag} out, or give the whole workload instead of --run.`,
  );
}

function parseEnvironment({
  env = [],
  passEnv = [],
  cleanEnv = false,
}: RecordOptions): Pick<RecordRequest, 'environment'> {
  if (env.length === 0 && passEnv.length === 0 && !cleanEnv) return {};
  const set = Object.fromEntries(
    env.map((given) => {
      const at = given.indexOf('=');
      if (at < 1)
        throw new Failure(
          'bad_input',
          `--env cannot be "${given}".`,
          'Give NAME=VALUE, or --pass-env NAME to pass a variable on.',
        );
      return [given.slice(0, at), given.slice(at + 1)];
    }),
  );
  const only = cleanEnv || passEnv.length > 0;
  return {
    environment: {
      ...(only && { only }),
      ...(passEnv.length > 0 && { pass: passEnv }),
      ...(env.length > 0 && { set }),
    },
  };
}
